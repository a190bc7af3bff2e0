using Gateway.Core.Configuration;

namespace Gateway.Router.Credentials;

/// <summary>What was taken of the limits of one credential, or of all of a provider together. Guarded by the lock of its owner.</summary>
internal sealed class LimitMeters
{
    private long _requests;
    private long _tokens;
    private SessionWindow? _fiveMinutes;
    private SessionWindow? _hour;
    private SessionWindow? _day;

    /// <summary>Calls that run.</summary>
    public int Running { get; private set; }

    /// <summary>This Router's part of a limit: never less than 1, else nothing would ever go.</summary>
    public static long Share(long limit, int routers) => Math.Max(1, limit / Math.Max(1, routers));

    /// <summary>Whether a call fits. Takes nothing.</summary>
    /// <param name="usableAt">Ticks at which it may fit; 0 when that depends on calls that run.</param>
    public CredentialBlock Check(UpstreamLimits limits, int routers, in CallNeeds needs, long now, out long usableAt)
    {
        usableAt = 0;
        if (limits.RequestsPerMinute is { } requests)
        {
            usableAt = LimitRate.Of(requests, routers).BlockedUntil(_requests, 1, now);
        }

        if (limits.TokensPerMinute is { } tokens)
        {
            usableAt = Math.Max(usableAt, LimitRate.Of(tokens, routers).BlockedUntil(_tokens, needs.Tokens, now));
        }

        if (needs.Session != 0)
        {
            usableAt = Math.Max(usableAt, Blocked(_fiveMinutes, limits.SessionsPer5Minutes, routers, needs.Session, now));
            usableAt = Math.Max(usableAt, Blocked(_hour, limits.SessionsPerHour, routers, needs.Session, now));
            usableAt = Math.Max(usableAt, Blocked(_day, limits.SessionsPerDay, routers, needs.Session, now));
        }

        return usableAt != 0 ? CredentialBlock.Limited
            : limits.Concurrency is { } concurrency && Running >= Share(concurrency, routers) ? CredentialBlock.Busy : CredentialBlock.None;
    }

    /// <summary>Takes what was checked under the same lock.</summary>
    public void Take(UpstreamLimits limits, int routers, in CallNeeds needs, long now)
    {
        Running++;
        if (limits.RequestsPerMinute is { } requests)
        {
            _requests = LimitRate.Of(requests, routers).Take(_requests, 1, now);
        }

        if (limits.TokensPerMinute is { } tokens)
        {
            _tokens = LimitRate.Of(tokens, routers).Take(_tokens, needs.Tokens, now);
        }

        if (needs.Session != 0)
        {
            Note(ref _fiveMinutes, limits.SessionsPer5Minutes, TimeSpan.FromMinutes(5), needs.Session, now);
            Note(ref _hour, limits.SessionsPerHour, TimeSpan.FromHours(1), needs.Session, now);
            Note(ref _day, limits.SessionsPerDay, TimeSpan.FromDays(1), needs.Session, now);
        }
    }

    /// <param name="used">Tokens that it really was; null when nothing reached the upstream.</param>
    public void Return(UpstreamLimits limits, int routers, in CallNeeds needs, long? used, long now)
    {
        Running = Math.Max(0, Running - 1);
        if (used is null && limits.RequestsPerMinute is { } requests)
        {
            _requests = LimitRate.Of(requests, routers).Correct(_requests, -1, now);
        }

        if (limits.TokensPerMinute is { } tokens)
        {
            _tokens = LimitRate.Of(tokens, routers).Correct(_tokens, (used ?? 0) - needs.Tokens, now);
        }
    }

    private static long Blocked(SessionWindow? window, long? limit, int routers, ulong session, long now) =>
        limit is { } most && window is not null ? window.BlockedUntil(session, Share(most, routers), now) : 0;

    private static void Note(ref SessionWindow? window, long? limit, TimeSpan length, ulong session, long now)
    {
        if (limit is not null)
        {
            (window ??= new SessionWindow(length)).Note(session, now);
        }
        else
        {
            window = null;
        }
    }
}
