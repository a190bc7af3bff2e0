namespace Gateway.Router.Credentials;

/// <summary>How long a credential is left alone after a 429. Times are ticks. Guarded by the lock of its owner.</summary>
internal struct Rest
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan FirstQuota = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LongestQuota = TimeSpan.FromHours(1);

    private long _length;
    private long _quotaLength;

    /// <summary>The end of the last rest; 0 when there was none.</summary>
    public long Until { get; private set; }

    /// <summary>Whether it would be shorter after a success.</summary>
    public readonly bool HasGrown => (_length | _quotaLength) != 0;

    /// <summary>Whether it is because of a quota.</summary>
    public readonly bool IsOutOfQuota => _quotaLength != 0;

    /// <param name="asked">What the provider asked for; null when it did not say: then a second, and twice as long each time.</param>
    public void RateLimited(long now, TimeSpan? asked)
    {
        if (asked is { } wait)
        {
            Until = Math.Max(Until, now + wait.Ticks);
        }
        else if (now >= Until)
        {
            // Only one for each rest: others were under way when the first was refused.
            _length = _length == 0 ? First.Ticks : Math.Min(_length * 2, Longest.Ticks);
            Until = now + _length;
        }
    }

    /// <returns>Whether a rest began.</returns>
    public bool QuotaExhausted(long now)
    {
        if (now < Until && _quotaLength != 0)
        {
            return false;
        }

        _quotaLength = _quotaLength == 0 ? FirstQuota.Ticks : Math.Min(_quotaLength * 2, LongestQuota.Ticks);
        Until = Math.Max(Until, now + _quotaLength);
        return true;
    }

    public void Hint(long until) => Until = Math.Max(Until, until);

    /// <summary>A call that was under way when the rest began proves nothing.</summary>
    public void Succeeded(long now)
    {
        if (now >= Until)
        {
            this = default;
        }
    }
}
