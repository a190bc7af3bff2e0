namespace Gateway.Router.Credentials;

/// <summary>
/// Keeps away from what the provider refused: 5 minutes, then one call tries it; refused again, twice as long, up to an hour. Times are ticks.
/// Guarded by the lock of its owner.
/// </summary>
internal struct Quarantine
{
    public static readonly TimeSpan First = TimeSpan.FromMinutes(5);

    /// <summary>What could not even be used, since its token did not come: mostly over in a moment.</summary>
    public static readonly TimeSpan Unusable = TimeSpan.FromSeconds(5);

    public static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    /// <summary>A trial whose end nobody told is over by then.</summary>
    private static readonly TimeSpan LostTrial = TimeSpan.FromMinutes(5);

    private long _length;
    private long _trialSince;

    /// <summary>When it may be tried; 0 when it is not in quarantine.</summary>
    public long Until { get; private set; }

    public readonly bool IsActive => Until != 0;

    /// <param name="usableAt">When it may be tried.</param>
    public readonly bool Blocks(long now, out long usableAt)
    {
        usableAt = now < Until ? Until : IsOnTrial(now) ? _trialSince + LostTrial.Ticks : 0;
        return usableAt != 0;
    }

    /// <returns>Whether it was in none before, or is in it for longer now.</returns>
    public bool Refuse(long now, TimeSpan first)
    {
        if (now < Until)
        {
            // Calls that were under way when the first was refused.
            return false;
        }

        _length = Until == 0 ? first.Ticks : Math.Min(_length * 2, Longest.Ticks);
        Until = now + _length;
        _trialSince = 0;
        return true;
    }

    /// <summary>Another Router was refused.</summary>
    public void Hint(long until)
    {
        if (until > Until)
        {
            _length = Math.Max(_length, First.Ticks / 2);
            Until = until;
            _trialSince = 0;
        }
    }

    public void BeginTrial(long now) => _trialSince = now;

    public void AbandonTrial() => _trialSince = 0;

    public void Release() => this = default;

    private readonly bool IsOnTrial(long now) => _trialSince != 0 && now - _trialSince < LostTrial.Ticks;
}
