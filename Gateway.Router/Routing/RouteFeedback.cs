using Gateway.Core.Journal;
using Gateway.Router.Attempts;
using Gateway.Router.Catalog;

namespace Gateway.Router.Routing;

/// <summary>Tells breakers, credentials and load what became of a call. What the client or the request caused says nothing about the upstream.</summary>
internal static class RouteFeedback
{
    /// <summary>A stream has its first content: that is a success, however long it goes on.</summary>
    public static void Begun(Attempt attempt, long now)
    {
        attempt.Deployment.State.Succeeded(now, attempt.Began);
        attempt.Lane?.Succeeded(now);
    }

    /// <summary>The call is over.</summary>
    /// <param name="failure">How it failed before the client saw anything of it; null when it answered, or broke off later.</param>
    public static void Ended(Attempt attempt, AttemptFailure? failure, long now)
    {
        var outcome = attempt.Outcome;
        var brokeOff = failure is null && outcome.Ending is RequestEnding.UpstreamFailed or RequestEnding.UpstreamError;
        var kind = failure?.Class ?? (brokeOff ? FailureClass.Broken : FailureClass.NotTheirs);
        switch (kind)
        {
            case FailureClass.Unreachable:
                attempt.Deployment.State.Unreachable(now, attempt.Began);
                attempt.Lane?.Abandoned(now);
                break;
            case FailureClass.Timeout or FailureClass.Broken or FailureClass.Unreadable or FailureClass.ServerError or FailureClass.Overloaded:
                Failed(attempt, now);
                if (kind == FailureClass.Overloaded && failure is { RetryAfter: { } pause })
                {
                    // It says itself how long it wants to be left alone.
                    attempt.Lane?.RateLimited(now, pause);
                }

                break;
            case FailureClass.ModelMissing:
                attempt.Deployment.State.Failed(now, isSlow: false, attempt.Began);
                attempt.Lane?.Abandoned(now);
                break;
            case FailureClass.RateLimited:
                attempt.Deployment.State.Abandoned(now, attempt.Began);
                attempt.Lane?.RateLimited(now, failure!.Value.RetryAfter);
                break;
            case FailureClass.QuotaExhausted:
                attempt.Deployment.State.Abandoned(now, attempt.Began);
                attempt.Lane?.QuotaExhausted(now);
                break;
            case FailureClass.Credential:
                attempt.Deployment.State.Abandoned(now, attempt.Began);
                attempt.Lane?.Refused(now, failure!.Value.Status);
                break;
            case FailureClass.ContextLength or FailureClass.ContentPolicy or FailureClass.BadRequest:
                // It answers, and knows what it says.
                Begun(attempt, now);
                break;
            case FailureClass.NotTheirs when attempt.HasBegun:
                break;
            case FailureClass.NotTheirs when failure is null && outcome.Ending == RequestEnding.Completed:
                Begun(attempt, now);
                break;
            case FailureClass.NotTheirs:
                attempt.Deployment.State.Abandoned(now, attempt.Began);
                attempt.Lane?.Abandoned(now);
                break;
        }

        if (attempt.IsSlow && kind == FailureClass.NotTheirs)
        {
            attempt.Deployment.State.Failed(now, isSlow: true, attempt.Began);
        }

        var failed = kind is FailureClass.Unreachable or FailureClass.Timeout or FailureClass.Broken or FailureClass.Unreadable or FailureClass.ServerError or FailureClass.Overloaded;
        if (!attempt.Exchange.Facts.Stream && outcome.Ending == RequestEnding.Completed)
        {
            attempt.Deployment.State.Load.NoteWhole(now, outcome.Duration);
        }

        // A plain answer comes when all of it is generated: the time that it takes to arrive says nothing of tokens.
        var answering = attempt.Exchange.Facts.Stream && attempt.TimeToFirstToken is { } first ? outcome.Duration - first : TimeSpan.Zero;
        attempt.Deployment.State.Load.NoteEnd(now, failed, outcome.Usage.Output, answering);
    }

    /// <summary>The answer came to its end: later requests of the group are estimated by its length.</summary>
    public static void NoteLength(Attempt attempt, ModelGroup group, long now)
    {
        if (group.WantsEstimates && attempt.Outcome.Ending == RequestEnding.Completed)
        {
            group.State.Lengths.Note(now, attempt.Exchange.Facts.OutputCap, attempt.Outcome.Usage.Output);
        }
    }

    private static void Failed(Attempt attempt, long now)
    {
        var state = attempt.Deployment.State;

        // While the deployment as a whole is in trouble its failures say nothing about one credential, and credentials that
        // were ejected for them would be missing when it is well again.
        if (state.Breaker.OpenUntil == 0)
        {
            attempt.Lane?.Failed(now);
        }
        else
        {
            attempt.Lane?.Abandoned(now);
        }

        state.Failed(now, isSlow: false, attempt.Began);
    }
}
