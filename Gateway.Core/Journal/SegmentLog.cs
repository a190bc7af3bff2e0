using Microsoft.Win32.SafeHandles;

namespace Gateway.Core.Journal;

/// <summary>
/// An append-only log in segments. One write() per record on the caller's thread under a short lock, nothing else there; syncing,
/// closing and creating files happens in the background (docs/adr/0004). Thread-safe.
/// </summary>
/// <remarks>After any error of the disk the log is dead: what a failed fsync left behind is unknown, and asking again lies.</remarks>
public sealed class SegmentLog : IDisposable
{
    private readonly SegmentLogOptions _options;
    private readonly Lock _lock = new();
    private readonly Lock _syncLock = new();
    private readonly byte[] _buffer = new byte[RecordFrame.MaxFrameBytes];
    private readonly List<SegmentInfo> _closed;
    private readonly ITimer? _syncTimer;
    private SafeFileHandle _file;
    private int _ordinal;
    private long _firstSeq;
    private long _length = SegmentFormat.HeaderBytes;
    private SegmentSum _sum;
    private long _lastSeq;
    private long _syncedSeq;
    private long _syncedLength = SegmentFormat.HeaderBytes;
    private DateTimeOffset _begun;
    private bool _dirty;
    private bool _disposed;
    private volatile Exception? _failure;

