using Gateway.Core.Capture;

namespace Gateway.Usage.Content;

/// <summary>The captured content of one request.</summary>
/// <param name="Payload">One JSON object, as the Router wrote it.</param>
internal readonly record struct ContentEntry(ContentHead Head, ReadOnlyMemory<byte> Payload);

/// <summary>Where captured content lies: by day, apart from the ledger, and only as long as it is to be kept. Thread-safe.</summary>
internal interface IContentStore
{
    /// <summary>Keeps contents; one that is there already is kept once.</summary>
    /// <exception cref="IOException">There is no room, or the disk or the database failed.</exception>
    Task AddAsync(IReadOnlyList<ContentEntry> entries, CancellationToken cancellationToken);

    /// <returns>Null when there is none, or none that can be read.</returns>
    /// <exception cref="IOException">The disk or the database failed.</exception>
    Task<ContentEntry?> FindAsync(Guid requestId, CancellationToken cancellationToken);

    /// <summary>Deletes whole days (UTC).</summary>
    /// <param name="first">The first day that stays.</param>
    /// <param name="cancellationToken">Leaves the rest to the next time.</param>
    /// <returns>Days that were deleted.</returns>
    Task<int> RemoveBeforeAsync(DateOnly first, CancellationToken cancellationToken);
}
