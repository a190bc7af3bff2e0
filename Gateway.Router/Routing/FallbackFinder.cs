using Gateway.Core.Configuration;
using Gateway.Router.Attempts;
using Gateway.Router.Catalog;
using Gateway.Router.Pipeline;

namespace Gateway.Router.Routing;

/// <summary>Leads a request on to the groups that may stand in for its own. Each is authorised anew; its deployments have their own prices.</summary>
internal sealed class FallbackFinder
{
    /// <summary>After a request was too long: keeps only the deployments with more room than those that were tried.</summary>
    /// <returns>Whether there are any.</returns>
    public bool TryNarrow(RouteTrip trip, FailureClass failure)
    {
        if (failure != FailureClass.ContextLength || trip.LastTried?.Context is not { } tried)
        {
            return false;
        }

        var larger = Array.FindAll(trip.Candidates, candidate => candidate.Context > tried);
        if (larger.Length == 0)
        {
            return false;
        }

        trip.Candidates = larger;
        return true;
    }

    /// <summary>Whether another group may be asked where no deployment of the model's own can serve such a request.</summary>
    public static bool MayStandIn(LlmExchange exchange, ModelGroup group, ExclusionReason reason)
    {
        if (reason is ExclusionReason.Access || exchange.Facts.Preferences is { AllowFallbacks: false })
        {
            return false;
        }

        var trigger = TriggerFor(reason);
        for (var i = 0; i < group.Config.Fallbacks.Count; i++)
        {
            if ((group.Config.Fallbacks[i].On & trigger) != 0)
            {
                return true;
            }
        }

        return exchange.Facts.Preferences is { Models.Count: > 0 };
    }

    /// <summary>What a fallback must be for to stand in: the request is too long, wants what the models cannot do, or has a budget that they have no price for. What the client itself ruled out has none.</summary>
    public static FallbackTriggers TriggerFor(ExclusionReason reason) => reason switch
    {
        ExclusionReason.ContextWindow => FallbackTriggers.ContextLength,
        ExclusionReason.Capability or ExclusionReason.Kind => FallbackTriggers.Error,
        ExclusionReason.Budget => FallbackTriggers.Budget,
        _ => FallbackTriggers.None,
    };

    /// <summary>Goes on to the next group that may serve.</summary>
    /// <param name="trigger">What the group before could not do.</param>
    /// <returns>False when there is none.</returns>
    public bool TryNext(LlmExchange exchange, RouteTrip trip, FallbackTriggers trigger)
    {
        if (trip.Preferences is { AllowFallbacks: false })
        {
            return false;
        }

        if (ReferenceEquals(trip.Group, exchange.Group))
        {
            trip.OwnTrigger = trigger;
        }
        else
        {
            // Where the money does not suffice for one that stands in, a cheaper one of the model's own may.
            trip.OwnTrigger |= trigger & FallbackTriggers.Budget;
        }

        while (trip.Preferences is { } preferences && trip.NextModel < preferences.Models.Count)
        {
            if (TryGo(exchange, trip, preferences.Models[trip.NextModel++], FallbackTriggers.None))
            {
                return true;
            }
        }

        var from = trip.Group;
        return TryBelow(exchange, trip, from, trigger) || (!ReferenceEquals(from, exchange.Group) && TryBelow(exchange, trip, exchange.Group!, trip.OwnTrigger));
    }

    private static bool TryBelow(LlmExchange exchange, RouteTrip trip, ModelGroup group, FallbackTriggers trigger)
    {
        var fallbacks = group.Config.Fallbacks;
        for (var i = 0; i < fallbacks.Count; i++)
        {
            if ((fallbacks[i].On & trigger) != 0 && TryGo(exchange, trip, fallbacks[i].Model, trigger))
            {
                return true;
            }
        }

        return false;
    }

    /// <param name="trigger">What the group is a fallback for; none where the request itself names it.</param>
    private static bool TryGo(LlmExchange exchange, RouteTrip trip, string model, FallbackTriggers trigger)
    {
        if (exchange.Catalog.Names.Resolve(model) is not { } target || exchange.Catalog.GroupOf(target) is not { } group || !trip.Visit(group.Name))
        {
            return false;
        }

        if (!IsModeratedAlike(exchange, group))
        {
            trip.Watch?.Pass(group, target, trigger);
            return false;
        }

        var request = RouteRequest.Of(exchange, target, group);
        var candidates = CandidateFilter.Filter(group, in request);
        trip.Watch?.Enter(group, target, trigger, candidates);
        if (candidates.Length == 0)
        {
            return false;
        }

        trip.Group = group;
        trip.Candidates = candidates;
        trip.Affinity = RouteTrips.AffinityOf(exchange, group);
        return true;
    }

    /// <summary>A group with a moderation policy of its own serves only requests that this policy has seen.</summary>
    private static bool IsModeratedAlike(LlmExchange exchange, ModelGroup group) =>
        group.Config.Moderation is not { } policy || string.Equals(policy, exchange.Claims.ModerationPolicy, StringComparison.Ordinal);
}
