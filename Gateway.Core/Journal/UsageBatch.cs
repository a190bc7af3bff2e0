using System.Buffers.Binary;
using Gateway.Core.Wire;

namespace Gateway.Core.Journal;

/// <summary>
/// What a Router's shipper posts to <see cref="Path"/>, little-endian:
/// <c>[magic 8][producer 16][epoch u32][from seq u64][to seq u64][count u32][records][crc32c u32]</c>. The records are frames as
/// they lie in the journal, every sequence number in turn, so that the ledger can prove that none is missing. One that the
/// journal cannot give any more is covered by a gap note.
/// </summary>
public static class UsageBatch
{
    public const string Path = "/internal/usage/batches";
    public const string ContentType = "application/vnd.gateway.usage-batch";
    public const int HeaderBytes = 48;
    public const int TrailerBytes = 4;
    public const int MaxRecords = 1000;
    public const int MaxRecordBytes = 1024 * 1024;

    /// <summary>Most bytes of a batch, a gap note before the records included.</summary>
    public const int MaxBytes = HeaderBytes + RecordFrame.MaxFrameBytes + MaxRecordBytes + TrailerBytes;

    private static ReadOnlySpan<byte> Magic => "GWBATCH1"u8;

    /// <summary>Writes head and checksum around records that already stand at <see cref="HeaderBytes"/>.</summary>
    /// <returns>Length of the whole batch.</returns>
    public static int Seal(Span<byte> batch, int recordBytes, in UsageBatchHead head)
    {
        Magic.CopyTo(batch);
        head.Producer.TryWriteBytes(batch[8..], bigEndian: true, out _);
        BinaryPrimitives.WriteUInt32LittleEndian(batch[24..], head.Epoch);
        BinaryPrimitives.WriteInt64LittleEndian(batch[28..], head.FromSeq);
        BinaryPrimitives.WriteInt64LittleEndian(batch[36..], head.ToSeq);
        BinaryPrimitives.WriteInt32LittleEndian(batch[44..], head.Count);
        var length = HeaderBytes + recordBytes;
        BinaryPrimitives.WriteUInt32LittleEndian(batch[length..], Crc32C.Compute(batch[..length]));
        return length + TrailerBytes;
    }

    /// <summary>Checks magic and checksum.</summary>
    /// <returns>False when a byte is not as it was sent.</returns>
    public static bool TryOpen(ReadOnlySpan<byte> batch, out UsageBatchHead head, out ReadOnlySpan<byte> records)
    {
        head = default;
        records = default;
        if (batch.Length < HeaderBytes + TrailerBytes || !batch.StartsWith(Magic)
            || BinaryPrimitives.ReadUInt32LittleEndian(batch[^TrailerBytes..]) != Crc32C.Compute(batch[..^TrailerBytes]))
        {
            return false;
        }

        head = new UsageBatchHead(
            new Guid(batch[8..24], bigEndian: true),
            BinaryPrimitives.ReadUInt32LittleEndian(batch[24..]),
            BinaryPrimitives.ReadInt64LittleEndian(batch[28..]),
            BinaryPrimitives.ReadInt64LittleEndian(batch[36..]),
            BinaryPrimitives.ReadInt32LittleEndian(batch[44..]));
        records = batch[HeaderBytes..^TrailerBytes];
        return true;
    }
}

/// <summary>Head of a batch.</summary>
/// <param name="Producer">Journal that the records come from.</param>
/// <param name="Epoch">The sender's start. The records may stem from earlier ones.</param>
/// <param name="FromSeq">First sequence number covered.</param>
/// <param name="ToSeq">Last sequence number covered.</param>
/// <param name="Count">Frames in the batch.</param>
public readonly record struct UsageBatchHead(Guid Producer, uint Epoch, long FromSeq, long ToSeq, int Count);

/// <summary>A CHECKPOINT that stands for records which the journal cannot give any more. Its own place is the last of them.</summary>
public static class GapNote
{
    private const byte Version = 1;

    /// <summary>Writes the note as a frame.</summary>
    /// <returns>Bytes written.</returns>
    public static int Write(Span<byte> destination, Guid producer, uint epoch, long fromSeq, long toSeq)
    {
        var writer = new WireWriter(destination[RecordFrame.HeaderBytes..]);
        writer.WriteVarint(fromSeq);
        var length = RecordFrame.HeaderBytes + writer.Written;
        RecordFrame.Seal(destination[..length], JournalRecordType.Checkpoint, Version, producer, epoch, toSeq, Guid.Empty);
        return length;
    }

    /// <returns>The first record that is missing.</returns>
    /// <exception cref="InvalidDataException">No such note.</exception>
    public static long ReadFrom(in JournalRecord record)
    {
        var reader = new WireReader(record.Payload);
        var from = reader.ReadVarint();
        return record.Version == Version && from > 0 && from <= record.Seq ? from : throw new InvalidDataException("The gap note makes no sense.");
    }
}
