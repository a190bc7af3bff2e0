using Gateway.Core.Configuration;
using Gateway.Core.Errors;
using Gateway.Router.Attempts;
using Gateway.Router.Catalog;
using Gateway.Router.Pipeline;
using Gateway.Router.Queueing;

namespace Gateway.Router.Routing;

/// <summary>
/// Finds the next place for a request: in its group, in the groups that may stand in for it, else by waiting for one within the bounds of
/// the group's queue.
/// </summary>
internal sealed class PlaceFinder(RouteSelector selector, FallbackFinder fallbacks, RouterClock clock)
{
    /// <summary>A pause that a provider asks for is waited out up to this.</summary>
    private static readonly long LongestPause = TimeSpan.FromSeconds(2).Ticks;

    /// <param name="failed">What the call before failed of; null before the first.</param>
    /// <returns>A place that was taken, or why there is none.</returns>
    public ValueTask<RoutePick> FindAsync(LlmExchange exchange, RouteTrip trip, FailureClass? failed)
    {
        var seen = trip.Group.State.Room.Pulses;
        var pick = Find(exchange, trip, failed, out var waits);
        return waits ? WaitAsync(exchange, trip, pick, seen) : new(pick);
    }

    /// <summary>What <see cref="FindAsync"/> would find now for a request that made no call yet. Takes no place, and changes nothing but the trip.</summary>
    /// <param name="exchange">The request.</param>
    /// <param name="trip">With a <see cref="RouteWatch"/>, which sees every group that is looked at.</param>
    /// <param name="waits">Whether the request would wait for a place.</param>
    public RoutePick Peek(LlmExchange exchange, RouteTrip trip, out bool waits)
    {
        if (trip.Watch is null)
        {
            throw new ArgumentException("Without a watch the choice would be made.", nameof(trip));
        }

        var pick = Find(exchange, trip, failed: null, out waits);
        var room = trip.Group.State.Room;
        waits = waits && PatienceFor(exchange, room, in pick, waited: 0) > 0 && room.HasRoomFor(VisitorOf(exchange, trip));
        return pick;
    }

    /// <summary>Looks on, after <see cref="Peek"/>, at the groups that would be asked if all of those before could not serve.</summary>
    public void PeekOn(LlmExchange exchange, RouteTrip trip)
    {
        var watch = trip.Watch ?? throw new ArgumentException("Without a watch nobody sees them.", nameof(trip));
        watch.IsBeyond = true;
        foreach (var trigger in (ReadOnlySpan<FallbackTriggers>)[FallbackTriggers.Error, FallbackTriggers.ContextLength, FallbackTriggers.ContentPolicy, FallbackTriggers.Budget])
        {
            trip.OwnTrigger = trigger;
            while (fallbacks.TryNext(exchange, trip, trigger))
            {
                watch.Peek(selector, trip);
            }
        }
    }

    /// <summary>What the client is told when there is no place.</summary>
    public GatewayError Describe(LlmExchange exchange, in RoutePick pick)
    {
        var model = exchange.ResolvedName;
        if (pick.Block == PickBlock.Excluded && exchange.Catalog.Names.Resolve(model) is { } target && exchange.Group is { } group)
        {
            var request = RouteRequest.Of(exchange, target, group);
            return CandidateFilter.Refusal(group, in request);
        }

        var wait = pick.UsableAt > 0 ? TimeSpan.FromTicks(Math.Max(0, pick.UsableAt - clock.Now)) : (TimeSpan?)null;
        return pick.Block switch
        {
            PickBlock.Limited => new(GatewayErrorKind.UpstreamLimited, $"The limits of the providers of '{model}' are reached. Try again later.", RetryAfter: wait),
            PickBlock.Busy => new(GatewayErrorKind.UpstreamBusy, $"Every deployment of '{model}' is busy, and there was no place in time. Try again later.", RetryAfter: wait),
            PickBlock.Quarantined => new(GatewayErrorKind.UpstreamAuth, $"The providers of '{model}' refuse the gateway's own credentials. The operator of the gateway has to mend its provider keys."),
            _ => new(GatewayErrorKind.NoDeployment, $"No deployment of '{model}' works at the moment. Try again later.", RetryAfter: wait),
        };
    }

    private RoutePick Find(LlmExchange exchange, RouteTrip trip, FailureClass? failed, out bool waits)
    {
        waits = false;
        if (trip.Candidates.Length == 0 && !fallbacks.TryNext(exchange, trip, trip.ExcludedFor != FallbackTriggers.None ? trip.ExcludedFor : FallbackFinder.TriggerFor(exchange.NoCandidates)))
        {
            return RoutePick.Nothing(PickBlock.Excluded, 0);
        }

        if (failed is FailureClass.ContextLength or FailureClass.ContentPolicy)
        {
            // No other deployment of the group would say otherwise, unless it has more room.
            if (!fallbacks.TryNarrow(trip, failed.Value) && !fallbacks.TryNext(exchange, trip, RetryPolicy.TriggerFor(failed.Value)))
            {
                return RoutePick.Nothing(PickBlock.Tried, 0);
            }
        }
        else if (failed is null && trip.Group.State.Room.IsClaimed && selector.Peek(trip, default).Deployment is not null)
        {
            // Others came first: it has its turn among them, at once if nobody else is due.
            waits = true;
            return RoutePick.Nothing(PickBlock.Busy, clock.Now);
        }

        var pick = TakeOrFallBack(exchange, trip, failed);
        waits = pick.Deployment is null && pick.Block is PickBlock.Busy or PickBlock.Limited;
        return pick;
    }

