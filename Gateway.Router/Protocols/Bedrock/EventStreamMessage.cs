using System.Buffers.Binary;

namespace Gateway.Router.Protocols.Bedrock;

/// <summary>
/// One message of an event stream: total length, length of the headers, checksum of these two, headers, payload, checksum of all before it.
/// </summary>
internal readonly ref struct EventStreamMessage
{
    private const int PreludeBytes = 12;
    private const int ChecksumBytes = 4;

    /// <summary><c>event</c>, <c>exception</c> or <c>error</c>.</summary>
    public ReadOnlySpan<byte> MessageType { get; private init; }

    public ReadOnlySpan<byte> EventType { get; private init; }

    public ReadOnlySpan<byte> ExceptionType { get; private init; }

    public ReadOnlySpan<byte> ErrorCode { get; private init; }

    public ReadOnlySpan<byte> ErrorMessage { get; private init; }

    public ReadOnlySpan<byte> Payload { get; private init; }

    /// <returns>False for a message that is not whole, whose checksums are wrong, or whose headers cannot be read.</returns>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out EventStreamMessage message)
    {
        message = default;
        if (bytes.Length < PreludeBytes + ChecksumBytes)
        {
            return false;
        }

        var headersLength = BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]);
        if (BinaryPrimitives.ReadUInt32BigEndian(bytes) != bytes.Length
            || BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]) != Crc32.Of(bytes[..8])
            || BinaryPrimitives.ReadUInt32BigEndian(bytes[^ChecksumBytes..]) != Crc32.Of(bytes[..^ChecksumBytes])
            || headersLength > bytes.Length - PreludeBytes - ChecksumBytes)
        {
            return false;
        }

        var headers = bytes.Slice(PreludeBytes, (int)headersLength);
        ReadOnlySpan<byte> messageType = default, eventType = default, exceptionType = default, errorCode = default, errorMessage = default;
        while (!headers.IsEmpty)
        {
            if (!TryTakeHeader(ref headers, out var name, out var value))
            {
                return false;
            }

            if (name.SequenceEqual(":message-type"u8))
            {
                messageType = value;
            }
            else if (name.SequenceEqual(":event-type"u8))
            {
                eventType = value;
            }
            else if (name.SequenceEqual(":exception-type"u8))
            {
                exceptionType = value;
            }
            else if (name.SequenceEqual(":error-code"u8))
            {
                errorCode = value;
            }
            else if (name.SequenceEqual(":error-message"u8))
            {
                errorMessage = value;
            }
        }

        message = new EventStreamMessage
        {
            MessageType = messageType,
            EventType = eventType,
            ExceptionType = exceptionType,
            ErrorCode = errorCode,
            ErrorMessage = errorMessage,
            Payload = bytes[(PreludeBytes + (int)headersLength)..^ChecksumBytes],
        };
        return true;
    }

    /// <param name="value">The text of a string header; empty for every other type.</param>
    private static bool TryTakeHeader(scoped ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        const int StringType = 7;
        name = value = default;
        var nameLength = rest[0];
        if (rest.Length < nameLength + 2)
        {
            return false;
        }

        name = rest.Slice(1, nameLength);
        var type = rest[nameLength + 1];
        rest = rest[(nameLength + 2)..];
        int length;
        switch (type)
        {
            case 0 or 1:    // true, false
                length = 0;
                break;
            case 2:
                length = 1;
                break;
            case 3:
                length = 2;
                break;
            case 4:
                length = 4;
                break;
            case 5 or 8:    // integer, time
                length = 8;
                break;
            case 9:    // UUID
                length = 16;
                break;
            case 6 or StringType when rest.Length >= 2:    // bytes, string
                length = BinaryPrimitives.ReadUInt16BigEndian(rest);
                rest = rest[2..];
                break;
            default:
                return false;
        }

        if (rest.Length < length)
        {
            return false;
        }

        value = type == StringType ? rest[..length] : default;
        rest = rest[length..];
        return true;
    }
}
