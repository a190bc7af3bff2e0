using Gateway.Core.Capture;
using Gateway.Core.Journal;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Usage.Content;

/// <summary>
/// One file a day in a folder of its own, readable by its owner alone, written by one process. Not synced: a loss of power may cost the last contents, and never the ledger. Thread-safe: writers by a lock.
/// </summary>
/// <param name="folder">Where.</param>
/// <param name="minFreeBytes">Room that is left to the ledger.</param>
internal sealed class FileContentStore(string folder, long minFreeBytes, JournalDisk disk, TimeProvider time) : IContentStore
{
    public const string Extension = ".content";

    /// <summary>A shipment that is repeated comes soon after the first.</summary>
    private const int Remembered = 4096;

    private readonly Lock _lock = new();
    private readonly HashSet<DateOnly> _checked = [];
    private readonly HashSet<Guid> _recent = [];
    private readonly Queue<Guid> _recentInOrder = new();

    public Task AddAsync(IReadOnlyList<ContentEntry> entries, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            MakeFolder();
            if (disk.FreeBytes(folder) < minFreeBytes)
            {
                throw new IOException("The disk has too little room to keep content.");
            }

            var now = time.GetUtcNow();
            foreach (var day in entries.Where(entry => !_recent.Contains(entry.Head.RequestId)).GroupBy(entry => ContentDays.Of(entry.Head, now)))
            {
                Append(day.Key, [.. day.DistinctBy(static entry => entry.Head.RequestId)]);
            }
        }

        return Task.CompletedTask;
    }

    public Task<ContentEntry?> FindAsync(Guid requestId, CancellationToken cancellationToken)
    {
        foreach (var day in ContentDays.Nearest(Days(), requestId))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (FindIn(PathOf(day), requestId, cancellationToken) is { } found)
            {
                return Task.FromResult<ContentEntry?>(found);
            }
        }

        return Task.FromResult<ContentEntry?>(null);
    }

    public Task<int> RemoveBeforeAsync(DateOnly first, CancellationToken cancellationToken)
    {
        var removed = 0;
        foreach (var day in Days().Where(day => day < first).Order())
        {
            cancellationToken.ThrowIfCancellationRequested();
            File.Delete(PathOf(day));
            removed++;
        }

        return Task.FromResult(removed);
    }

    private static ContentEntry? FindIn(string path, Guid requestId, CancellationToken cancellationToken)
    {
        SafeFileHandle file;
        try
        {
            file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (FileNotFoundException)
        {
            // Its day has just gone.
            return null;
        }

        using (file)
        {
            var scan = new ContentScan(file);
            while (scan.Next(out var head, out var offset))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (head.RequestId == requestId && scan.Read(head, offset) is { } payload)
                {
                    return new ContentEntry(head, payload);
                }
            }

            return null;
        }
    }

    private void Append(DateOnly day, ContentEntry[] entries)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.Read | FileShare.Delete, BufferSize = 64 * 1024 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var file = new FileStream(PathOf(day), options);
        var whole = file.Length;
        if (whole > 0 && _checked.Add(day))
        {
            // What an earlier process did not write to its end would seem to hold what is written now.
            whole = ContentScan.WholeLength(file.SafeFileHandle, whole);
            file.SetLength(whole);
        }

        _checked.Add(day);
        file.Position = whole;
        try
        {
            Span<byte> header = stackalloc byte[ContentFrame.HeaderBytes];
            foreach (var entry in entries)
            {
                ContentFrame.WriteHeader(header, entry.Head.RequestId, entry.Head.TimeUnixMs, entry.Head.Level, entry.Payload.Span);
                file.Write(header);
                file.Write(entry.Payload.Span);
            }

            file.Flush();
        }
        catch (IOException)
        {
            // What is sent again must not stand behind half of itself.
            RandomAccess.SetLength(file.SafeFileHandle, whole);
            throw;
        }

        foreach (var entry in entries)
        {
            Remember(entry.Head.RequestId);
        }
    }

    private void Remember(Guid requestId)
    {
        if (_recent.Add(requestId))
        {
            _recentInOrder.Enqueue(requestId);
            if (_recentInOrder.Count > Remembered)
            {
                _recent.Remove(_recentInOrder.Dequeue());
            }
        }
    }

    private void MakeFolder()
    {
        if (Directory.Exists(folder))
        {
            return;
        }

        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private List<DateOnly> Days()
    {
        var days = new List<DateOnly>();
        if (Directory.Exists(folder))
        {
            foreach (var path in Directory.EnumerateFiles(folder, "*" + Extension))
            {
                if (ContentDays.TryRead(Path.GetFileNameWithoutExtension(path), out var day))
                {
                    days.Add(day);
                }
            }
        }

        return days;
    }

    private string PathOf(DateOnly day) => Path.Combine(folder, ContentDays.Write(day) + Extension);
}
