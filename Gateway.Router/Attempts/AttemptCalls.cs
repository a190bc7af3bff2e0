using Gateway.Core.Requests;
using Gateway.Router.Catalog;
using Gateway.Router.Pipeline;
using Gateway.Router.Routing;
using Microsoft.Extensions.ObjectPool;

namespace Gateway.Router.Attempts;

/// <summary>The life of one call: from the place that was taken for it, by its INTENT and its end, to everything being given back.</summary>
internal sealed class AttemptCalls(UsageRecorder recorder, AttemptRunner runner, RouteSelector selector, ObjectPool<AttemptTimer> timers, RouterClock clock, GroupStates groups)
{
    /// <summary>Whether the answer is an estimate of ours, without a call.</summary>
    public static bool IsEstimate(LlmExchange exchange, Deployment deployment) =>
        exchange.Endpoint.Kind == LlmKind.CountTokens && !deployment.Protocol.PassesThrough(exchange.Call, deployment.Traits)
        && deployment.Protocol.OperationFor(LlmKind.CountTokens, deployment.Traits) is null;

    /// <summary>Time that is left for a call at a deployment.</summary>
    public TimeSpan TimeLeft(LlmExchange exchange, Deployment deployment)
    {
        var left = deployment.Provider.Timeouts.Total - exchange.Elapsed;
        var untilDeadline = exchange.TimeLeft(clock.UtcNow);
        return untilDeadline < left ? untilDeadline : left;
    }

    /// <summary>Makes the call ready: what is sent, its record, its clock.</summary>
    /// <param name="pick">The place that was taken. Given back when this throws.</param>
    /// <param name="race">The call that it runs beside; null for one alone.</param>
    /// <exception cref="Core.Errors.GatewayException">The request cannot be said to this upstream, or not be recorded; nothing was sent.</exception>
    public async ValueTask<Attempt> DispatchAsync(LlmExchange exchange, RouteTrip trip, RoutePick pick, TimeSpan left, AttemptRace? race = null)
    {
        AttemptTimer? timer = null;
        try
        {
            // Before the record: what cannot be said to the upstream costs nothing.
            var call = UpstreamCall.Create(exchange, pick.Deployment!);
            timer = timers.Get();
            var attempt = new Attempt(exchange, exchange.Outcome.Attempts + 1, pick.Deployment!, pick.Credential, call, timer, clock) { IsHedge = race is not null };
            if (race is not null)
            {
                attempt.Race = race;
            }

            if (exchange.Endpoint.Kind is not (LlmKind.CountTokens or LlmKind.Files))
            {
                await recorder.DispatchAsync(attempt);
            }

            exchange.Add(attempt);
            timer.Start(left, exchange.Http.RequestAborted);
            return attempt;
        }
        catch
        {
            if (timer is not null)
            {
                timers.Return(timer);
            }

            PutBack(trip, pick);
            throw;
        }
    }

    /// <summary>Makes the call, and gives its place back. The attempt stays whole until it is retired.</summary>
    /// <returns>The failure while the client has seen nothing of it.</returns>
    public async ValueTask<AttemptFailure?> RunAsync(Attempt attempt, RouteTrip trip)
    {
        AttemptFailure? failure = AttemptFailure.Ours;
        try
        {
            failure = await runner.RunAsync(attempt);
            return failure;
        }
        finally
        {
            attempt.End();
            if (attempt.Race?.Winner is { } winner && !ReferenceEquals(winner, attempt))
            {
                attempt.Exchange.ReleaseBody();
            }

            RouteFeedback.Ended(attempt, failure, clock.Now);
            RouteFeedback.NoteLength(attempt, trip.Group, clock.Now);
            selector.Return(trip, attempt.Deployment, attempt.Lane, attempt.WasSent ? attempt.Outcome.Usage.Input + attempt.Outcome.Usage.Output : null);
            MakeRoom(trip, attempt.Deployment);
        }
    }

    /// <summary>Gives back what an ended call holds: nobody needs its answer any more.</summary>
    public ValueTask RetireAsync(Attempt attempt)
    {
        timers.Return(attempt.Timer);
        return attempt.DisposeAsync();
    }

    /// <summary>Gives back a place at which no call was made.</summary>
    public void PutBack(RouteTrip trip, RoutePick pick)
    {
        var deployment = pick.Deployment!;
        if (pick.IsProbe)
        {
            // Only its own: a probe that another request makes goes on.
            deployment.State.Abandoned(clock.Now);
        }

        pick.Credential?.Abandoned(clock.Now);
        selector.Return(trip, deployment, pick.Credential, used: null);
        MakeRoom(trip, deployment);
    }

    /// <summary>Where nothing is limited only a pause that a provider asked for makes requests wait; those who came behind them wait for an end.</summary>
    private void MakeRoom(RouteTrip trip, Deployment deployment)
    {
        if (deployment.Upstream.Credentials.HasLimits || trip.Group.State.Room.Count > 0)
        {
            groups.Pulse();
        }
    }
}
