using System.Buffers.Binary;
using System.Buffers.Text;
using Gateway.Core.Errors;
using Gateway.Usage.Ledger;

namespace Gateway.Usage.Reports;

/// <summary>
/// The place of the last request of a page, as an opaque text. It names a place in time and not a count, so that requests that
/// arrive meanwhile neither repeat nor push out any.
/// </summary>
internal static class RequestCursor
{
    private const int Bytes = 16;

    public static string Write(RequestPlace place)
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        BinaryPrimitives.WriteInt64BigEndian(bytes, place.TimeUnixMs);
        BinaryPrimitives.WriteInt32BigEndian(bytes[8..], place.Segment);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[12..], place.Offset);
        return Base64Url.EncodeToString(bytes);
    }

    /// <exception cref="GatewayException">It is none of ours.</exception>
    public static RequestPlace Read(string cursor)
    {
        Span<byte> bytes = stackalloc byte[Bytes + 2];
        if (!Base64Url.IsValid(cursor, out var length) || length != Bytes || !Base64Url.TryDecodeFromChars(cursor, bytes, out _))
        {
            throw ReportParameters.Bad("cursor", "'cursor' must be the 'next' of an earlier page, unchanged.");
        }

        return new RequestPlace(BinaryPrimitives.ReadInt64BigEndian(bytes), BinaryPrimitives.ReadInt32BigEndian(bytes[8..]), BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]));
    }
}
