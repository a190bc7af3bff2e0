using System.Globalization;
using Gateway.Core.Errors;
using Gateway.Edge.Abuse;
using Gateway.Edge.Admin.Console;
using Gateway.Edge.VirtualKeys;

namespace Gateway.Edge.Admin;

/// <summary>
/// Lets only the operator in: by the admin key as a bearer or, from the console's own pages, by the cookie of a session together with its token. Thread-safe.
/// </summary>
internal sealed class AdminKeyCheck(EdgeSnapshots snapshots, SecretDigests digests, AdminSessions sessions, AdminLockout lockout, AbuseMetrics metrics, ILogger<AdminKeyCheck> log)
{
    private static readonly GatewayError Off = new(
        GatewayErrorKind.EndpointNotFound, "The admin endpoints are off, because server.admin_key is not set in the gateway's document.");

    private static readonly GatewayError KeyRequired = new(
        GatewayErrorKind.AdminKeyRequired, "This endpoint needs the admin key (server.admin_key). Send it as 'Authorization: Bearer KEY'.");

    private static readonly GatewayError SessionOver = new(
        GatewayErrorKind.AdminKeyRequired, "The console's session is over. Sign in again at /console, or send the admin key as 'Authorization: Bearer KEY'.");

    private static readonly GatewayError TokenRequired = new(
        GatewayErrorKind.AdminKeyRequired, $"The console's cookie counts only for calls of the console's own pages, with the session's token in {SessionCookies.TokenHeader}. Others send the admin key as 'Authorization: Bearer KEY'.");

    /// <returns>Why the caller may not; null when it may.</returns>
    public GatewayError? Refuse(HttpContext context)
    {
        // Who sends a key is judged by it alone, whatever cookies are there.
        var request = context.Request;
        return request.Headers.Authorization.Count == 0 && snapshots.Current.AdminKey is { } expected && SessionCookies.ReadSession(request) is { } session
            ? RefuseSession(request, session, expected)
            : RefuseKey(context, ClientCredential.FindBearer(request));
    }

    /// <summary>The same of a key that came in another way than as a bearer.</summary>
    public GatewayError? RefuseKey(HttpContext context, string? key)
    {
        if (snapshots.Current.AdminKey is not { } expected)
        {
            return Off;
        }

        // Callers over a Unix socket are one.
        var address = AddressKey.Of(context.Connection.RemoteIpAddress) ?? default;
        if (lockout.LeftOf(address) is { } left)
        {
            return Locked(left);
        }

        // An absent key is compared too, so that the answer takes the same time.
        if (digests.Of(key).FixedTimeEquals(expected))
        {
            lockout.Succeed(address);
            return null;
        }

        // Who sends none guesses nothing.
        if (!string.IsNullOrEmpty(key) && lockout.Fail(address) is { } wait)
        {
            metrics.LockedOut();
            log.AdminLocked(address, wait.TotalMinutes, AdminLockout.Failures);
        }

        return KeyRequired;
    }

    /// <summary>Whether a page of the console may be shown: it changes nothing, and a browser that follows a link cannot send a token.</summary>
    public bool HasSession(HttpContext context) =>
        snapshots.Current.AdminKey is { } expected && SessionCookies.ReadSession(context.Request) is { } session && sessions.IsOpen(session, expected, IsUse(context.Request));

    private GatewayError? RefuseSession(HttpRequest request, string session, SecretDigest expected)
    {
        if (!SameOrigin.MayBe(request))
        {
            return TokenRequired;
        }

        var token = request.Headers[SessionCookies.TokenHeader] is [{ } only] ? only : null;
        return sessions.Check(session, token, expected, IsUse(request)) switch
        {
            SessionState.Good => null,
            SessionState.TokenMissing => TokenRequired,
            SessionState.Over => SessionOver,
        };
    }

    private static bool IsUse(HttpRequest request) => !request.Headers.ContainsKey(SessionCookies.BackgroundHeader);

    private static GatewayError Locked(TimeSpan left) => new(
        GatewayErrorKind.AdminLocked,
        string.Create(CultureInfo.InvariantCulture, $"Too many wrong admin keys came from this address. No key is looked at for another {Math.Ceiling(left.TotalSeconds)} s."),
        RetryAfter: left);
}
