using Gateway.Core;
using Gateway.Core.Errors;
using Gateway.Core.Journal;
using Gateway.Router.Pipeline;
using Gateway.Router.Routing;

namespace Gateway.Router.Attempts;

/// <summary>
/// The last stage: finds a place, writes the INTENT, makes the call, and, while the client has seen nothing, goes on to the next place: within the deadline, the
/// retry budget and the most attempts of the group. The FINAL record ends it.
/// </summary>
internal sealed class AttemptStage(UsageRecorder recorder, AttemptCalls calls, HedgedCalls hedged, PlaceFinder places, RouterClock clock) : ILlmStage
{
    private static readonly GatewayError TooLate = new(GatewayErrorKind.DeadlineExceeded, "The time for this request was over before a model was asked.");

    public async ValueTask InvokeAsync(LlmExchange exchange, LlmStageDelegate next)
    {
        if (!recorder.IsWritable)
        {
            await exchange.RefuseAsync(UsageRecorder.Unwritable);
            return;
        }

        var trip = RouteTrips.For(exchange, clock.Now);
        var retries = trip.Group.State.Retries;
        var most = trip.Preferences is { AllowFallbacks: false } ? 1 : trip.Group.Config.Attempts;
        retries.Earn(clock.Now);
        Attempt? last = null;
        AttemptFailure? failure = null;
        while (true)
        {
            var pick = await places.FindAsync(exchange, trip, failure?.Class);
            if (pick.Deployment is not { } deployment)
            {
                await GiveUpAsync(exchange, last, failure, places.Describe(exchange, pick));
                return;
            }

            var left = calls.TimeLeft(exchange, deployment);
            if (left <= TimeSpan.Zero || AttemptCalls.IsEstimate(exchange, deployment))
            {
                calls.PutBack(trip, pick);
                await (left <= TimeSpan.Zero ? GiveUpAsync(exchange, last, failure, TooLate) : TokenEstimate.AnswerAsync(exchange, deployment));
                return;
            }

            if (last is not null)
            {
                await calls.RetireAsync(last);
            }

            last = await calls.DispatchAsync(exchange, trip, pick, left);
            (last, failure) = await RunAsync(last, trip);
            if (failure is not { } failed)
            {
                await calls.RetireAsync(last);
                return;
            }

            if (exchange.Outcome.Attempts >= most || !RetryPolicy.MayTryAgain(failed.Class) || !retries.TrySpend(clock.Now))
            {
                await GiveUpAsync(exchange, last, failure, own: null);
                return;
            }

            RetryPolicy.NoteTried(trip, last, failed.Class);
            await RetryPolicy.PauseAsync(trip, failed.Class, exchange.Outcome.Attempts, clock.Time, exchange.Http.RequestAborted);
        }
    }

    private ValueTask<(Attempt Attempt, AttemptFailure? Failure)> RunAsync(Attempt attempt, RouteTrip trip) =>
        trip.Group.Config.Hedge is { } hedge && attempt.Number == 1 && HedgedCalls.IsFor(attempt.Exchange, hedge)
            ? hedged.RunAsync(attempt, trip, hedge) : RunAloneAsync(attempt, trip);

    private async ValueTask<(Attempt Attempt, AttemptFailure? Failure)> RunAloneAsync(Attempt attempt, RouteTrip trip) => (attempt, await calls.RunAsync(attempt, trip));

    /// <summary>Nothing else is tried: the client hears what the last call said, or what we have to say ourselves.</summary>
    /// <param name="own">Why there was no further place; counts only where no call failed.</param>
    private async ValueTask GiveUpAsync(LlmExchange exchange, Attempt? last, AttemptFailure? failure, GatewayError? own)
    {
        if (last is null)
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

        await calls.RetireAsync(last);
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
        if (failure is { Class: FailureClass.Credential, Status: > 0 and var refused })
        {
            exchange.Http.Response.Headers[GatewayHeaders.UpstreamStatus] = refused == StatusCodes.Status401Unauthorized ? "401" : "403";
        }

        ResponseHead.WriteOwn(attempt, attempt.Elapsed);
        await exchange.RefuseAsync(error);
    }
}
