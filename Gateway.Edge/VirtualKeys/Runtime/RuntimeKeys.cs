using System.Collections.Concurrent;
using Gateway.Core.Errors;
using Gateway.Edge.VirtualKeys.Store;

namespace Gateway.Edge.VirtualKeys.Runtime;

/// <summary>
/// The keys made at run time, as this Edge knows them. Requests look up without locks and never ask the store; changes, ours and those of other Edges, are taken in one after the other.
/// Thread-safe.
/// </summary>
internal sealed class RuntimeKeys(KeyPepper pepper, TimeProvider time, ILogger<RuntimeKeys> logger, IKeyStore? store) : IDisposable
{
    /// <summary>After this long without an answer all is asked anew; also every so often without a reason, since a store that was restored may not show it.</summary>
    private static readonly TimeSpan AllAfter = TimeSpan.FromMinutes(15);

    /// <summary>Whether a key is unknown can be said for this long after the store was asked. It is asked each second; one that hangs says nothing, not even an error.</summary>
    private static readonly TimeSpan GoodFor = TimeSpan.FromSeconds(5);

    private static readonly GatewayError StoreAway = new(
        GatewayErrorKind.KeyStoreUnavailable, "The API key cannot be checked at the moment, because the gateway's store of keys does not answer. The key may be good: try again.", RetryAfter: TimeSpan.FromSeconds(1));

    private readonly ConcurrentDictionary<SecretDigest, KnownSecret> _bySecret = new();
    private readonly ConcurrentDictionary<string, RuntimeKey> _byId = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly bool _mayHaveKeys = store is { MayHaveKeys: true };

    // Of keys that this Edge cannot check, by id. Usually none.
    private readonly ConcurrentDictionary<string, long> _unusable = new(StringComparer.Ordinal);

    // Written in turn.
    private long _revision;
    private long _allAt = long.MinValue;
    private bool _wasTold;
    private volatile bool _answers;
    private long _askedAt;

    /// <summary>Whether keys can be made here: there is a store, and a pepper that outlives this process.</summary>
    public bool IsOn => store is not null && pepper.IsGiven;

    /// <summary>Whether an unknown key is truly unknown: the store was asked a moment ago, and answered.</summary>
    public bool IsCurrent => IsOn ? _answers && time.GetElapsedTime(Volatile.Read(ref _askedAt)) < GoodFor : !_mayHaveKeys;

    /// <summary>How far the store's changes are taken in.</summary>
    public long Revision => Volatile.Read(ref _revision);

    public int Count => _byId.Count;

    /// <summary>All keys. For operators.</summary>
    public IEnumerable<RuntimeKey> All => _byId.Values;

    /// <summary>The key of an id. For operators.</summary>
    public RuntimeKey? Find(string id) => _byId.GetValueOrDefault(id);

    /// <summary>The key of a secret. Allocates nothing for one that is not known: anybody can make up any number of them.</summary>
    /// <param name="digest">Of the secret.</param>
    /// <param name="secret">As the client sent it.</param>
    /// <param name="document">In force.</param>
    /// <returns>The error, or null when <paramref name="key"/> is the caller's.</returns>
    public GatewayError? Authenticate(in SecretDigest digest, ReadOnlySpan<char> secret, VirtualKeySnapshot document, DateTimeOffset now, out VirtualKey? key)
    {
        key = null;
        if (!KeySecret.TryParse(secret, out var id))
        {
            return KeyErrors.Invalid;
        }

        // Who does not know the pepper cannot choose what the dictionary compares, so its time tells nothing.
        if (!_bySecret.TryGetValue(digest, out var known))
        {
            return !IsCurrent || IsUnusable(id) ? StoreAway : KeyErrors.Invalid;
        }

        if (known.Until <= now)
        {
            return KeyErrors.Expired;
        }

        if (known.Key.Config is null)
        {
            return StoreAway;
        }

        if (known.Key.For(document) is not { } usable || known.Key.Config.Disabled)
        {
            return KeyErrors.Invalid;
        }

        key = usable;
        return null;
    }

