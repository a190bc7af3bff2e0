using System.Globalization;
using Gateway.Core.Errors;
using Gateway.Edge.Abuse;
using Gateway.Edge.VirtualKeys;

namespace Gateway.Edge.Admin;

/// <summary>Lets only the operator in. Thread-safe.</summary>
internal sealed class AdminKeyCheck(EdgeSnapshots snapshots, SecretDigests digests, AdminLockout lockout, AbuseMetrics metrics, ILogger<AdminKeyCheck> log)
{
    private static readonly GatewayError Off = new(
        GatewayErrorKind.EndpointNotFound, "The admin endpoints are off, because server.admin_key is not set in the gateway's document.");

    private static readonly GatewayError KeyRequired = new(
        GatewayErrorKind.AdminKeyRequired, "This endpoint needs the admin key (server.admin_key). Send it as 'Authorization: Bearer KEY'.");

    /// <returns>Why the caller may not; null when it may.</returns>
    public GatewayError? Refuse(HttpContext context)
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
        var key = ClientCredential.FindBearer(context.Request);
        if (digests.Of(key).FixedTimeEquals(expected))
        {
            lockout.Succeed(address);
            return null;
        }

        // The console's first call has none, and guesses nothing.
        if (!string.IsNullOrEmpty(key) && lockout.Fail(address) is { } wait)
        {
            metrics.LockedOut();
            log.AdminLocked(address, wait.TotalMinutes, AdminLockout.Failures);
        }

        return KeyRequired;
    }

    private static GatewayError Locked(TimeSpan left) => new(
        GatewayErrorKind.AdminLocked,
        string.Create(CultureInfo.InvariantCulture, $"Too many wrong admin keys came from this address. No key is looked at for another {Math.Ceiling(left.TotalSeconds)} s."),
        RetryAfter: left);
}