    /// <summary>Recovers what is in the folder, then starts a new segment.</summary>
    /// <exception cref="IOException">The folder cannot be read or written.</exception>
    public SegmentLog(SegmentLogOptions options, RecordVisitor? replay = null)
    {
        _options = options;
        var recovery = new SegmentRecovery(options, replay);
        _lastSeq = recovery.Run(out var report) - 1;
        Recovery = report;
        _closed = recovery.Segments;
        _syncedSeq = _lastSeq;
        _ordinal = recovery.LastOrdinal + 1;
        _file = options.Disk.Create(SegmentFiles.Path(options.Folder, _ordinal));
        Begin_NeedsLock();
        options.Disk.Sync(_file);
        options.Disk.SyncFolder(options.Folder);
        _syncTimer = options.SyncAfter is null ? null : options.Time.CreateTimer(static log => ((SegmentLog)log!).SyncInBackground(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>What was found and mended when the log was opened.</summary>
    public RecoveryReport Recovery { get; }

    /// <summary>Why the log is dead, or null.</summary>
    public Exception? Failure => _failure;

    public long LastSeq => Volatile.Read(ref _lastSeq);

    /// <summary>Last record that survives a loss of power.</summary>
    public long SyncedSeq => Volatile.Read(ref _syncedSeq);

    /// <summary>Writes one record. On return it survives the death of this process.</summary>
    /// <exception cref="IOException">It was not written, and no later one will be.</exception>
    public RecordLocation Append<T>(JournalRecordType type, byte version, Guid requestId, T payload, PayloadWriter<T> encode, out long seq)
    {
        lock (_lock)
        {
            ThrowIfDead();
            var length = RecordFrame.HeaderBytes + encode(payload, _buffer.AsSpan(RecordFrame.HeaderBytes));
            var frame = _buffer.AsSpan(0, length);
            seq = _lastSeq + 1;
            RecordFrame.Seal(frame, type, version, _options.Producer, _options.Epoch, seq, requestId);
            var offset = _length;
            try
            {
                _options.Disk.Write(_file, frame, offset);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                Fail(exception);
                throw new IOException("The record could not be written; the journal has stopped.", exception);
            }

            Volatile.Write(ref _lastSeq, seq);
            _length += length;
            _sum = _sum.Add(seq, RecordFrame.StoredChecksum(frame));
            if (!_dirty)
            {
                _dirty = true;
                _syncTimer?.Change(_options.SyncAfter!.Value, Timeout.InfiniteTimeSpan);
            }

            return new RecordLocation(_ordinal, offset);
        }
    }

    /// <summary>Makes all that was appended before the call durable, and starts a new segment when this one is full.</summary>
    /// <exception cref="IOException">The disk failed; the log has stopped for ever.</exception>
    public void Sync()
    {
        lock (_syncLock)
        {
            SyncOnce();
        }
    }

    /// <summary>The same, and starts a new segment also when this one has records and was begun that long ago: one that takes years to fill keeps what is old beside what is new.</summary>
    /// <exception cref="IOException">The disk failed; the log has stopped for ever.</exception>
    public void SyncAndClose(TimeSpan after)
    {
        lock (_syncLock)
        {
            SyncOnce(after);
        }
    }

    /// <summary>Closed segments and the durable part of the current one, oldest first.</summary>
    public IReadOnlyList<SegmentInfo> Segments()
    {
        lock (_lock)
        {
            return [.. _closed, new SegmentInfo(_ordinal, _firstSeq, _syncedSeq, _syncedLength)];
        }
    }

    /// <summary>Opens a segment for reading. The caller disposes it.</summary>
    public SafeFileHandle OpenRead(int ordinal) =>
        File.OpenHandle(SegmentFiles.Path(_options.Folder, ordinal), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    /// <summary>Deletes closed segments whose last record is not after <paramref name="seq"/>.</summary>
    public void DeleteThrough(long seq)
    {
        lock (_syncLock)
        {
            while (true)
            {
                int ordinal;
                lock (_lock)
                {
                    if (_closed.Count == 0 || _closed[0].LastSeq > seq)
                    {
                        return;
                    }

                    ordinal = _closed[0].Ordinal;
                    _closed.RemoveAt(0);
                }

                // Oldest first and one by one: a crash in between leaves no hole.
                File.Delete(SegmentFiles.Path(_options.Folder, ordinal));
            }
        }
    }

    /// <summary>Forgets the oldest closed segment. Its file stays, for whoever asked to delete it.</summary>
    /// <returns>False when another one is the oldest.</returns>
    public bool Release(int ordinal)
    {
        lock (_lock)
        {
            if (_closed.Count == 0 || _closed[0].Ordinal != ordinal)
            {
                return false;
            }

            _closed.RemoveAt(0);
            return true;
        }
    }

    /// <summary>Makes everything durable and closes the files. Later appends fail.</summary>
    public void Dispose()
    {
        lock (_syncLock)
        {
            lock (_lock)
            {
                if (_disposed)
                {
                    return;
                }

                _disposed = true;
            }

            _syncTimer?.Dispose();
            if (_failure is null)
            {
                SyncOnce();
            }

            _file.Dispose();
        }
    }

    private void SyncInBackground()
    {
        try
        {
            lock (_syncLock)
            {
                if (!_disposed && _failure is null)
                {
                    SyncOnce();
                }
            }

            _options.Synced?.Invoke();
        }
        catch (IOException)
        {
            // Fail() has told the owner; a timer has nobody to throw to.
        }
    }

    private void SyncOnce(TimeSpan? closeAfter = null)
    {
        long seq;
        long length;
        lock (_lock)
        {
            if (_failure is not null)
            {
                throw new IOException("The journal has stopped after an error of its disk.", _failure);
            }

            (seq, length, _dirty) = (_lastSeq, _length, false);
        }

        try
        {
            if (seq > _syncedSeq)
            {
                _options.Disk.Sync(_file);
                lock (_lock)
                {
                    (_syncedSeq, _syncedLength) = (seq, length);
                }
            }

            var isOver = length >= _options.SegmentBytes || (closeAfter is { } age && _options.Time.GetUtcNow() - _begun >= age);
            if (isOver && _sum.Count > 0 && !_disposed)
            {
                Roll();
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Fail(exception);
            throw new IOException("The journal could not be made durable; it has stopped.", exception);
        }
    }

    private void Roll()
    {
        // The next file is made before the lock is taken: appends wait for two small writes, not for the directory.
        var next = _options.Disk.Create(SegmentFiles.Path(_options.Folder, _ordinal + 1));
        _options.Disk.SyncFolder(_options.Folder);
        SafeFileHandle full;
        lock (_lock)
        {
            Span<byte> footer = stackalloc byte[SegmentFormat.FooterBytes];
            SegmentFormat.WriteFooter(footer, _sum);
            _options.Disk.Write(_file, footer, _length);
            full = _file;
            _closed.Add(new SegmentInfo(_ordinal, _firstSeq, _lastSeq, _length));
            _file = next;
            _ordinal++;
            Begin_NeedsLock();
        }

        using (full)
        {
            _options.Disk.Sync(full);
        }

        _options.Disk.Sync(next);
        lock (_lock)
        {
            _syncedSeq = Math.Max(_syncedSeq, _firstSeq - 1);
        }
    }

    private void Begin_NeedsLock()
    {
        Span<byte> header = stackalloc byte[SegmentFormat.HeaderBytes];
        _firstSeq = _lastSeq + 1;
        _begun = _options.Time.GetUtcNow();
        SegmentFormat.WriteHeader(header, _firstSeq);
        _options.Disk.Write(_file, header, 0);
        _length = _syncedLength = SegmentFormat.HeaderBytes;
        _sum = new SegmentSum(_lastSeq, 0, 0);
    }

    private void ThrowIfDead()
    {
        if (_failure is { } failure)
        {
            throw new IOException("The journal has stopped after an error of its disk.", failure);
        }

        if (_disposed)
        {
            throw new IOException("The journal is closed.");
        }
    }

    private void Fail(Exception exception)
    {
        if (Interlocked.CompareExchange(ref _failure, exception, null) is null)
        {
            // On the pool: the owner ends the process, and its callbacks may look at this log, whose locks are held here.
            if (_options.Failed is { } failed)
            {
                ThreadPool.UnsafeQueueUserWorkItem(static told => told.failed(told.exception), (failed, exception), preferLocal: false);
            }
        }
    }
}
