using Gateway.Core.Configuration;

namespace Gateway.Edge.Jwt;

/// <summary>An issuer, its keys as they are known, and when they are to be fetched. Thread-safe: one short lock, taken only for keys that are not known.</summary>
internal sealed class JwtIssuer
{
    /// <summary>How often the keys are fetched without a reason.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromMinutes(10);

    /// <summary>Least time between two fetches, whatever tokens say.</summary>
    public static readonly TimeSpan Least = TimeSpan.FromSeconds(30);

    /// <summary>The same while there are no keys at all: the issuer may only just have started.</summary>
    public static readonly TimeSpan LeastAtFirst = TimeSpan.FromSeconds(5);

    /// <summary>Ids of keys in tokens are anybody's words: so many are remembered.</summary>
    private const int MaxIds = 64;

    /// <summary>Stands for tokens that name no key.</summary>
    private const string NoId = "";

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);
    private HashSet<string> _absent = new(StringComparer.Ordinal);
    private HashSet<string> _fetching = new(StringComparer.Ordinal);
    private volatile JwtKeySet? _keys;
    private long _begun = long.MinValue;
    private bool _failed;

    public JwtIssuer(JwtIssuerConfig config, TimeProvider time)
    {
        (Config, _time) = (config, time);
        _keys = config.JwksUrl is null ? JwtKeySet.OfDocument(config.Keys) : null;
    }

    public JwtIssuerConfig Config { get; }

    /// <summary>Null while they were never fetched.</summary>
    public JwtKeySet? Keys => _keys;

    /// <summary>Whether a key that is not among the keys is surely none of the issuer's: they were fetched since somebody asked for it.</summary>
    /// <param name="id">As the token has it; null for a token that names no key, and that none of the keys made.</param>
    /// <remarks>If it is not sure, the keys are fetched as soon as they may be.</remarks>
    public bool IsAbsent(string? id)
    {
        if (Config.JwksUrl is null)
        {
            return true;
        }

        lock (_lock)
        {
            // What was said of a key holds until the issuer may be asked again: it may publish it any time.
            if (_absent.Contains(id ?? NoId) && _time.GetElapsedTime(_begun) < Least)
            {
                return true;
            }

            if (_asked.Count < MaxIds && (id is null || id.Length <= JwtToken.MaxKeyId))
            {
                _asked.Add(id ?? NoId);
            }

            return false;
        }
    }

    /// <summary>Begins a fetch if it is time.</summary>
    /// <returns>Whether the caller must fetch, and then say <see cref="Fetched"/> or <see cref="Failed"/>.</returns>
    public bool TryBegin()
    {
        if (Config.JwksUrl is null)
        {
            return false;
        }

        lock (_lock)
        {
            var age = _begun == long.MinValue ? TimeSpan.MaxValue : _time.GetElapsedTime(_begun);
            if (age < (_keys is null ? LeastAtFirst : Least) || (age < Every && _asked.Count == 0 && !_failed))
            {
                return false;
            }

            _begun = _time.GetTimestamp();
            _fetching = new HashSet<string>(_asked, StringComparer.Ordinal);
            _asked.Clear();
            return true;
        }
    }

    /// <returns>Whether the keys are others than before.</returns>
    public bool Fetched(JwtKeySet keys)
    {
        lock (_lock)
        {
            _failed = false;
            _fetching.ExceptWith(keys.Keys.Select(static key => key.Id).OfType<string>());
            _absent = _fetching;
            if (string.Equals(_keys?.Digest, keys.Digest, StringComparison.Ordinal))
            {
                return false;
            }

            _keys = keys;
            return true;
        }
    }

    /// <summary>The last good keys stay.</summary>
    /// <returns>Whether the fetch before was good: what is said once is said now.</returns>
    public bool Failed()
    {
        lock (_lock)
        {
            var was = _failed;
            _failed = true;
            return !was;
        }
    }
}
