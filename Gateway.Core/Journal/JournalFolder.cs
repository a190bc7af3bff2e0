using System.Globalization;

namespace Gateway.Core.Journal;

/// <summary>
/// The folder of one process's journal, held by an exclusive lock until it is disposed or the process dies. Replicas on one
/// machine get <c>0</c>, <c>1</c>, ... below their root; a restarted process takes the first that is free, and with it what
/// its predecessor left to be shipped.
/// </summary>
public sealed class JournalFolder : IDisposable
{
    private const int MaxReplicas = 256;
    private const string LockName = "lock";
    private const string ProducerName = "producer";
    private const string EpochName = "epoch";

    private readonly FileStream _lock;

    private JournalFolder(string path, FileStream fileLock, JournalDisk disk, TimeProvider time)
    {
        Path = path;
        _lock = fileLock;
        Producer = ReadProducer(disk);
        Epoch = NextEpoch(disk, time);
    }

    public string Path { get; }

    /// <summary>Made with the folder; names the journal for ever.</summary>
    public Guid Producer { get; }

    /// <summary>This start's number; greater than that of every earlier start, also when the folder came back from a backup.</summary>
    public uint Epoch { get; }

    /// <summary>Takes the first free folder below <paramref name="root"/>.</summary>
    /// <exception cref="JournalConfigurationException">The root cannot be written, or all are taken.</exception>
    public static JournalFolder ClaimReplica(string root, TimeProvider time, JournalDisk? disk = null)
    {
        for (var replica = 0; replica < MaxReplicas; replica++)
        {
            if (TryClaim(System.IO.Path.Combine(root, replica.ToString(CultureInfo.InvariantCulture)), time, disk ?? JournalDisk.Real) is { } folder)
            {
                return folder;
            }
        }

        throw new JournalConfigurationException($"All {MaxReplicas} journal folders below '{root}' are in use by other processes.");
    }

    /// <summary>Takes exactly this folder.</summary>
    /// <returns>Null when another process holds it.</returns>
    /// <exception cref="JournalConfigurationException">It cannot be written.</exception>
    public static JournalFolder? TryClaim(string path, TimeProvider time, JournalDisk? disk = null)
    {
        disk ??= JournalDisk.Real;
        try
        {
            Directory.CreateDirectory(path);
            FileStream fileLock;
            try
            {
                fileLock = new FileStream(System.IO.Path.Combine(path, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException exception) when (IsHeldByAnother(exception))
            {
                return null;
            }

            try
            {
                return new JournalFolder(path, fileLock, disk, time);
            }
            catch
            {
                fileLock.Dispose();
                throw;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new JournalConfigurationException($"The data folder '{path}' cannot be used: {exception.Message} Check GATEWAY_DATA, its permissions and the room on its disk.", exception);
        }
    }

    /// <summary>When records were last written into a folder that is not held; null when it has none. Opening a journal does not count: that alone makes a new segment.</summary>
    /// <exception cref="IOException">It cannot be read, or is gone.</exception>
    public static DateTime? LastRecordWritten(string path)
    {
        DateTime? newest = null;
        foreach (var ordinal in SegmentFiles.List(path))
        {
            var segment = new FileInfo(SegmentFiles.Path(path, ordinal));
            if (segment.Exists && segment.Length > SegmentFormat.HeaderBytes && (newest is null || segment.LastWriteTimeUtc > newest))
            {
                newest = segment.LastWriteTimeUtc;
            }
        }

        return newest;
    }

    public void Dispose() => _lock.Dispose();

    private Guid ReadProducer(JournalDisk disk)
    {
        if (StateFile.Read(Path, ProducerName) is [var first, var second])
        {
            Span<byte> id = stackalloc byte[16];
            BitConverter.TryWriteBytes(id, first);
            BitConverter.TryWriteBytes(id[8..], second);
            return new Guid(id);
        }

        // A lost or damaged identity stands in the records too, and the ledger takes them only under that name; the epoch keeps what
        // is new apart from what was. Without records a new name is as good: nothing can be taken for a repetition of the past.
        var made = ProducerOfNewestRecord() ?? Guid.NewGuid();
        var bytes = made.ToByteArray();
        StateFile.Write(Path, ProducerName, [BitConverter.ToInt64(bytes, 0), BitConverter.ToInt64(bytes, 8)], disk);
        return made;
    }

    private Guid? ProducerOfNewestRecord()
    {
        var ordinals = SegmentFiles.List(Path);
        for (var i = ordinals.Count - 1; i >= 0; i--)
        {
            // Any record of a segment will do: each start begins a new one.
            using var scanner = new SegmentScanner(SegmentFiles.Path(Path, ordinals[i]));
            for (var item = scanner.Next(); item != SegmentItem.End; item = scanner.Next())
            {
                if (item is SegmentItem.Record)
                {
                    return scanner.Record.Producer;
                }
            }
        }

        return null;
    }

    // The framework has one exception for every error: what tells them apart is the system's number. Anything but a lock (no room,
    // no such mount, too many files) would be the same in every folder, and must not look as if all were taken.
    private static bool IsHeldByAnother(IOException exception) => OperatingSystem.IsWindows()
        ? exception.HResult is unchecked((int)0x80070020) or unchecked((int)0x80070021)    // sharing or lock violation
        : exception.HResult == (OperatingSystem.IsLinux() ? 11 : 35);    // EWOULDBLOCK

    private uint NextEpoch(JournalDisk disk, TimeProvider time)
    {
        // The clock makes the number new even when the folder is an old copy, whose own count has been used before.
        var last = StateFile.Read(Path, EpochName) is [var stored] ? stored : 0;
        var next = Math.Max(last + 1, time.GetUtcNow().ToUnixTimeSeconds());
        StateFile.Write(Path, EpochName, [next], disk);
        return checked((uint)next);
    }
}

/// <summary>The service cannot start because its data folder is not usable. The message says which and why.</summary>
public sealed class JournalConfigurationException(string message, Exception? inner = null) : Exception(message, inner);
