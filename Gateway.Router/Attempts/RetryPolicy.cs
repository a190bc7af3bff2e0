using Gateway.Router.Routing;

namespace Gateway.Router.Attempts;

/// <summary>What may follow a failure while the client has seen nothing.</summary>
internal static class RetryPolicy
{
    private static readonly TimeSpan BasePause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    /// <summary>Whether another call can help. For a wrong request it cannot; what is too long or filtered may find another model.</summary>
    public static bool MayTryAgain(FailureClass failure) => failure is not (FailureClass.NotTheirs or FailureClass.BadRequest);

    /// <summary>Whether the same deployment may be asked again when there is no other.</summary>
    public static bool MayRepeat(FailureClass failure) => failure is FailureClass.Unreachable or FailureClass.Timeout or FailureClass.Broken or FailureClass.ServerError or FailureClass.Overloaded;

    /// <summary>The failures that a group's fallbacks name.</summary>
    public static Core.Configuration.FallbackTriggers TriggerFor(FailureClass failure) => failure switch
    {
        FailureClass.ContextLength => Core.Configuration.FallbackTriggers.ContextLength,
        FailureClass.ContentPolicy => Core.Configuration.FallbackTriggers.ContentPolicy,
        _ => Core.Configuration.FallbackTriggers.Error,
    };

    /// <summary>Keeps the request from what failed it: the credential, or the deployment.</summary>
    public static void NoteTried(RouteTrip trip, Attempt attempt, FailureClass failure)
    {
        var isCredential = failure is FailureClass.RateLimited or FailureClass.QuotaExhausted or FailureClass.Credential;
        trip.NoteTried(attempt.Deployment, isCredential ? attempt.Lane : null);
    }

    /// <summary>Waits a random time before a call that follows a failure of the upstream: full jitter, so that many do not come back at once.</summary>
    /// <param name="attempts">Calls made so far.</param>
    /// <param name="left">Time left for the request: it does not wait for its own end.</param>
    public static Task PauseAsync(RouteTrip trip, FailureClass failure, int attempts, TimeSpan left, TimeProvider time, CancellationToken cancellationToken)
    {
        // What cannot be reached is left at once for another deployment.
        if (failure is not (FailureClass.Broken or FailureClass.ServerError or FailureClass.Overloaded) && !(failure == FailureClass.Unreachable && trip.Candidates.Length == 1))
        {
            return Task.CompletedTask;
        }

        var most = Math.Min(LongestPause.Ticks, BasePause.Ticks << (attempts - 1));
        var pause = (long)(trip.Group.State.Advance() % (ulong)most);
        return Task.Delay(TimeSpan.FromTicks(Math.Clamp(pause, 0, Math.Max(0, left.Ticks))), time, cancellationToken);
    }
}
