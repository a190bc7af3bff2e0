using Gateway.Core;
using Gateway.Core.Configuration;
using Gateway.Core.Errors;
using Gateway.Core.Journal;
using Gateway.Router.Budgets;
using Gateway.Router.Cooldowns;
using Gateway.Router.Pipeline;
using Gateway.Router.Routing;

namespace Gateway.Router.Attempts;

/// <summary>
/// The last stage: finds a place, writes the INTENT, makes the call, and, while the client has seen nothing, goes on to the next place: within the deadline, the
/// retry budget and the most attempts of the group. The FINAL record ends it.
/// </summary>
internal sealed class AttemptStage(UsageRecorder recorder, AttemptCalls calls, HedgedCalls hedged, PlaceFinder places, RequestHolds holds, RouterClock clock) : ILlmStage
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
        Attempt? last = null;
        AttemptFailure? failure = null;
        GatewayError? refusal = null;
        var isPaid = false;
        try
        {
            while (true)
            {
                var pick = await places.FindAsync(exchange, trip, failure?.Class);
                if (pick.Deployment is not { } deployment)
                {
                    await GiveUpAsync(exchange, last, failure, refusal ?? (exchange.TimeLeft(clock.UtcNow) <= TimeSpan.Zero ? TooLate : places.Describe(exchange, pick)));
                    return;
                }

                var left = calls.TimeLeft(exchange, deployment);
                if (left <= TimeSpan.Zero || AttemptCalls.IsEstimate(exchange, deployment))
                {
                    calls.PutBack(trip, pick);
                    await (left <= TimeSpan.Zero ? GiveUpAsync(exchange, last, failure, TooLate) : TokenEstimate.AnswerAsync(exchange, deployment));
                    return;
                }

                if (exchange.Hold is not null && await holds.CoverAsync(exchange, trip, deployment) is { } unaffordable)
                {
                    // The money does not suffice for this place; another may be cheaper.
                    calls.PutBack(trip, pick);
                    refusal ??= unaffordable;
                    trip.Exclude(deployment, FallbackTriggers.Budget);
                    if (trip.Preferences is { AllowFallbacks: false })
                    {
                        await GiveUpAsync(exchange, last, failure, unaffordable);
                        return;
                    }

                    continue;
                }

                Attempt attempt;
                try
                {
                    attempt = await calls.DispatchAsync(exchange, trip, pick, left);
                }
                catch (GatewayException exception) when (exception.Error.Kind != GatewayErrorKind.JournalFull && trip.Preferences is not { AllowFallbacks: false })
                {
                    // It cannot be said to this upstream, and nothing was sent: another may understand it.
                    refusal ??= exception.Error;
                    trip.Exclude(deployment);
                    continue;
                }

                if (attempt.Number == 1)
                {
                    retries.Earn(clock.Now);
                }

                isPaid = false;
                var over = last;
                last = attempt;
                if (over is not null)
                {
                    await calls.RetireAsync(over);
                }

                if (most > 1 && attempt.Number == 1 && trip.Group.Config.Hedge is { } hedge && HedgedCalls.IsFor(exchange))
                {
                    (last, failure) = await hedged.RunAsync(attempt, trip, hedge);
                }
                else
                {
                    failure = await calls.RunAsync(attempt, trip);
                }

                if (failure is not { } failed)
                {
                    return;
                }

                if (last.IsCommitted || exchange.Outcome.Attempts >= most || !RetryPolicy.MayTryAgain(failed.Class) || !(isPaid = retries.TrySpend(clock.Now)))
                {
                    await GiveUpAsync(exchange, last, failure, own: null);
                    return;
                }

                RetryPolicy.NoteTried(trip, last, failed.Class);
                if (HealthGate.AreAllOut(trip.Candidates))
                {
                    // Perhaps by failures of others meanwhile. A pause spares nobody then, and the client hears so at once unless another group stands in.
                    continue;
                }

                await RetryPolicy.PauseAsync(trip, failed.Class, exchange.Outcome.Attempts, calls.TimeLeft(exchange, last.Deployment), clock.Time, exchange.Http.RequestAborted);
            }
        }
        finally
        {
            if (isPaid)
            {
                retries.GiveBack();
            }

            if (last is not null)
            {
                await calls.RetireAsync(last);
            }
        }
    }

    /// <summary>Nothing else is tried: the client hears what the last call said, or what we have to say ourselves.</summary>
    /// <param name="own">Why there was no further place; counts only where no call failed.</param>
    private async ValueTask GiveUpAsync(LlmExchange exchange, Attempt? last, AttemptFailure? failure, GatewayError? own)
    {
        if (last is null)
        {
            await exchange.RefuseAsync(own!);
        }
        else if (failure is { Reply: { } reply })
        {
            await reply.SendAsync(last, recorder);
        }
        else
        {
            await FailAsync(last, failure, own);
        }
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

        var response = exchange.Http.Response;
        var error = failure?.Error ?? own!;
        if (!attempt.IsCommitted)
        {
            // The record says what the client is about to see.
            attempt.Outcome.Status = error.Facts.Status;
        }

        await recorder.SettleAsync(attempt);
        if (!response.HasStarted)
        {
            if (failure is { Class: FailureClass.Credential, Status: > 0 and var refused })
            {
                response.Headers[GatewayHeaders.UpstreamStatus] = refused == StatusCodes.Status401Unauthorized ? "401" : "403";
            }

            ResponseHead.WriteOwn(attempt, attempt.Elapsed);
        }

        await exchange.RefuseAsync(error);
    }
}
