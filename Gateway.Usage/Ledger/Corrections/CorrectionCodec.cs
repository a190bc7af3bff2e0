using System.Security.Cryptography;
using Gateway.Core.Journal;
using Gateway.Core.Wire;

namespace Gateway.Usage.Ledger.Corrections;

/// <summary>
/// Payloads of corrections: <c>[id 16][0][0][number][old][new][time][price version][who][reason][status][shares][layout of the INTENT u8][INTENT]</c>. The beginning is an origin as all records of the
/// ledger have it (<see cref="LedgerRecords"/>), of a journal that nobody has. Stateless.
/// </summary>
internal static class CorrectionCodec
{
    public const byte Version = 1;

    /// <returns>Bytes written.</returns>
    public static int Write(CorrectionRecord record, Span<byte> destination)
    {
        var correction = record.Correction;
        var writer = new WireWriter(destination);
        writer.WriteGuid(correction.Id);
        writer.WriteVarint(0);
        writer.WriteVarint(0);
        writer.WriteVarint(record.Number);
        writer.WriteVarint(correction.OldNanoUsd);
        writer.WriteVarint(correction.NewNanoUsd);
        writer.WriteVarint(correction.Time.ToUnixTimeMilliseconds());
        writer.WriteString(correction.PriceVersion);
        writer.WriteString(correction.Who);
        writer.WriteString(correction.Reason);
        writer.WriteVarint(record.Status);
        writer.WriteVarint(correction.Shares.Count);
        for (var i = 0; i < correction.Shares.Count; i++)
        {
            writer.WriteString(correction.Shares[i].Deployment);
            writer.WriteVarint(correction.Shares[i].DifferenceNanoUsd);
        }

        writer.WriteByte(UsageRecordCodec.Version);
        return writer.Written + UsageRecordCodec.Write(record.Intent, destination[writer.Written..]);
    }

    public static byte[] ToBytes(CorrectionRecord record)
    {
        var bytes = new byte[RecordFrame.MaxPayloadBytes];
        return bytes[..Write(record, bytes)];
    }

    /// <exception cref="InvalidDataException">Another version, or no correction.</exception>
    public static CorrectionRecord Read(byte version, Guid requestId, ReadOnlySpan<byte> payload)
    {
        if (version != Version)
        {
            throw new InvalidDataException($"The correction has layout {version}; this build reads {Version}.");
        }

        var reader = new WireReader(payload);
        var id = reader.ReadGuid();
        _ = (reader.ReadVarint(), reader.ReadVarint());
        var number = reader.ReadInt32();
        var correction = new CostCorrection(id, requestId, reader.ReadVarint(), reader.ReadVarint(), "", TimeOf(reader.ReadVarint()), "");
        correction = correction with { PriceVersion = reader.ReadString(), Who = reader.ReadString(), Reason = reader.ReadString() };
        var status = reader.ReadInt32();
        if (reader.ReadVarint() is var count and > 0)
        {
            var shares = new CostShare[count <= UsageRecordCodec.MaxAttempts + 1 ? count : throw new InvalidDataException("The correction has too many deployments.")];
            for (var i = 0; i < shares.Length; i++)
            {
                shares[i] = new CostShare(reader.ReadString(), reader.ReadVarint());
            }

            correction = correction with { Shares = shares };
        }

        var layout = reader.ReadByte();
        return new CorrectionRecord(correction, number, UsageRecordCodec.ReadIntent(layout, requestId, reader.Rest), status);
    }

    /// <summary>Name under which a correction is found by its id. No request has it.</summary>
    public static Guid KeyOf(Guid correctionId) => Key((byte)'c', correctionId, 0);

    /// <summary>Name under which the n-th correction of a request is found.</summary>
    public static Guid KeyOf(Guid requestId, int number) => Key((byte)'r', requestId, number);

    private static Guid Key(byte kind, Guid id, int number)
    {
        Span<byte> source = stackalloc byte[1 + 16 + sizeof(int)];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        source[0] = kind;
        id.TryWriteBytes(source[1..], bigEndian: true, out _);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(source[17..], number);
        SHA256.HashData(source, hash);
        return new Guid(hash[..16]);
    }

    private static DateTimeOffset TimeOf(long unixMs) => unixMs is >= 0 and <= 253_402_300_799_999
        ? DateTimeOffset.FromUnixTimeMilliseconds(unixMs) : throw new InvalidDataException("The time of the correction is out of range.");
}
