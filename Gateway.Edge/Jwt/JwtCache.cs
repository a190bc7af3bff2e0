using System.Collections.Concurrent;
using Gateway.Edge.VirtualKeys;

namespace Gateway.Edge.Jwt;

/// <summary>What a token that was checked stands for.</summary>
/// <param name="Keys">Of the issuer when it was checked; with others it is checked anew.</param>
/// <param name="Generation">Of the configuration when it was checked; with another it is checked anew.</param>
/// <param name="Until">First instant at which it is checked anew.</param>
internal sealed record CheckedToken(VirtualKey Key, JwtIssuer Issuer, JwtKeySet Keys, long Generation, DateTimeOffset Until);

/// <summary>
/// Tokens that were checked, by their digest. At most 16,384, in two generations: when the young one is full, the old one goes, except for what was used since. Thread-safe; reading takes
/// no lock.
/// </summary>
internal sealed class JwtCache
{
    public const int MaxTokens = 16 * 1024;

    private readonly Lock _lock = new();
    private volatile ConcurrentDictionary<SecretDigest, CheckedToken> _young = new();
    private volatile ConcurrentDictionary<SecretDigest, CheckedToken> _old = new();
    private int _count;

    public int Count => _young.Count + _old.Count;

    public CheckedToken? Find(in SecretDigest digest)
    {
        if (_young.TryGetValue(digest, out var known))
        {
            return known;
        }

        if (_old.TryGetValue(digest, out known))
        {
            Add(digest, known);
        }

        return known;
    }

    public void Add(in SecretDigest digest, CheckedToken token)
    {
        lock (_lock)
        {
            if (_count >= MaxTokens / 2)
            {
                (_old, _young, _count) = (_young, new(), 0);
            }

            if (_young.TryAdd(digest, token))
            {
                _count++;
            }
            else
            {
                _young[digest] = token;
            }
        }
    }
}