    private RoutePick TakeOrFallBack(LlmExchange exchange, RouteTrip trip, FailureClass? failed)
    {
        var (group, candidates, affinity) = (trip.Group, trip.Candidates, trip.Affinity);
        var pick = Take(trip);
        var first = pick;

        // Of a group that found the request too long, or refused its content, the larger or laxer ones stand in, and not those for its errors.
        var trigger = failed is { } cause && ReferenceEquals(group, exchange.Group) ? RetryPolicy.TriggerFor(cause) : FallbackTriggers.Error;
        trigger |= trip.ExcludedFor & FallbackTriggers.Budget;
        while (pick.Deployment is null && fallbacks.TryNext(exchange, trip, trigger))
        {
            trigger = FallbackTriggers.Error;
            pick = Take(trip);
        }

        if (pick.Deployment is not null)
        {
            return pick;
        }

        if (first.Block != PickBlock.Tried)
        {
            // Nobody stands in: the request waits for its own group, whose block this is, and not for the last one that was looked at.
            (trip.Group, trip.Candidates, trip.Affinity) = (group, candidates, affinity);
            return first;
        }

        if (failed == FailureClass.RateLimited && pick.Block == PickBlock.Tried)
        {
            // There is no other: a short pause that the provider asks for is waited out.
            (trip.Group, trip.Candidates, trip.Affinity) = (group, candidates, affinity);
            trip.ForgetTriedLanes();
            pick = Take(trip);
        }
        else if (failed is { } failure && RetryPolicy.MayRepeat(failure))
        {
            // There is no other: the same again is better than giving up.
            (trip.Group, trip.Candidates, trip.Affinity) = (group, candidates, affinity);
            trip.ForgetTriedDeployments();
            pick = Take(trip);
        }

        return pick;
    }

    private RoutePick Take(RouteTrip trip) => trip.Watch is { } watch ? watch.Peek(selector, trip) : selector.Take(trip);

    private static Visitor VisitorOf(LlmExchange exchange, RouteTrip trip)
    {
        var claims = exchange.Claims;
        var learns = trip.Group.WantsEstimates;
        return new Visitor(claims.Team.Length > 0 ? claims.Team : claims.KeyId, claims.Weight, claims.Priority, trip.InputTokens + (learns ? 0 : trip.OutputTokens))
        {
            Answers = learns ? trip.Group.State.Lengths : null,
            OutputCap = exchange.Facts.OutputCap,
        };
    }

    /// <summary>How long a request waits for a place. Ticks; not above 0: not at all.</summary>
    private long PatienceFor(LlmExchange exchange, WaitingRoom room, in RoutePick pick, long waited) =>
        pick.Block == PickBlock.Limited && pick.UsableAt - clock.Now > LongestPause ? 0
        : Math.Min(room.Config.Wait.Ticks - waited, exchange.TimeLeft(clock.UtcNow).Ticks);

    /// <param name="seen">Places that had become free in the room before the last look.</param>
    private async ValueTask<RoutePick> WaitAsync(LlmExchange exchange, RouteTrip trip, RoutePick pick, long seen)
    {
        var room = trip.Group.State.Room;
        var visitor = VisitorOf(exchange, trip);
        var started = clock.Now;
        var returning = false;
        while (true)
        {
            var limit = PatienceFor(exchange, room, in pick, clock.Now - started);
            if (limit <= 0)
            {
                return LeaveTurn(room, pick, returning);
            }

            var result = await room.WaitAsync(visitor with { Seen = seen }, TimeSpan.FromTicks(limit), pick.UsableAt, returning, exchange.Http.RequestAborted);
            if (result != WaitResult.Turn)
            {
                return pick;
            }

            returning = true;
            seen = room.Pulses;
            pick = selector.Take(trip);
            if (pick.Deployment is not null || pick.Block is not (PickBlock.Busy or PickBlock.Limited))
            {
                return pick.Deployment is null ? LeaveTurn(room, pick, returning) : pick;
            }
        }
    }

    /// <summary>Gives up, and passes on the turn that it had.</summary>
    private static RoutePick LeaveTurn(WaitingRoom room, RoutePick pick, bool hadTurn)
    {
        if (hadTurn)
        {
            room.Pulse();
        }

        return pick;
    }
}
