using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace Gateway.Simulator.Protocols.Bedrock;

/// <summary>
/// Builds messages of AWS's binary event stream: both lengths, their checksum, headers, payload, checksum of it all.
/// One reused buffer: what <see cref="Bytes"/> gives is valid until the next <see cref="Clear"/>.
/// </summary>
internal sealed class EventStreamBuffer : IDisposable
{
    private const int PreludeBytes = 12;
    private const int ChecksumBytes = 4;
    private const byte TextHeader = 7;

    private static readonly uint[] Table = MakeTable();

    private readonly ArrayBufferWriter<byte> _messages = new(512);
    private readonly ArrayBufferWriter<byte> _headers = new(128);
    private readonly ArrayBufferWriter<byte> _payload = new(256);

    public EventStreamBuffer() => Json = new Utf8JsonWriter(_payload, new JsonWriterOptions { Encoder = Protocols.Json.Encoder, SkipValidation = true });

    /// <summary>Writes the payload of the message that was started.</summary>
    public Utf8JsonWriter Json { get; }

    public ReadOnlyMemory<byte> Bytes => _messages.WrittenMemory;

    public void Clear() => _messages.ResetWrittenCount();

    public Utf8JsonWriter StartEvent(string name) => Start(":event-type", name, "event");

    public Utf8JsonWriter StartException(string name) => Start(":exception-type", name, "exception");

    public void End()
    {
        Json.Flush();
        EndWith(_payload.WrittenSpan);
    }

    /// <summary>Ends the started message with this payload instead of what was written.</summary>
    public void EndWith(ReadOnlySpan<byte> payload)
    {
        var length = PreludeBytes + _headers.WrittenCount + payload.Length + ChecksumBytes;
        var message = _messages.GetSpan(length)[..length];
        BinaryPrimitives.WriteInt32BigEndian(message, length);
        BinaryPrimitives.WriteInt32BigEndian(message[4..], _headers.WrittenCount);
        BinaryPrimitives.WriteUInt32BigEndian(message[8..], Checksum(message[..8]));
        _headers.WrittenSpan.CopyTo(message[PreludeBytes..]);
        payload.CopyTo(message[(PreludeBytes + _headers.WrittenCount)..]);
        BinaryPrimitives.WriteUInt32BigEndian(message[(length - ChecksumBytes)..], Checksum(message[..(length - ChecksumBytes)]));
        _messages.Advance(length);
    }

    public void Dispose() => Json.Dispose();

    /// <summary>CRC-32 as in zip; the framework's own is in a package of its own.</summary>
    public static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var sum = uint.MaxValue;
        foreach (var value in bytes)
        {
            sum = (sum >> 8) ^ Table[(byte)(sum ^ value)];
        }

        return ~sum;
    }

    private Utf8JsonWriter Start(string typeHeader, string name, string message)
    {
        _headers.ResetWrittenCount();
        _payload.ResetWrittenCount();
        WriteHeader(typeHeader, name);
        WriteHeader(":content-type", "application/json");
        WriteHeader(":message-type", message);
        Json.Reset();
        return Json;
    }

    private void WriteHeader(string name, string value)
    {
        var span = _headers.GetSpan(name.Length + value.Length + 4);
        span[0] = (byte)name.Length;
        Encoding.ASCII.GetBytes(name, span[1..]);
        span = span[(name.Length + 1)..];
        span[0] = TextHeader;
        BinaryPrimitives.WriteUInt16BigEndian(span[1..], (ushort)value.Length);
        Encoding.ASCII.GetBytes(value, span[3..]);
        _headers.Advance(name.Length + value.Length + 4);
    }

    private static uint[] MakeTable()
    {
        var table = new uint[256];
        for (var index = 0u; index < table.Length; index++)
        {
            var value = index;
            for (var bit = 0; bit < 8; bit++)
            {
                value = (value & 1) == 0 ? value >> 1 : (value >> 1) ^ 0xEDB88320;
            }

            table[index] = value;
        }

        return table;
    }
}
