using Gateway.Core.Journal;
using Gateway.Router.Attempts;

namespace Gateway.Router.Routing;

/// <summary>Tells breakers, credentials and load what became of a call. What the client or the request caused says nothing about the upstream.</summary>
internal static class RouteFeedback
{
    /// <summary>A stream has its first content: that is a success, however long it goes on.</summary>
    public static void Begun(Attempt attempt, long now)
    {
        var state = attempt.Deployment.State;
        state.Breaker.Succeeded(now);
        state.Endpoint.Breaker.Succeeded(now);
        attempt.Lane?.Succeeded(now);
    }

    /// <summary>The call is over.</summary>
    /// <param name="failure">How it failed before the client saw anything of it; null when it answered, or broke off later.</param>
    public static void Ended(Attempt attempt, AttemptFailure? failure, long now)
    {
        var state = attempt.Deployment.State;
        var outcome = attempt.Outcome;
        var brokeOff = failure is null && outcome.Ending is RequestEnding.UpstreamFailed or RequestEnding.UpstreamError;
        var kind = failure?.Class ?? (brokeOff ? FailureClass.Broken : FailureClass.NotTheirs);
        switch (kind)
        {
            case FailureClass.Unreachable:
                state.Endpoint.Breaker.Failed(now);
                state.Breaker.Failed(now);
                attempt.Lane?.Abandoned(now);
                break;
            case FailureClass.Timeout or FailureClass.Broken or FailureClass.Unreadable or FailureClass.ServerError or FailureClass.Overloaded:
                state.Endpoint.Breaker.Succeeded(now);
                state.Breaker.Failed(now);
                attempt.Lane?.Failed(now);
                break;
            case FailureClass.ModelMissing:
                state.Endpoint.Breaker.Succeeded(now);
                state.Breaker.Failed(now);
                attempt.Lane?.Abandoned(now);
                break;
            case FailureClass.RateLimited:
                Told(attempt, now);
                attempt.Lane?.RateLimited(now, failure!.Value.RetryAfter);
                break;
            case FailureClass.QuotaExhausted:
                Told(attempt, now);
                attempt.Lane?.QuotaExhausted(now);
                break;
            case FailureClass.Credential:
                Told(attempt, now);
                attempt.Lane?.Refused(now, outcome.UpstreamStatus);
                break;
            case FailureClass.ContextLength or FailureClass.ContentPolicy or FailureClass.BadRequest:
                // It answers, and knows what it says.
                Begun(attempt, now);
                break;
            case FailureClass.NotTheirs when failure is null && outcome.Ending == RequestEnding.Completed:
                if (!attempt.HasBegun)
                {
                    Begun(attempt, now);
                }

                break;
            case FailureClass.NotTheirs:
                if (!attempt.HasBegun)
                {
                    state.Breaker.Abandoned(now);
                    state.Endpoint.Breaker.Abandoned(now);
                    attempt.Lane?.Abandoned(now);
                }

                break;
        }

        var failed = kind is FailureClass.Unreachable or FailureClass.Timeout or FailureClass.Broken or FailureClass.Unreadable or FailureClass.ServerError or FailureClass.Overloaded;
        state.Load.NoteEnd(now, failed, outcome.Usage.Output, attempt.TimeToFirstToken is { } first ? outcome.Duration - first : TimeSpan.Zero);
    }

    /// <summary>The address lives; what it says is about a credential.</summary>
    private static void Told(Attempt attempt, long now)
    {
        attempt.Deployment.State.Endpoint.Breaker.Succeeded(now);
        attempt.Deployment.State.Breaker.Abandoned(now);
    }
}
