using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using Gateway.Core.Errors;
using Gateway.Edge.VirtualKeys;

namespace Gateway.Edge.Jwt;

/// <summary>
/// Takes JSON Web Tokens of the document's issuers in the place of virtual keys (RFC 7519, with the advice of RFC 8725). Thread-safe. Never waits: keys are fetched in the background.
/// </summary>
/// <remarks>A token that was checked is known by its digest until it expires, for at most five minutes; then a request with it costs one SHA-256 and one look-up.</remarks>
internal sealed class JwtAuthenticator(JwtIssuers issuers)
{
    /// <summary>How far clocks may differ.</summary>
    public static readonly TimeSpan Skew = TimeSpan.FromSeconds(60);

    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    private readonly JwtCache _cache = new();

    /// <summary>Tokens that are known as good.</summary>
    public int Known => _cache.Count;

    /// <summary>Whether a credential is a token, and there are issuers of tokens.</summary>
    public bool IsFor(string? credential) => issuers.Any && JwtToken.LooksLike(credential);

    /// <returns>The error, or null when <paramref name="key"/> is the caller's.</returns>
    public GatewayError? Authenticate(string text, EdgeSnapshot snapshot, DateTimeOffset now, out VirtualKey? key)
    {
        key = null;
        if (text.Length > JwtToken.MaxLength)
        {
            return JwtErrors.TooLong;
        }

        var digest = DigestOf(text);
        if (_cache.Find(in digest) is { } known && known.Until > now && known.Generation == snapshot.Generation
            && ReferenceEquals(known.Keys, known.Issuer.Keys) && issuers.IsCurrent(known.Issuer))
        {
            key = known.Key;
            return null;
        }

        using var token = JwtToken.TryRead(text);
        if (token is null)
        {
            return JwtErrors.Malformed;
        }

        if (Check(token, now, out var issuer, out var keys, out var expires) is { } wrong)
        {
            return wrong;
        }

        if (JwtCaller.Read(issuer!.Config, token.Claims, out var config) is { } refused)
        {
            return refused;
        }

        key = snapshot.Keys.Make(config!);
        _cache.Add(in digest, new CheckedToken(key, issuer, keys!, snapshot.Generation, expires < now + Longest ? expires : now + Longest));
        return null;
    }

    /// <summary>What is cheap comes first: a forged token must not buy a signature check with a claim that could be seen to be wrong.</summary>
    /// <param name="expires">First instant at which the token is refused.</param>
    private GatewayError? Check(JwtToken token, DateTimeOffset now, out JwtIssuer? issuer, out JwtKeySet? keys, out DateTimeOffset expires)
    {
        (issuer, keys, expires) = (null, null, default);
        if (!token.HasType)
        {
            return JwtErrors.Type;
        }

        if (token.HasCritical)
        {
            return JwtErrors.Critical;
        }

        if (token.Algorithm is not { } algorithm || !JwtKeySet.IsKnown(algorithm))
        {
            return JwtErrors.Algorithm;
        }

        if (!token.Claims.TryGetProperty("iss", out var name) || name.ValueKind != JsonValueKind.String || issuers.Find(name.GetString()!) is not { } known)
        {
            return JwtErrors.Issuer;
        }

        if (!IsFor(token.Claims, known.Config.Audiences))
        {
            return JwtErrors.Audience;
        }

        if (CheckTimes(token, now, out expires) is { } wrongTime)
        {
            return wrongTime;
        }

        if (algorithm == JwtKeySet.SharedSecret && known.Config.JwksUrl is not null)
        {
            return JwtErrors.Algorithm;
        }

        issuer = known;
        keys = known.Keys;
        return keys is null ? JwtErrors.KeysAway : CheckSignature(token, algorithm, known, keys);
    }

    private static GatewayError? CheckTimes(JwtToken token, DateTimeOffset now, out DateTimeOffset expires)
    {
        expires = default;
        if (!token.TryGetTime("exp", out var end) || end is not { } last)
        {
            return JwtErrors.NoExpiry;
        }

        if (!token.TryGetTime("nbf", out var begin))
        {
            return JwtErrors.Claim("nbf", "is no time");
        }

        expires = last + Skew;
        return expires <= now ? JwtErrors.Expired : begin - Skew > now ? JwtErrors.NotYet : null;
    }

    private static bool IsFor(JsonElement claims, IReadOnlyList<string> audiences)
    {
        if (!claims.TryGetProperty("aud", out var audience))
        {
            return false;
        }

        if (audience.ValueKind != JsonValueKind.Array)
        {
            return IsOne(audience, audiences);
        }

        foreach (var one in audience.EnumerateArray())
        {
            if (IsOne(one, audiences))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsOne(JsonElement audience, IReadOnlyList<string> audiences) =>
        audience.ValueKind == JsonValueKind.String && audiences.Contains(audience.GetString(), StringComparer.Ordinal);

    private static GatewayError? CheckSignature(JwtToken token, string algorithm, JwtIssuer issuer, JwtKeySet keys)
    {
        var id = token.KeyId;
        var (isNamed, takesAlgorithm) = (false, false);
        foreach (var key in keys.Keys)
        {
            // A key without an id may be the one that is named: keys of the document have none.
            if (id is not null && key.Id is not null && !string.Equals(id, key.Id, StringComparison.Ordinal))
            {
                continue;
            }

            isNamed |= id is not null && key.Id is not null;
            if (!key.Takes(algorithm))
            {
                continue;
            }

            takesAlgorithm = true;
            if (key.Verifies(algorithm, token.Signed, token.Signature))
            {
                return null;
            }
        }

        // The key that is named is here, and it is not what signed; or the issuer has surely no other.
        if (isNamed || issuer.IsAbsent(id))
        {
            return takesAlgorithm ? JwtErrors.Signature : isNamed || issuer.Config.JwksUrl is null ? JwtErrors.Algorithm : JwtErrors.UnknownKey;
        }

        return JwtErrors.KeysAway;
    }

    private static SecretDigest DigestOf(string text)
    {
        SecretDigest digest = default;
        SHA256.HashData(MemoryMarshal.AsBytes(text.AsSpan()), MemoryMarshal.AsBytes(new Span<SecretDigest>(ref digest)));
        return digest;
    }
}
