namespace Gateway.Router.Cooldowns;

/// <summary>Why a breaker changed.</summary>
internal enum BreakerReason : byte
{
    None,

    /// <summary>Failures without a success between them.</summary>
    FailuresInARow,

    /// <summary>At least half of many calls failed.</summary>
    FailureShare,

    /// <summary>At least half of many calls failed or were too slow, and the last one was too slow.</summary>
    TooSlow,

    /// <summary>The one that tried it failed.</summary>
    ProbeFailed,

    /// <summary>Failed again while it recovered.</summary>
    RecoveryFailed,

    /// <summary>Its time is over.</summary>
    TimeOver,

    /// <summary>It answered a call.</summary>
    Answered,

    /// <summary>Another Router says that it does not serve.</summary>
    Hint,

    /// <summary>The probe between requests says that its address answers again.</summary>
    AddressAnswers,
}

internal static class BreakerReasons
{
    /// <summary>The word in reports, logs and metrics.</summary>
    public static string Word(this BreakerReason reason) => reason switch
    {
        BreakerReason.None => "",
        BreakerReason.FailuresInARow => "failures_in_a_row",
        BreakerReason.FailureShare => "failure_share",
        BreakerReason.TooSlow => "too_slow",
        BreakerReason.ProbeFailed => "probe_failed",
        BreakerReason.RecoveryFailed => "recovery_failed",
        BreakerReason.TimeOver => "time_over",
        BreakerReason.Answered => "answered",
        BreakerReason.Hint => "hint",
        BreakerReason.AddressAnswers => "address_answers",
    };
}

/// <summary>A breaker changed its state.</summary>
/// <param name="State">What it is now.</param>
/// <param name="For">How long it stays open; for one that closed, how long it was out.</param>
/// <param name="OpenUntil">Ticks; 0 unless open.</param>
internal readonly record struct BreakerEvent(BreakerState State, BreakerReason Reason, TimeSpan For, long OpenUntil, bool IsSoft);

/// <summary>Hears of changes, one call each, outside the breaker's lock. Must be quick: it runs on the path of a request.</summary>
internal interface IBreakerObserver
{
    void Changed(in BreakerEvent change);
}

/// <summary>What reports show of a breaker.</summary>
/// <param name="FailuresInARow">Without a success between them.</param>
/// <param name="TimesInARow">How often it opened without becoming healthy between, less one for each healthy minute.</param>
/// <param name="OpenUntil">Ticks; 0 while closed.</param>
/// <param name="Ramp">Share of its weight.</param>
/// <param name="Calls">In the last 30 s.</param>
/// <param name="Failures">Of those, slow ones included.</param>
/// <param name="Reason">Why it opened last; nothing while it is closed and serves with its whole weight.</param>
internal readonly record struct BreakerView(
    BreakerState State, int FailuresInARow, int TimesInARow, long OpenUntil, double Ramp, int Calls, int Failures, bool IsSoft, bool ProbeInFlight, BreakerReason Reason);
