using System.Buffers.Binary;

namespace Gateway.Core.Journal;

/// <summary>
/// The frame around every record, little-endian:
/// <c>[len u32][crc32c u32][type u8][ver u8][producer 16][epoch u32][seq u64][rid 16][payload]</c>. <c>len</c> counts the
/// whole frame; the checksum covers everything but itself. Ids are in network order.
/// </summary>
public static class RecordFrame
{
    public const int HeaderBytes = 54;

    /// <summary>Room for a record whose every text has its greatest length (<see cref="UsageRecordCodec.MaxTextChars"/>), with space to spare.</summary>
    public const int MaxPayloadBytes = 24 * 1024;

    public const int MaxFrameBytes = HeaderBytes + MaxPayloadBytes;

    private const int CrcOffset = 4;
    private const int BodyOffset = 8;
    private const int VersionOffset = 9;
    private const int ProducerOffset = 10;
    private const int EpochOffset = 26;
    private const int SeqOffset = 30;
    private const int RequestOffset = 38;

    /// <summary>Writes the header around a payload that already stands at <see cref="HeaderBytes"/>.</summary>
    /// <remarks>The frame is header and payload, exactly.</remarks>
    public static void Seal(Span<byte> frame, JournalRecordType type, byte version, Guid producer, uint epoch, long seq, Guid requestId)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(frame, (uint)frame.Length);
        frame[BodyOffset] = (byte)type;
        frame[VersionOffset] = version;
        producer.TryWriteBytes(frame[ProducerOffset..], bigEndian: true, out _);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[EpochOffset..], epoch);
        BinaryPrimitives.WriteInt64LittleEndian(frame[SeqOffset..], seq);
        requestId.TryWriteBytes(frame[RequestOffset..], bigEndian: true, out _);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[CrcOffset..], Checksum(frame));
    }

    /// <summary>Reads the record at the start of <paramref name="source"/>; what follows it is left alone.</summary>
    /// <returns>False when the bytes are damaged or too few.</returns>
    public static bool TryRead(ReadOnlySpan<byte> source, out JournalRecord record)
    {
        record = default;
        if (source.Length < HeaderBytes)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadUInt32LittleEndian(source);
        if (length is < HeaderBytes or > MaxFrameBytes || length > source.Length)
        {
            return false;
        }

        var frame = source[..(int)length];
        if (BinaryPrimitives.ReadUInt32LittleEndian(frame[CrcOffset..]) != Checksum(frame))
        {
            return false;
        }

        record = new JournalRecord
        {
            Type = (JournalRecordType)frame[BodyOffset],
            Version = frame[VersionOffset],
            Producer = new Guid(frame[ProducerOffset..EpochOffset], bigEndian: true),
            Epoch = BinaryPrimitives.ReadUInt32LittleEndian(frame[EpochOffset..]),
            Seq = BinaryPrimitives.ReadInt64LittleEndian(frame[SeqOffset..]),
            RequestId = new Guid(frame[RequestOffset..HeaderBytes], bigEndian: true),
            Payload = frame[HeaderBytes..],
            Frame = frame,
        };
        return true;
    }

    /// <summary>The stored checksum of a sealed frame.</summary>
    internal static uint StoredChecksum(ReadOnlySpan<byte> frame) => BinaryPrimitives.ReadUInt32LittleEndian(frame[CrcOffset..]);

    // The length is covered too: else a flipped bit in it could make the frame end elsewhere unseen.
    private static uint Checksum(ReadOnlySpan<byte> frame) => Crc32C.Compute(frame[..CrcOffset], frame[BodyOffset..]);
}
