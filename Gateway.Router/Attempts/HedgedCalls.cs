using Gateway.Core.Configuration;
using Gateway.Core.Requests;
using Gateway.Router.Budgets;
using Gateway.Router.Pipeline;
using Gateway.Router.Routing;

namespace Gateway.Router.Attempts;

/// <summary>
/// Makes a second call beside a silent first one. The first that has content to show answers; the other is given up and charged for what it reports.
/// It costs real money, so it is off unless the group has it, kept to a share of the requests, and left out while anything is in trouble.
/// </summary>
internal sealed class HedgedCalls(AttemptCalls calls, RouteSelector selector, RequestHolds holds, RouterClock clock, ILogger<HedgedCalls> logger)
{
    /// <summary>Streams, by their first content, and what has no side effects and little price.</summary>
    public static bool IsFor(LlmExchange exchange) => exchange.Facts.Stream || exchange.Endpoint.Kind is LlmKind.Embed or LlmKind.CountTokens or LlmKind.Moderate;

    /// <summary>Runs the first call, and a second one if it comes to that.</summary>
    /// <returns>The failure, with the call that it is of, when neither answered.</returns>
    public async ValueTask<(Attempt Attempt, AttemptFailure? Failure)> RunAsync(Attempt first, RouteTrip trip, HedgeConfig hedge)
    {
        var group = trip.Group;
        group.State.Hedges.Earn(hedge.MaxPercent);
        var race = new AttemptRace(first);
        first.Race = race;
        var running = calls.RunAsync(first, trip).AsTask();
        if ((hedge.After ?? group.State.FirstTokens.Value(clock.Now)) is not { } silence || !await IsSilentAsync(running, silence, first.Exchange.Http.RequestAborted)
            || await TryDispatchAsync(first, trip, race) is not { } second)
        {
            return (first, await running);
        }

        var failures = await Task.WhenAll(running, calls.RunAsync(second, trip).AsTask());
        var (answering, other) = race.Winner is { } winner ? (winner, ReferenceEquals(winner, first) ? second : first) : (first, second);
        if (race.Winner is null)
        {
            RetryPolicy.NoteTried(trip, second, failures[1]?.Class ?? FailureClass.NotTheirs);
        }

        await calls.RetireAsync(other);
        return (answering, failures[ReferenceEquals(answering, first) ? 0 : 1]);
    }

    /// <returns>False when the call ended, or the client left, before so much time had passed.</returns>
    private async ValueTask<bool> IsSilentAsync(Task running, TimeSpan silence, CancellationToken clientGone)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(clientGone);
        var pause = Task.Delay(silence, clock.Time, over.Token);
        var ended = await Task.WhenAny(running, pause) != pause || pause.IsCanceled;
        await over.CancelAsync();
        return !ended;
    }

    private async ValueTask<Attempt?> TryDispatchAsync(Attempt first, RouteTrip trip, AttemptRace race)
    {
        var now = clock.Now;
        var state = trip.Group.State;
        if (first.IsCommitted || first.TimeToFirstToken is not null || IsInTrouble(trip) || !state.Retries.IsHealthy(now) || !state.Hedges.TrySpend())
        {
            return null;
        }

        // Its own deployment is what keeps silent.
        trip.NoteTried(first.Deployment, lane: null);
        var second = selector.Take(trip) is { Deployment: not null } pick ? await TryDispatchAsync(first, trip, race, pick) : null;
        if (second is null)
        {
            // It may fail yet by one of its credentials alone.
            trip.ForgetLastTried();
            state.Hedges.GiveBack();
        }

        return second;
    }

    private async ValueTask<Attempt?> TryDispatchAsync(Attempt first, RouteTrip trip, AttemptRace race, RoutePick pick)
    {
        var exchange = first.Exchange;
        var retries = trip.Group.State.Retries;
        var left = calls.TimeLeft(exchange, pick.Deployment!);
        if (left <= TimeSpan.Zero || !retries.TrySpend(clock.Now))
        {
            calls.PutBack(trip, pick);
            return null;
        }

        if (exchange.Hold is not null && await holds.CoverAsync(exchange, trip, pick.Deployment!, beside: first) is not null)
        {
            // Both calls must be held; this one is an extra.
            calls.PutBack(trip, pick);
            retries.GiveBack();
            return null;
        }

        if (!race.TryAnnounce())
        {
            calls.PutBack(trip, pick);
            retries.GiveBack();
            return null;
        }

        Attempt? second = null;
        try
        {
            return second = await calls.DispatchAsync(exchange, trip, pick, left, race);
        }
        catch (Exception exception)
        {
            // The first call goes on, whatever it was; this one was an extra.
            logger.HedgeFailed(exchange.RequestId, pick.Deployment!.Id, exception.GetType().Name);
            retries.GiveBack();
            return null;
        }
        finally
        {
            race.SetSecond(second);
        }
    }

    /// <summary>Whether a deployment of the group is out or comes back just now: then no extra calls are made.</summary>
    private static bool IsInTrouble(RouteTrip trip)
    {
        foreach (var candidate in trip.Candidates)
        {
            if (candidate.State.OpenUntil != 0)
            {
                return true;
            }
        }

        return false;
    }
}
