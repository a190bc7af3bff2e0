using System.Collections.Immutable;
using Gateway.Core.Journal;
using Gateway.Usage.Ledger.Carried;
using Gateway.Usage.Ledger.Columns;

namespace Gateway.Usage.Ledger.PostgreSql.Cache;

/// <summary>
/// The rows of a cache: most in files, the newest in memory. One thread changes it at a time; <see cref="Snapshot"/> is not taken meanwhile, what it gives is read within <see cref="BeginReading"/>.
/// </summary>
internal sealed class CacheRows : IDisposable
{
    private readonly string _folder;
    private readonly JournalDisk _disk;
    private readonly long _minFreeBytes;
    private readonly int _fileRows;
    private readonly NameFile _names;
    private readonly SegmentReads _reads = new();
    private ImmutableList<CacheFile> _files = [];
    private RowChunks _tail = new(0);
    private int _lastNumber;
    private CacheMark _filesMark;
    private bool _isWhole;

    /// <param name="folder">Held by this process.</param>
    /// <param name="disk">Touches the disk.</param>
    /// <param name="minFreeBytes">Of the disk, left to others.</param>
    /// <param name="fileRows">Rows of a file.</param>
    /// <exception cref="IOException">The disk failed.</exception>
    public CacheRows(string folder, JournalDisk disk, long minFreeBytes, int fileRows)
    {
        (_folder, _disk, _minFreeBytes, _fileRows) = (folder, disk, minFreeBytes, fileRows);
        var manifest = CacheManifest.Read(folder);
        _names = NameFile.Open(folder, disk, id => manifest?.NameTable == id ? manifest.Names : 0);
        if (manifest?.NameTable == _names.Id)
        {
            Open(manifest);
        }

        Clean();
    }

    public NameTable Names => _names.Names;

    /// <summary>How far the rows reach; null while they are not all there.</summary>
    public CacheMark? Mark { get; private set; }

    public long MovedParts { get; private set; }

    public long Count => _files.Sum(static file => (long)file.Count) + _tail.Count;

    public SegmentReads.Reading BeginReading() => _reads.Begin();

    public IReadOnlyList<ISegmentRows> Snapshot() => _tail.Count == 0 ? _files : [.. _files, _tail.Snapshot()];

    /// <summary>Begins anew, without any row.</summary>
    public void Clear()
    {
        (Mark, _isWhole) = (null, false);
        CacheManifest.Delete(_folder);
        _tail = new RowChunks(0);
        var old = _files;
        _files = [];
        Remove([.. old]);
    }

    /// <param name="row">A number for each <see cref="LedgerColumn"/>.</param>
    /// <exception cref="IOException">The disk failed.</exception>
    public void Add(ReadOnlySpan<long> row)
    {
        _tail.Add(row);

        // Rows that are followed are cut at a mark only: a file has all rows up to it.
        if (!_isWhole && _tail.Count >= _fileRows)
        {
            WriteTail(isSummed: false);
        }
    }

    /// <summary>Adds all rows of one step.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public void Add(ISegmentRows rows)
    {
        Span<long> row = stackalloc long[LedgerColumns.Count];
        var block = new RowBlock();
        for (var first = 0; first < rows.Count; first += RowBlock.MaxRows)
        {
            block.Move(rows, first);
            for (var at = 0; at < block.Count; at++)
            {
                block.CopyTo(at, row);
                Add(row);
            }
        }
    }

    /// <summary>Everything up to a mark was added.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public void Reached(CacheMark mark, long movedParts)
    {
        var wasWhole = _isWhole;
        (Mark, MovedParts, _isWhole) = (mark, movedParts, true);
        if (_tail.Count >= _fileRows || !wasWhole)
        {
            WriteTail(isSummed: false);
            _filesMark = mark;
            WriteManifest();
        }
    }

    /// <summary>What was added last are sums by hour, which need no file of their own to be told apart.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public void EndSums() => WriteTail(isSummed: true);

    /// <summary>Adds up one file by hour, when all of its requests arrived before a time.</summary>
    /// <returns>False when there is none.</returns>
    /// <exception cref="IOException">The disk failed.</exception>
    public bool SumOldest(long beforeMs)
    {
        if (_files.Find(file => !file.IsSummed && file.MaxTime < beforeMs) is not { } old)
        {
            return false;
        }

        var sums = new SumRows(old.Segment, names: null);
        var block = new RowBlock();
        Span<long> row = stackalloc long[LedgerColumns.Count];
        for (var first = 0; first < old.Count; first += RowBlock.MaxRows)
        {
            block.Move(old, first);
            for (var at = 0; at < block.Count; at++)
            {
                block.CopyTo(at, row);
                sums.Add(row);
            }
        }

        _files = _files.Replace(old, CacheFile.Write(_folder, _disk, new CacheEntry(++_lastNumber, IsSummed: true), sums));
        WriteManifest();
        Remove([old]);
        return true;
    }

    public void Dispose()
    {
        _files.ForEach(static file => file.Dispose());
        _reads.Dispose();
        _names.Dispose();
    }

    private void Open(CacheManifest manifest)
    {
        var files = new List<CacheFile>();
        foreach (var entry in manifest.Files)
        {
            if (CacheFile.TryOpen(_folder, entry, check: true) is not { } file)
            {
                files.ForEach(static file => file.Dispose());
                return;
            }

            files.Add(file);
        }

        _files = [.. files];
        _lastNumber = files.Max(static file => (int?)file.Segment) ?? 0;
        (Mark, MovedParts, _filesMark, _isWhole) = (manifest.Mark, manifest.MovedParts, manifest.Mark, true);
    }

    // What a process that died was writing, or did not delete any more.
    private void Clean()
    {
        var known = _files.Select(static file => file.Path).ToHashSet();
        foreach (var path in Directory.EnumerateFiles(_folder, "*" + CacheFile.Extension).Where(path => !known.Contains(path)).ToList())
        {
            File.Delete(path);
        }
    }

    private void WriteTail(bool isSummed)
    {
        if (_tail.Count > 0)
        {
            if (_disk.FreeBytes(_folder) < _minFreeBytes)
            {
                throw new IOException("The disk is nearly full.");
            }

            // What the numbers mean comes before the numbers.
            _names.Flush();
            _files = _files.Add(CacheFile.Write(_folder, _disk, new CacheEntry(++_lastNumber, isSummed), _tail.Snapshot()));
            if (_isWhole)
            {
                // Reports may have the rows.
                _tail = new RowChunks(0);
            }
            else
            {
                // Nobody has them: arrays that live as long as a file takes would pile up, when all rows are read.
                _tail.Clear();
            }
        }
    }

    private void WriteManifest() => new CacheManifest
    {
        NameTable = _names.Id,
        Names = _names.Flush(),
        Mark = _filesMark,
        MovedParts = MovedParts,
        Files = [.. _files.Select(static file => new CacheEntry(file.Segment, file.IsSummed))],
    }.Write(_folder, _disk);

    private void Remove(CacheFile[] files)
    {
        _reads.Retire([.. files]);
        foreach (var file in files)
        {
            File.Delete(file.Path);
        }
    }
}
