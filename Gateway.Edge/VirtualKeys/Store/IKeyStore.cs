namespace Gateway.Edge.VirtualKeys.Store;

/// <summary>Where keys made at run time are kept. Shared by Edges, who may all change it at the same time. Thread-safe.</summary>
internal interface IKeyStore
{
    /// <summary>How long a deleted key is remembered: who has not asked for longer asks for all.</summary>
    static readonly TimeSpan DeletedFor = TimeSpan.FromDays(1);

    /// <summary>For logs and probes.</summary>
    string Name { get; }

    /// <summary>Whether this process has it configured or has found something in it, so that keys may be there.</summary>
    bool MayHaveKeys { get; }

    /// <summary>What has changed after a revision; all for 0, and when the store is older than the revision (it was restored).</summary>
    /// <exception cref="KeyStoreException">It cannot be read.</exception>
    ValueTask<KeyChanges> ReadAsync(long since, CancellationToken cancellationToken);

    /// <summary>Makes or changes a key.</summary>
    /// <param name="key">Its version does not matter.</param>
    /// <param name="expectedVersion">0: there must be none of this id (or a deleted one). Otherwise it must still have this version.</param>
    /// <returns>As it is now stored, durably; null when the version is another one.</returns>
    /// <exception cref="KeyStoreException">It is not known whether it was stored.</exception>
    ValueTask<StoredKey?> PutAsync(StoredKey key, long expectedVersion, CancellationToken cancellationToken);

    /// <summary>Deletes a key.</summary>
    /// <returns>What is left of it; null when the version is another one.</returns>
    /// <exception cref="KeyStoreException">It is not known whether it was deleted.</exception>
    ValueTask<StoredKey?> DeleteAsync(string id, long expectedVersion, CancellationToken cancellationToken);
}

/// <summary>The store of keys does not answer, or what it holds cannot be read.</summary>
internal sealed class KeyStoreException(string message, Exception? inner = null) : Exception(message, inner);
