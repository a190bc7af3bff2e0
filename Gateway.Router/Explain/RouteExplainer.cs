using Gateway.Core.Context;
using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Router.Attempts;
using Gateway.Router.Catalog;
using Gateway.Router.Pipeline;
using Gateway.Router.Routing;

namespace Gateway.Router.Explain;

/// <summary>
/// Finds out what would become of a request as things stand, by the code that decides on real ones: the stages that read and resolve, and the
/// search for a place with a watch that takes none. Calls nobody, writes no record, counts nothing. Thread-safe.
/// </summary>
/// <remarks>Not asked: moderation, and stages of users. What they would change is not known here.</remarks>
internal sealed class RouteExplainer(
    ModelCatalog catalog, BodyStage read, ResolveStage resolve, PlaceFinder places, RouteSelector selector, UsageRecorder recorder, RouterClock clock, TimeProvider time)
{
    /// <summary>Deployments of an order that are told: a request makes at most three calls.</summary>
    private const int LongestOrder = 4;

    /// <param name="http">Holds the body and headers of the request; its response is written to where the request is refused.</param>
    /// <param name="endpoint">Where the request would go.</param>
    /// <param name="claims">What the Edge would sign for it.</param>
    /// <param name="use">Is given the explanation while the body is there.</param>
    public async Task ExplainAsync(HttpContext http, LlmEndpoint endpoint, ContextClaims claims, Action<RouteExplanation> use)
    {
        var exchange = new LlmExchange(http, endpoint, catalog.Current, time) { Claims = claims };
        try
        {
            await ResolveAsync(exchange);
            use(Explain(exchange));
        }
        finally
        {
            exchange.ReleaseBody();
        }
    }

    /// <summary>Explains a request that was read, and resolved or refused.</summary>
    public RouteExplanation Explain(LlmExchange exchange)
    {
        var now = clock.Now;
        var target = exchange.ResolvedName is { Length: > 0 } name ? exchange.Catalog.Names.Resolve(name) : null;
        var explanation = new RouteExplanation { Exchange = exchange, Now = now, Verdict = Verdict.Refuse, Target = target, Resolution = ModelResolution.Of(exchange, target) };
        if (exchange.Outcome.Error is { } refused)
        {
            return target is null ? explanation with { Error = refused } : Excluded(explanation, exchange.Catalog.GroupOf(target), target, refused);
        }

        var trip = RouteTrips.For(exchange);
        var watch = trip.Watch = new RouteWatch();
        watch.Begin(trip.Group, target!, trip.Candidates);
        var pick = places.Peek(exchange, trip, out var waits);
        var chosen = watch.Groups.Last(group => ReferenceEquals(group.Group, trip.Group));
        var error = pick.Deployment is null ? waits ? null : places.Describe(exchange, pick) : Refuse(exchange, pick.Deployment);
        error = recorder.IsWritable ? error : UsageRecorder.Unwritable;
        var affinity = trip.Affinity;
        places.PeekOn(exchange, trip);
        return explanation with
        {
            Trip = trip,
            Affinity = affinity,
            Groups = watch.Groups,
            Orders = [.. watch.Groups.Select(group => OrderOf(exchange, group))],
            Pick = pick,
            Chosen = chosen,
            Error = error,
            Verdict = error is not null ? Verdict.Refuse : waits ? Verdict.Wait : AttemptCalls.IsEstimate(exchange, pick.Deployment!) ? Verdict.Answer : Verdict.Call,
            MaxAttempts = trip.Preferences is { AllowFallbacks: false } ? 1 : exchange.Group!.Config.Attempts,
        };
    }

    private async Task ResolveAsync(LlmExchange exchange)
    {
        try
        {
            await read.InvokeAsync(exchange, next => resolve.InvokeAsync(next, static _ => ValueTask.CompletedTask));
        }
        catch (GatewayException refused)
        {
            exchange.Outcome.Error = refused.Error;
        }
    }

    private static RouteExplanation Excluded(RouteExplanation explanation, ModelGroup group, Core.Catalog.ModelTarget target, GatewayError error)
    {
        var watch = new RouteWatch();
        var asked = watch.Begin(group, target, []);
        return explanation with { Groups = watch.Groups, Orders = [[]], Chosen = asked, Pick = RoutePick.Nothing(PickBlock.Excluded, 0), Error = error };
    }

    /// <summary>The last thing before a call: the request must be sayable in the upstream's protocol.</summary>
    private static GatewayError? Refuse(LlmExchange exchange, Deployment deployment)
    {
        if (AttemptCalls.IsEstimate(exchange, deployment) || (exchange.Endpoint.Protocol == LlmProtocol.Responses && !deployment.Protocol.PassesThrough(exchange.Call, deployment.Traits)))
        {
            // What a translated response goes on from is kept apart, and only a real request loads it.
            return null;
        }

        try
        {
            UpstreamCall.Create(exchange, deployment);
            return null;
        }
        catch (GatewayException unsayable)
        {
            return unsayable.Error;
        }
    }

    /// <summary>As if every deployment failed with a server error and nothing else happened meanwhile.</summary>
    private List<string> OrderOf(LlmExchange exchange, WatchedGroup group)
    {
        var order = new List<string>();
        var trip = RouteTrips.For(exchange);
        trip.Group = group.Group;
        trip.Candidates = group.Candidates;
        trip.Affinity = RouteTrips.AffinityOf(exchange, group.Group);
        for (var after = 0; order.Count < LongestOrder && selector.Peek(trip, default, after).Deployment is { } next; after += 2)
        {
            // Each call takes a random number, and so does the pause behind it.
            order.Add(next.Id);
            trip.NoteTried(next, lane: null);
        }

        return order;
    }
}
