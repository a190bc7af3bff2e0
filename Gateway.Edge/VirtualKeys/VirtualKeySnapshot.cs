using System.Collections.Frozen;
using Gateway.Core.Configuration;
using Gateway.Core.Errors;

namespace Gateway.Edge.VirtualKeys;

/// <summary>All virtual keys of one configuration, found by the digest of their secret.</summary>
internal sealed class VirtualKeySnapshot
{
    private readonly SecretDigests _digests;
    private readonly FrozenDictionary<SecretDigest, Entry> _keys;
    private readonly bool _hasPublicModels;

    // Compared where there is no such key, so that known and unknown take the same steps.
    private readonly Entry _nobody;

    public VirtualKeySnapshot(GatewayConfig config, SecretDigests digests)
    {
        _digests = digests;
        _nobody = new Entry(digests.Of(Guid.NewGuid().ToString()), null);
        _hasPublicModels = config.Models.Values.Any(static group => group.Access == AccessLevel.Public);
        _keys = config.Keys.Select(key => new Entry(digests.Of(key.Secret), new VirtualKey(key, config)))
            .ToFrozenDictionary(static entry => entry.Digest);
    }

    /// <summary>Names of all keys. For operators: no client is told them.</summary>
    public IEnumerable<string> Ids => _keys.Values.Select(static entry => entry.Key!.Id);

    /// <summary>Whether a caller without a key may use anything.</summary>
    public bool HasPublicModels => _hasPublicModels;

    /// <summary>The key of a name. For operators; not for the path of a request.</summary>
    public VirtualKey? Find(string id) => _keys.Values.Select(static entry => entry.Key!).FirstOrDefault(key => string.Equals(key.Id, id, StringComparison.Ordinal));

    /// <returns>The error, or null when <paramref name="key"/> is the caller's.</returns>
    public GatewayError? Authenticate(string? secret, DateTimeOffset now, out VirtualKey? key)
    {
        key = null;
        if (string.IsNullOrEmpty(secret))
        {
            return KeyErrors.Missing;
        }

        var digest = _digests.Of(secret);
        var found = _keys.TryGetValue(digest, out var entry) ? entry : _nobody;
        var equal = found.Digest.FixedTimeEquals(digest);
        if (!equal || found.Key is null || secret.Length > SecretDigests.MaxSecretLength)
        {
            return KeyErrors.Invalid;
        }

        if (found.Key.Expires <= now)
        {
            return KeyErrors.Expired;
        }

        key = found.Key;
        return null;
    }

    /// <summary>As <see cref="Authenticate"/>, but while there are public models a caller may come without a key. A wrong key is still wrong.</summary>
    public GatewayError? AuthenticateOrNobody(string? secret, DateTimeOffset now, out VirtualKey? key)
    {
        if (string.IsNullOrEmpty(secret) && _hasPublicModels)
        {
            key = VirtualKey.Nobody;
            return null;
        }

        return Authenticate(secret, now, out key);
    }

    private sealed record Entry(SecretDigest Digest, VirtualKey? Key);
}
