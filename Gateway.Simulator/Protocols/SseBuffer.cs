using System.Buffers;
using System.Text.Json;

namespace Gateway.Simulator.Protocols;

/// <summary>Builds server-sent events in one reused buffer. Call <see cref="Clear"/>, then any number of events, then take <see cref="Bytes"/>.</summary>
internal sealed class SseBuffer : IDisposable
{
    private readonly ArrayBufferWriter<byte> _buffer = new(512);
    private readonly bool _crlf;

    public SseBuffer(bool crlf)
    {
        _crlf = crlf;
        Json = new Utf8JsonWriter(_buffer, new JsonWriterOptions { Encoder = Protocols.Json.Encoder, SkipValidation = true });
    }

    /// <summary>Writes the data of the event that was started.</summary>
    public Utf8JsonWriter Json { get; }

    /// <summary>Valid until the next <see cref="Clear"/>.</summary>
    public ReadOnlyMemory<byte> Bytes => _buffer.WrittenMemory;

    public void Clear() => _buffer.ResetWrittenCount();

    /// <param name="name">The event's name; empty for none.</param>
    public Utf8JsonWriter StartEvent(ReadOnlySpan<byte> name = default)
    {
        if (!name.IsEmpty)
        {
            _buffer.Write("event: "u8);
            _buffer.Write(name);
            _buffer.Write(_crlf ? "\r\n"u8 : "\n"u8);
        }

        _buffer.Write("data: "u8);
        Json.Reset();
        return Json;
    }

    public void EndEvent()
    {
        Json.Flush();
        _buffer.Write(_crlf ? "\r\n\r\n"u8 : "\n\n"u8);
    }

    /// <summary>An event with this data, JSON or not.</summary>
    public void Raw(ReadOnlySpan<byte> data, ReadOnlySpan<byte> name = default)
    {
        StartEvent(name);
        _buffer.Write(data);
        EndEvent();
    }

    public void Dispose() => Json.Dispose();
}
