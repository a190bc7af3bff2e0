using System.Buffers;
using Gateway.Core.Journal;
using Gateway.Edge.Storage;

namespace Gateway.Edge.VirtualKeys.Store;

/// <summary>
/// Keys in one file, which several Edges of one machine may share. A change writes the whole of it anew beside the old one and then takes its place, so that a reader, and whoever comes after a
/// crash, sees the one or the other. Thread-safe: changes hold a lock file, reading needs none.
/// </summary>
/// <param name="folder">Made at the first change, for its owner alone.</param>
/// <param name="disk">Makes the change durable.</param>
internal sealed class FileKeyStore(string folder, TimeProvider time, JournalDisk disk) : IKeyStore
{
    public const string FileName = "keys.json";
    public const string LockName = "keys.lock";

    /// <summary>A change that was not finished. The next one writes over it.</summary>
    public const string TemporaryName = "keys.json.tmp";

    private readonly SharedFolder _folder = new(folder, LockName, TemporaryName, time, disk);
    private readonly string _file = Path.Combine(folder, FileName);

    public string Name => "file";

    public bool MayHaveKeys => File.Exists(_file);

    public async ValueTask<KeyChanges> ReadAsync(long since, CancellationToken cancellationToken)
    {
        try
        {
            if (since > 0 && ReadRevision() == since)
            {
                return new KeyChanges(since, false, []);
            }

            var (revision, keys) = await LoadAsync(cancellationToken);
            return since == 0 || revision < since
                ? new KeyChanges(revision, true, [.. keys.Where(static key => !key.IsDeleted)])
                : new KeyChanges(revision, false, [.. keys.Where(key => key.Version > since)]);
        }
        catch (Exception exception) when (IsAbsence(exception))
        {
            // Never empty once it was there: rather the keys that are known than none.
            return since == 0 ? new KeyChanges(0, true, []) : throw new KeyStoreException("The file of keys is gone.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unusable(exception);
        }
    }

    public ValueTask<StoredKey?> PutAsync(StoredKey key, long expectedVersion, CancellationToken cancellationToken) => ChangeAsync(key, expectedVersion, cancellationToken);

    public ValueTask<StoredKey?> DeleteAsync(string id, long expectedVersion, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        return ChangeAsync(new StoredKey { Id = id, IsDeleted = true, Created = now, Updated = now }, expectedVersion, cancellationToken);
    }

    private async ValueTask<StoredKey?> ChangeAsync(StoredKey key, long expectedVersion, CancellationToken cancellationToken)
    {
        try
        {
            await using var held = await _folder.LockAsync(cancellationToken);
            var (revision, keys) = await LoadOrNothingAsync(cancellationToken);
            var at = keys.FindIndex(other => string.Equals(other.Id, key.Id, StringComparison.Ordinal));
            if ((at < 0 || keys[at].IsDeleted ? 0 : keys[at].Version) != expectedVersion)
            {
                return null;
            }

            if (at >= 0)
            {
                keys.RemoveAt(at);
            }

            var stored = key with { Version = revision + 1 };
            var forgotten = time.GetUtcNow() - IKeyStore.DeletedFor;
            keys.RemoveAll(other => other.IsDeleted && other.Updated < forgotten);
            keys.Add(stored);

            // From here on nobody may stop half-way for a client that is gone.
            Replace(stored.Version, keys);
            return stored;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unusable(exception);
        }
    }

    private void Replace(long revision, List<StoredKey> keys)
    {
        var output = new ArrayBufferWriter<byte>();
        KeyFile.Write(output, revision, keys);
        _folder.Put(FileName, output.WrittenSpan);
    }

    private long ReadRevision()
    {
        Span<byte> head = stackalloc byte[KeyFile.HeadBytes];
        using var file = File.OpenHandle(_file, share: FileShare.ReadWrite | FileShare.Delete);
        return KeyFile.ReadRevision(head[..RandomAccess.Read(file, head, 0)]);
    }

    private async Task<(long Revision, List<StoredKey> Keys)> LoadAsync(CancellationToken cancellationToken)
    {
        await using var file = new FileStream(_file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[file.Length];
        await file.ReadExactlyAsync(bytes, cancellationToken);
        return KeyFile.Read(bytes);
    }

    private async Task<(long Revision, List<StoredKey> Keys)> LoadOrNothingAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await LoadAsync(cancellationToken);
        }
        catch (Exception exception) when (IsAbsence(exception))
        {
            return (0, []);
        }
    }

    // Asked of the attempt itself: "does it exist" is also no for what may not be looked at.
    private static bool IsAbsence(Exception exception) => exception is FileNotFoundException or DirectoryNotFoundException;

    private static KeyStoreException Unusable(Exception inner) => new($"The file of keys cannot be used ({inner.GetType().Name}). Check the folder 'edge' in GATEWAY_DATA, its permissions and the room on its disk.", inner);
}
