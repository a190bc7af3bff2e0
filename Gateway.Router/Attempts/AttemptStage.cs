using Gateway.Core;
using Gateway.Core.Errors;
using Gateway.Core.Journal;
using Gateway.Core.Requests;
using Gateway.Router.Catalog;
using Gateway.Router.Pipeline;
using Gateway.Router.Routing;
using Microsoft.Extensions.ObjectPool;

namespace Gateway.Router.Attempts;

/// <summary>
/// The last stage: finds a place, writes the INTENT, makes the call, and, while the client has seen nothing, goes on to the next place: within the deadline, the
/// retry budget and the most attempts of the group. The FINAL record ends it.
/// </summary>
internal sealed class AttemptStage(
    UsageRecorder recorder, AttemptRunner runner, PlaceFinder places, RouteSelector selector, ObjectPool<AttemptTimer> timers, RouterClock clock, GroupStates groups) : ILlmStage
{
    private static readonly GatewayError TooLate = new(GatewayErrorKind.DeadlineExceeded, "The time for this request was over before a model was asked.");

    public async ValueTask InvokeAsync(LlmExchange exchange, LlmStageDelegate next)
    {
        if (!recorder.IsWritable)
        {
            await exchange.RefuseAsync(UsageRecorder.Unwritable);
            return;
        }

        var trip = RouteTrips.For(exchange);
        var retries = trip.Group.State.Retries;
        var most = trip.Preferences is { AllowFallbacks: false } ? 1 : trip.Group.Config.Attempts;
        retries.Earn(clock.Now);
        AttemptFailure? failure = null;
        for (var number = 1; ; number++)
        {
            var pick = await places.FindAsync(exchange, trip, failure?.Class);
            if (pick.Deployment is not { } deployment)
            {
                await GiveUpAsync(exchange, failure, places.Describe(exchange, pick));
                return;
            }

            Attempt? attempt;
            try
            {
                attempt = await DispatchAsync(exchange, trip, pick, number);
                if (attempt is null)
                {
                    return;
                }
            }
            catch
            {
                PutBack(trip, pick);
                throw;
            }

            failure = await RunAsync(attempt, trip);
            if (failure is not { } failed)
            {
                await attempt.DisposeAsync();
                return;
            }

            if (number >= most || !RetryPolicy.MayTryAgain(failed.Class) || !retries.TrySpend(clock.Now))
            {
                await GiveUpAsync(exchange, failure, own: null);
                return;
            }

            RetryPolicy.NoteTried(trip, attempt, failed.Class);
            await RetryPolicy.PauseAsync(trip.Group.State, failed.Class, number, clock.Time, exchange.Http.RequestAborted);
            await attempt.DisposeAsync();
        }
    }

    /// <returns>Null when the answer needs no call.</returns>
    private async ValueTask<Attempt?> DispatchAsync(LlmExchange exchange, RouteTrip trip, RoutePick pick, int number)
    {
        var deployment = pick.Deployment!;
        var left = TimeLeft(exchange, deployment);
        if (left <= TimeSpan.Zero)
        {
            PutBack(trip, pick);
            await GiveUpAsync(exchange, failure: null, TooLate);
            return null;
        }

        if (exchange.Endpoint.Kind == LlmKind.CountTokens && !deployment.Protocol.PassesThrough(exchange.Call, deployment.Traits)
            && deployment.Protocol.OperationFor(LlmKind.CountTokens, deployment.Traits) is null)
        {
            PutBack(trip, pick);
            await TokenEstimate.AnswerAsync(exchange, deployment);
            return null;
        }

        // Before the record: what cannot be said to the upstream costs nothing.
        var call = UpstreamCall.Create(exchange, deployment);
        var timer = timers.Get();
        var attempt = new Attempt(exchange, number, deployment, pick.Credential, call, timer, clock);
        try
        {
            if (exchange.Endpoint.Kind is not (LlmKind.CountTokens or LlmKind.Files))
            {
                await recorder.DispatchAsync(attempt);
            }
        }
        catch
        {
            timers.Return(timer);
            throw;
        }

        exchange.Add(attempt);
        timer.Start(left, exchange.Http.RequestAborted);
        return attempt;
    }

    private async ValueTask<AttemptFailure?> RunAsync(Attempt attempt, RouteTrip trip)
    {
        AttemptFailure? failure = AttemptFailure.Ours;
        try
        {
            failure = await runner.RunAsync(attempt);
            return failure;
        }
        finally
        {
            timers.Return(attempt.Timer);
            var now = clock.Now;
            RouteFeedback.Ended(attempt, failure, now);
            selector.Return(trip, attempt.Deployment, attempt.Lane, attempt.WasSent ? attempt.Outcome.Usage.Input + attempt.Outcome.Usage.Output : null);
            groups.Pulse();
        }
    }

    /// <summary>Gives back a place at which no call was made.</summary>
    private void PutBack(RouteTrip trip, RoutePick pick)
    {
        var deployment = pick.Deployment!;
        deployment.State.Abandoned(clock.Now);
        pick.Credential?.Abandoned(clock.Now);
        selector.Return(trip, deployment, pick.Credential, used: null);
        groups.Pulse();
    }

    private TimeSpan TimeLeft(LlmExchange exchange, Deployment deployment)
    {
        var left = deployment.Provider.Timeouts.Total - exchange.Elapsed;
        var untilDeadline = exchange.TimeLeft(clock.UtcNow);
        return untilDeadline < left ? untilDeadline : left;
    }

    /// <summary>Nothing else is tried: the client hears what the last call said, or what we have to say ourselves.</summary>
    /// <param name="own">Why there was no further place; counts only where no call failed.</param>
    private async ValueTask GiveUpAsync(LlmExchange exchange, AttemptFailure? failure, GatewayError? own)
    {
        if (exchange.LastAttempt is not { } last)
        {
            await exchange.RefuseAsync(own!);
            return;
        }

        if (failure is { Reply: { } reply })
        {
            await reply.SendAsync(last, recorder);
        }
        else
        {
            await FailAsync(last, failure, own);
        }

        await last.DisposeAsync();
    }

    private async ValueTask FailAsync(Attempt attempt, AttemptFailure? failure, GatewayError? own)
    {
        var exchange = attempt.Exchange;
        if (failure?.Ending == RequestEnding.ClientGone)
        {
            await recorder.SettleAsync(attempt);
            exchange.Http.Abort();
            return;
        }

        // The record says what the client is about to see.
        var error = failure?.Error ?? own!;
        attempt.Outcome.Status = error.Facts.Status;
        await recorder.SettleAsync(attempt);
        if (failure?.Class == FailureClass.Credential && attempt.Outcome.UpstreamStatus != 0)
        {
            exchange.Http.Response.Headers[GatewayHeaders.UpstreamStatus] = attempt.Outcome.UpstreamStatus == StatusCodes.Status401Unauthorized ? "401" : "403";
        }

        ResponseHead.WriteOwn(attempt, attempt.Elapsed);
        await exchange.RefuseAsync(error);
    }
}