    /// <summary>Takes in what has changed in the store.</summary>
    /// <returns>False when it did not answer: what is known goes on.</returns>
    public async ValueTask<bool> RefreshAsync(CancellationToken cancellationToken)
    {
        if (!IsOn)
        {
            return false;
        }

        await _turn.WaitAsync(cancellationToken);
        try
        {
            return await RefreshInTurnAsync(cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Changes the store, and at once what this Edge knows. In turn with <see cref="RefreshAsync"/>, so that nothing older comes after it.</summary>
    /// <param name="change">Returns what the store now has; null for nothing changed.</param>
    /// <exception cref="KeyStoreException">The store does not answer.</exception>
    public async ValueTask<StoredKey?> ChangeAsync<TState>(Func<IKeyStore, TState, CancellationToken, ValueTask<StoredKey?>> change, TState state, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var stored = await change(store!, state, cancellationToken);
            if (stored is not null)
            {
                Apply(stored);
            }

            return stored;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private async ValueTask<bool> RefreshInTurnAsync(CancellationToken cancellationToken)
    {
        try
        {
            var asked = time.GetTimestamp();
            var mustAskAll = _allAt == long.MinValue || time.GetElapsedTime(_allAt, asked) >= AllAfter;
            var changes = await store!.ReadAsync(mustAskAll ? 0 : _revision, cancellationToken);
            if (changes.IsAll)
            {
                _allAt = asked;
                Forget(changes.Keys);
            }

            foreach (var key in changes.Keys)
            {
                Apply(key);
            }

            Volatile.Write(ref _revision, changes.Revision);
            Volatile.Write(ref _askedAt, asked);
            if (!_answers)
            {
                logger.KeyStoreRead(store.Name, _byId.Count);
            }

            (_answers, _wasTold) = (true, false);
            return true;
        }
        catch (KeyStoreException exception)
        {
            _answers = false;
            if (!_wasTold)
            {
                _wasTold = true;
                logger.KeyStoreLost(store!.Name, exception.Message);
            }

            return false;
        }
    }

    /// <summary>Drops what is not among all keys, or is newer than there: the store was restored.</summary>
    private void Forget(IReadOnlyList<StoredKey> all)
    {
        var versions = all.ToDictionary(static key => key.Id, static key => key.Version, StringComparer.Ordinal);
        foreach (var (id, key) in _byId)
        {
            if (!versions.TryGetValue(id, out var version) || version < key.Stored.Version)
            {
                Remove(id);
            }
        }
    }

    private void Apply(StoredKey stored)
    {
        var before = _byId.GetValueOrDefault(stored.Id);
        if (before?.Stored.Version >= stored.Version)
        {
            return;
        }

        if (stored.IsDeleted)
        {
            Remove(stored.Id);
            return;
        }

        var key = new RuntimeKey(stored);
        var isUsable = key.Config is not null;
        _byId[stored.Id] = key;
        List<SecretDigest> kept = [];
        foreach (var secret in stored.Secrets)
        {
            if (string.Equals(secret.Pepper, pepper.Id, StringComparison.Ordinal) && SecretDigest.TryParse(secret.Digest, out var digest))
            {
                kept.Add(digest);
                _bySecret[digest] = new KnownSecret(key, secret.Until);
            }
            else
            {
                isUsable = false;
            }
        }

        // The new ones are there before the old ones go: a key that is changed is known at every moment.
        foreach (var digest in DigestsOf(before).Except(kept))
        {
            _bySecret.TryRemove(digest, out _);
        }

        if (isUsable)
        {
            _unusable.TryRemove(stored.Id, out _);
        }
        else if (_unusable.TryAdd(stored.Id, stored.Version))
        {
            logger.KeyUnusable(stored.Id);
        }
    }

    private void Remove(string id)
    {
        _unusable.TryRemove(id, out _);
        if (_byId.TryRemove(id, out var key))
        {
            foreach (var digest in DigestsOf(key))
            {
                _bySecret.TryRemove(digest, out _);
            }
        }
    }

    private bool IsUnusable(ReadOnlySpan<char> id) => !_unusable.IsEmpty && _unusable.GetAlternateLookup<ReadOnlySpan<char>>().ContainsKey(id);

    private static IEnumerable<SecretDigest> DigestsOf(RuntimeKey? key)
    {
        foreach (var secret in key?.Stored.Secrets ?? [])
        {
            if (SecretDigest.TryParse(secret.Digest, out var digest))
            {
                yield return digest;
            }
        }
    }

    /// <param name="Until">First instant at which it is no longer good; null for never.</param>
    private sealed record KnownSecret(RuntimeKey Key, DateTimeOffset? Until);
}
