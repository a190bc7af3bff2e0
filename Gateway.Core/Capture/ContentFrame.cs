using System.Buffers.Binary;
using Gateway.Core.Configuration;
using Gateway.Core.Journal;

namespace Gateway.Core.Capture;

/// <summary>
/// The frame around the captured content of one request, on its way to Usage and in its files, little-endian:
/// <c>[magic 4][length u32][crc32c of the payload u32][time i64][request id 16][level u8][0 3][crc32c of the 40 bytes before u32]</c>, then the payload: one JSON object.
/// The head has a checksum of its own, so that what follows a damaged payload is still found.
/// </summary>
public static class ContentFrame
{
    public const int HeaderBytes = 44;

    /// <summary>Two sides of 256 KiB, each character escaped, with space to spare.</summary>
    public const int MaxPayloadBytes = 4 * 1024 * 1024;

    private const int LengthOffset = 4;
    private const int ChecksumOffset = 8;
    private const int TimeOffset = 12;
    private const int IdOffset = 20;
    private const int LevelOffset = 36;
    private const int HeadChecksumOffset = 40;

    /// <summary>What every frame begins with.</summary>
    public static ReadOnlySpan<byte> Magic => "GWC1"u8;

    /// <param name="header"><see cref="HeaderBytes"/> that stand before the payload.</param>
    public static void WriteHeader(Span<byte> header, Guid requestId, long timeUnixMs, CaptureLevel level, ReadOnlySpan<byte> payload)
    {
        header = header[..HeaderBytes];
        header.Clear();
        Magic.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header[LengthOffset..], payload.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header[ChecksumOffset..], Crc32C.Compute(payload));
        BinaryPrimitives.WriteInt64LittleEndian(header[TimeOffset..], timeUnixMs);
        requestId.TryWriteBytes(header[IdOffset..], bigEndian: true, out _);
        header[LevelOffset] = (byte)level;
        BinaryPrimitives.WriteUInt32LittleEndian(header[HeadChecksumOffset..], Crc32C.Compute(header[..HeadChecksumOffset]));
    }

    /// <returns>False for bytes that are no head.</returns>
    public static bool TryReadHeader(ReadOnlySpan<byte> source, out ContentHead head)
    {
        head = default;
        if (source.Length < HeaderBytes || !source.StartsWith(Magic)
            || BinaryPrimitives.ReadUInt32LittleEndian(source[HeadChecksumOffset..]) != Crc32C.Compute(source[..HeadChecksumOffset]))
        {
            return false;
        }

        head = new ContentHead(
            new Guid(source.Slice(IdOffset, 16), bigEndian: true),
            BinaryPrimitives.ReadInt64LittleEndian(source[TimeOffset..]),
            (CaptureLevel)source[LevelOffset],
            BinaryPrimitives.ReadInt32LittleEndian(source[LengthOffset..]),
            BinaryPrimitives.ReadUInt32LittleEndian(source[ChecksumOffset..]));
        return head.Length is >= 0 and <= MaxPayloadBytes;
    }
}

/// <summary>The head of a <see cref="ContentFrame"/>.</summary>
/// <param name="TimeUnixMs">Arrival of the request at the Router.</param>
/// <param name="Length">Bytes of the payload.</param>
/// <param name="Checksum">Of the payload.</param>
public readonly record struct ContentHead(Guid RequestId, long TimeUnixMs, CaptureLevel Level, int Length, uint Checksum)
{
    /// <summary>Whether these are the bytes that were written.</summary>
    public bool IsWhole(ReadOnlySpan<byte> payload) => payload.Length == Length && Crc32C.Compute(payload) == Checksum;
}

/// <summary>How Routers send captured content to Usage: frames one after the other. At most once is enough for content; a repeated frame is kept once.</summary>
public static class ContentShipment
{
    public const string Path = "/internal/usage/content";
    public const string ContentType = "application/vnd.gateway.content";

    /// <summary>A Router sends when it has this much, in bytes.</summary>
    public const int TargetBytes = 1024 * 1024;

    /// <summary>Most bytes of one call.</summary>
    public const int MaxBytes = TargetBytes + ContentFrame.HeaderBytes + ContentFrame.MaxPayloadBytes;
}
