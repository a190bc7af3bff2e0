namespace Gateway.Edge.VirtualKeys.Store;

/// <summary>A key made at run time, as the store keeps it. Immutable.</summary>
internal sealed record StoredKey
{
    public required string Id { get; init; }

    /// <summary>Number of the change that made it what it is, over all keys of the store: 1 for the first. The store gives it.</summary>
    public long Version { get; init; }

    /// <summary>Nothing but its id is left. It is kept for a day, so that every Edge hears of it.</summary>
    public bool IsDeleted { get; init; }

    public DateTimeOffset Created { get; init; }

    /// <summary>When <see cref="Version"/> was made.</summary>
    public DateTimeOffset Updated { get; init; }

    /// <summary>The newest first; at most two.</summary>
    public IReadOnlyList<StoredSecret> Secrets { get; init; } = [];

    /// <summary>Members of the key as JSON, without id and secret; null for a deleted one.</summary>
    public string? Document { get; init; }
}

/// <summary>What is kept of a secret.</summary>
/// <param name="Digest">In hexadecimal.</param>
/// <param name="Pepper">Id of the pepper that it was made under.</param>
/// <param name="Until">First instant at which it is no longer good; null for the key's newest.</param>
internal sealed record StoredSecret(string Digest, string Pepper, DateTimeOffset Created, DateTimeOffset? Until)
{
    public override string ToString() => "***";
}

/// <summary>What a store says has changed.</summary>
/// <param name="Revision">Ask for changes since this one next time.</param>
/// <param name="IsAll">These are all keys that there are. Otherwise only the changed ones, deleted ones included.</param>
internal sealed record KeyChanges(long Revision, bool IsAll, IReadOnlyList<StoredKey> Keys);
