using Gateway.Core.Journal;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Usage.Ledger;

/// <summary>Reads single records back from the segments, whose files stay open. Thread-safe.</summary>
internal sealed class SegmentHandles(SegmentLog log) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<int, SafeFileHandle> _files = [];

    /// <exception cref="InvalidDataException">The record went bad after the start.</exception>
    public LedgerEntry Read(RequestPlace place, Span<byte> buffer)
    {
        var read = RandomAccess.Read(Open(place.Segment), buffer, place.Offset);
        if (!RecordFrame.TryRead(buffer[..read], out var record))
        {
            throw new InvalidDataException($"Segment {place.Segment} of the ledger has a damaged record at byte {place.Offset}.");
        }

        var origin = LedgerRecords.ReadOrigin(record.Payload, out var payload);
        return new(UsageRecordCodec.ReadFinal(record.Version, record.RequestId, payload), origin);
    }

    public void Dispose()
    {
        foreach (var file in _files.Values)
        {
            file.Dispose();
        }
    }

    private SafeFileHandle Open(int segment)
    {
        lock (_lock)
        {
            if (!_files.TryGetValue(segment, out var file))
            {
                _files.Add(segment, file = log.OpenRead(segment));
            }

            return file;
        }
    }
}
