using System.Collections.Frozen;
using Gateway.Core.Configuration;
using Gateway.Core.Errors;
using Gateway.Edge.VirtualKeys.Runtime;

namespace Gateway.Edge.VirtualKeys;

/// <summary>The virtual keys of one configuration, and beside them those made at run time, found by the digest of their secret.</summary>
internal sealed class VirtualKeySnapshot
{
    private readonly GatewayConfig _config;
    private readonly SecretDigests _digests;
    private readonly RuntimeKeys _runtime;
    private readonly FrozenDictionary<SecretDigest, Entry> _keys;
    private readonly FrozenDictionary<string, VirtualKey> _byId;
    private readonly bool _hasPublicModels;

    // Compared where there is no such key, so that known and unknown take the same steps.
    private readonly Entry _nobody;

    /// <exception cref="KeyConfigurationException">The document has digests of secrets, and there is no pepper to compare with.</exception>
    public VirtualKeySnapshot(ConfigSnapshot source, SecretDigests digests, RuntimeKeys runtime)
    {
        Generation = source.Generation;
        _config = source.Config;
        _digests = digests;
        _runtime = runtime;
        _nobody = new Entry(digests.Of(Guid.NewGuid().ToString()), null);
        _hasPublicModels = _config.Models.Values.Any(static group => group.Access == AccessLevel.Public);
        _byId = _config.Keys.ToFrozenDictionary(static key => key.Id, Make, StringComparer.Ordinal);
        _keys = BySecret();
    }

    /// <summary>Of the configuration.</summary>
    public long Generation { get; }

    /// <summary>Names of the document's keys.</summary>
    public IReadOnlyList<string> OwnIds => _byId.Keys;

    /// <summary>Names of all keys. For operators: no client is told them.</summary>
    public IEnumerable<string> Ids => _byId.Keys.Concat(_runtime.All.Select(static key => key.Id));

    /// <summary>Whether a caller without a key may use anything.</summary>
    public bool HasPublicModels => _hasPublicModels;

    /// <summary>Whether the document has a key of this name. It goes before one made at run time.</summary>
    public bool HasOwn(string id) => _byId.ContainsKey(id);

    /// <summary>The key of a name. For operators; not for the path of a request.</summary>
    public VirtualKey? Find(string id) => _byId.TryGetValue(id, out var key) ? key : _runtime.Find(id)?.For(this);

    /// <summary>A key as requests read it under this document.</summary>
    public VirtualKey Make(VirtualKeyConfig key) => new(key, _config);

    /// <returns>The error, or null when <paramref name="key"/> is the caller's.</returns>
    public GatewayError? Authenticate(string? secret, DateTimeOffset now, out VirtualKey? key)
    {
        key = null;
        if (string.IsNullOrEmpty(secret))
        {
            return KeyErrors.Missing;
        }

        if (secret.Length > SecretDigests.MaxSecretLength)
        {
            return KeyErrors.Invalid;
        }

        var digest = _digests.Of(secret);
        var found = _keys.TryGetValue(digest, out var entry) ? entry : _nobody;
        if (found.Digest.FixedTimeEquals(digest))
        {
            key = found.Key;
        }
        else if (_runtime.Authenticate(in digest, secret, this, now, out key) is { } refused)
        {
            return refused;
        }

        if (key is null)
        {
            return KeyErrors.Invalid;
        }

        if (key.Expires <= now)
        {
            key = null;
            return KeyErrors.Expired;
        }

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

    private FrozenDictionary<SecretDigest, Entry> BySecret()
    {
        var keys = new Dictionary<SecretDigest, Entry>();
        foreach (var key in _config.Keys)
        {
            // The rules of the document compare secrets with secrets and hashes with hashes; only here it shows that one is of the other.
            var digest = DigestOf(key);
            if (!keys.TryAdd(digest, new Entry(digest, key.Disabled ? null : _byId[key.Id])))
            {
                throw new KeyConfigurationException($"The key '{key.Id}' has a hash that is of the secret of another key. Give each key a secret of its own.");
            }
        }

        return keys.ToFrozenDictionary();
    }

    private SecretDigest DigestOf(VirtualKeyConfig key)
    {
        if (key.Hash is null)
        {
            return _digests.Of(key.Secret);
        }

        if (!_digests.Pepper.IsGiven)
        {
            throw new KeyConfigurationException($"The key '{key.Id}' has a hash, which can be checked only with the pepper that it was made under. Set {KeyPepper.Variable}, or give the key a secret.");
        }

        return SecretDigest.TryParse(key.Hash, out var digest) ? digest : throw new KeyConfigurationException($"The hash of the key '{key.Id}' is not {SecretDigest.HexLength} hexadecimal digits.");
    }

    private sealed record Entry(SecretDigest Digest, VirtualKey? Key);
}
