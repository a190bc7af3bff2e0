using System.Globalization;
using Gateway.Core.Errors;
using Gateway.Edge.Jwt;
using Gateway.Edge.VirtualKeys;

namespace Gateway.Edge.Abuse;

/// <summary>
/// Says who calls, for every endpoint of clients: the credential, whatever its kind, the address that it may be used from, and how often an address may come
/// without a good one. Thread-safe.
/// </summary>
/// <remarks>
/// Requests with a good key are never counted and never refused here, so that one wrong key cannot lock out all who share an address. A good key costs one
/// look-up, as without this class.
/// </remarks>
internal sealed class ClientGate
{
    /// <summary>Refused requests a minute that an address is told the reason of.</summary>
    public const int FailuresPerMinute = 600;

    /// <summary>One message for many: a flood must not fill the disk.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(10);

    private static readonly GatewayError WrongAddress = new(
        GatewayErrorKind.AddressForbidden, "The API key may not be used from the address that this request came from. Ask the operator of this gateway which addresses it has.");

    private readonly JwtAuthenticator _tokens;
    private readonly AbuseMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger<ClientGate> _log;
    private readonly AddressRate _failures;
    private AddressRate? _public;
    private long _unsaid;
    private long _saidAt = long.MinValue;

    public ClientGate(JwtAuthenticator tokens, AbuseMetrics metrics, TimeProvider time, ILogger<ClientGate> log)
    {
        (_tokens, _metrics, _time, _log) = (tokens, metrics, time, log);
        _failures = new AddressRate(FailuresPerMinute, time);
    }

    /// <summary>The caller of a request.</summary>
    /// <param name="snapshot">The configuration that the request is decided by.</param>
    /// <param name="orNobody">Whether a caller may come without a key while there are public models.</param>
    /// <param name="key">Who calls; null with an error.</param>
    public GatewayError? Enter(HttpContext context, EdgeSnapshot snapshot, bool orNobody, out VirtualKey? key)
    {
        key = null;
        if (ClientCredential.Find(context.Request, out var secret) is { } ambiguous)
        {
            return ambiguous;
        }

        var now = _time.GetUtcNow();
        var error = _tokens.IsFor(secret) ? _tokens.Authenticate(secret!, snapshot, now, out key)
            : orNobody ? snapshot.Keys.AuthenticateOrNobody(secret, now, out key) : snapshot.Keys.Authenticate(secret, now, out key);
        if (error is null && key!.Addresses is { } allowed && !allowed.Has(context.Connection.RemoteIpAddress))
        {
            error = WrongAddress;
        }

        if (error is null)
        {
            return key!.IsNobody ? CheckPublic(context, snapshot.PublicRequestsPerMinute, ref key) : null;
        }

        key = null;
        return Count(context, error);
    }

    private GatewayError? CheckPublic(HttpContext context, int perMinute, ref VirtualKey? key)
    {
        // Made when it is first needed, and anew when the document has another number. Two at the same moment may each make one.
        var rate = Volatile.Read(ref _public) is { } known && known.PerMinute == perMinute ? known : _public = new AddressRate(perMinute, _time);
        if (AddressKey.Of(context.Connection.RemoteIpAddress) is not { } address || rate.TryTake(address, out var wait))
        {
            return null;
        }

        key = null;
        return Refused(new GatewayError(
            GatewayErrorKind.RateLimited,
            string.Create(CultureInfo.InvariantCulture, $"Without an API key at most {perMinute} requests a minute are served to one address. Send a key, or try again in {Seconds(wait)} s."),
            RetryAfter: wait));
    }

    private GatewayError Count(HttpContext context, GatewayError error)
    {
        // Trouble of ours says nothing about the caller.
        if (error.Facts.Domain == FaultDomain.Gateway || AddressKey.Of(context.Connection.RemoteIpAddress) is not { } address || _failures.TryTake(address, out var wait))
        {
            return Refused(error);
        }

        Say(address);
        return Refused(new GatewayError(
            GatewayErrorKind.RateLimited,
            string.Create(CultureInfo.InvariantCulture, $"Too many requests without a valid API key came from this address. Check the key before the next one, and wait {Seconds(wait)} s."),
            RetryAfter: wait));
    }

    private GatewayError Refused(GatewayError error)
    {
        _metrics.Refused(error);
        return error;
    }

    private void Say(AddressKey address)
    {
        var now = _time.GetTimestamp();
        var said = Volatile.Read(ref _saidAt);
        if ((said == long.MinValue || _time.GetElapsedTime(said, now) >= Quiet) && Interlocked.CompareExchange(ref _saidAt, now, said) == said)
        {
            _log.AddressFloods(address, FailuresPerMinute, Interlocked.Exchange(ref _unsaid, 0));
            return;
        }

        Interlocked.Increment(ref _unsaid);
    }

    private static long Seconds(TimeSpan wait) => (long)Math.Ceiling(wait.TotalSeconds);
}
