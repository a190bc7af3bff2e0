using Gateway.Core.Journal;
using Gateway.Core.Wire;

namespace Gateway.Usage.Ledger;

/// <summary>Where a record of the ledger came from.</summary>
internal readonly record struct RecordOrigin(Guid Producer, uint Epoch, long Seq);

/// <summary>
/// The ledger's own records: the frame is the ledger's, the payload begins with the origin. FINAL: then the FINAL's payload as
/// it came. VOID: then the refused payload, as evidence. CHECKPOINT: then the first record of a gap that the origin's ends, or 0.
/// </summary>
internal static class LedgerRecords
{
    private const int MaxOriginBytes = 16 + 5 + 10;

    public static int WriteCopy((RecordOrigin Origin, ReadOnlyMemory<byte> Payload) copy, Span<byte> destination)
    {
        var length = WriteOrigin(copy.Origin, destination);
        // Evidence may be cut; a FINAL always fits, its texts being bounded.
        var payload = copy.Payload.Span[..Math.Min(copy.Payload.Length, RecordFrame.MaxPayloadBytes - MaxOriginBytes)];
        payload.CopyTo(destination[length..]);
        return length + payload.Length;
    }

    public static int WriteMark((RecordOrigin Origin, long GapFrom) mark, Span<byte> destination)
    {
        var length = WriteOrigin(mark.Origin, destination);
        var writer = new WireWriter(destination[length..]);
        writer.WriteVarint(mark.GapFrom);
        return length + writer.Written;
    }

    /// <returns>The origin, and what follows it.</returns>
    /// <exception cref="InvalidDataException">No record of a ledger.</exception>
    public static RecordOrigin ReadOrigin(ReadOnlySpan<byte> payload, out ReadOnlySpan<byte> rest)
    {
        var reader = new WireReader(payload);
        var producer = reader.ReadGuid();
        var epoch = reader.ReadVarint();
        var origin = new RecordOrigin(producer, epoch is >= 0 and <= uint.MaxValue ? (uint)epoch : throw new InvalidDataException("The epoch is out of range."), reader.ReadVarint());
        rest = payload[OriginBytes(origin)..];
        return origin;
    }

    private static int WriteOrigin(RecordOrigin origin, Span<byte> destination)
    {
        var writer = new WireWriter(destination);
        writer.WriteGuid(origin.Producer);
        writer.WriteVarint(origin.Epoch);
        writer.WriteVarint(origin.Seq);
        return writer.Written;
    }

    private static int OriginBytes(RecordOrigin origin)
    {
        Span<byte> space = stackalloc byte[MaxOriginBytes];
        return WriteOrigin(origin, space);
    }
}
