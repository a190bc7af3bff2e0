using System.Buffers;
using System.Text.Json;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.OpenAI;

/// <summary>Builds the events of one stream, one at a time, in one reused buffer: what a method returns is valid until the next call.</summary>
internal abstract class AnswerFrames : IDisposable
{
    private readonly ArrayBufferWriter<byte> _buffer = new(512);
    private readonly Utf8JsonWriter _json;
    private readonly JsonEncodedText _id;
    private readonly JsonEncodedText _model;
    private readonly JsonEncodedText _object;
    private readonly long _created;
    private readonly bool _includeUsage;
    private readonly bool _crlf;

    protected AnswerFrames(OpenAICall call, string objectName, bool includeUsage, bool crlf)
    {
        _json = new Utf8JsonWriter(_buffer, new JsonWriterOptions { Encoder = OpenAIJson.Encoder, SkipValidation = true });
        _id = JsonEncodedText.Encode(call.Meter.Id);
        _model = JsonEncodedText.Encode(call.Model, OpenAIJson.Encoder);
        _object = JsonEncodedText.Encode(objectName);
        _created = call.Created;
        _includeUsage = includeUsage;
        _crlf = crlf;
    }

    /// <summary>The event that opens a choice, if the protocol has one.</summary>
    public abstract ReadOnlyMemory<byte>? Open(int choice, bool calls);

    public abstract ReadOnlyMemory<byte> Token(int choice, AnswerToken token);

    public abstract ReadOnlyMemory<byte> Finish(int choice, AnswerEnd end);

    public ReadOnlyMemory<byte> Usage(Usage usage)
    {
        var json = StartChunk();
        json.WriteEndArray();
        json.WritePropertyName("usage"u8);
        JsonSerializer.Serialize(json, usage, OpenAIJson.Wire.Usage);
        json.WriteEndObject();
        return EndEvent();
    }

    public ReadOnlyMemory<byte> Error(ErrorBody error)
    {
        StartEvent();
        JsonSerializer.Serialize(_json, error, OpenAIJson.Wire.ErrorBody);
        return EndEvent();
    }

    public ReadOnlyMemory<byte> Done() => Raw("[DONE]"u8);

    /// <summary>An event whose data breaks off in the middle of the JSON.</summary>
    public ReadOnlyMemory<byte> Garbage() => Raw("{\"id\":\"chatcmpl-\",\"choices\":[{\"delta\":"u8);

    public void Dispose() => _json.Dispose();

    /// <summary>Writes the start of a chunk up to and including the opening bracket of its choices.</summary>
    protected Utf8JsonWriter StartChunk()
    {
        StartEvent();
        _json.WriteStartObject();
        _json.WriteString("id"u8, _id);
        _json.WriteString("object"u8, _object);
        _json.WriteNumber("created"u8, _created);
        _json.WriteString("model"u8, _model);
        _json.WriteString("system_fingerprint"u8, OpenAIJson.Fingerprint);
        _json.WriteStartArray("choices"u8);
        return _json;
    }

    /// <summary>Closes choices and chunk.</summary>
    protected ReadOnlyMemory<byte> EndChunk()
    {
        _json.WriteEndArray();
        if (_includeUsage)
        {
            _json.WriteNull("usage"u8);
        }

        _json.WriteEndObject();
        return EndEvent();
    }

    private void StartEvent()
    {
        _buffer.ResetWrittenCount();
        _buffer.Write("data: "u8);
        _json.Reset();
    }

    private ReadOnlyMemory<byte> EndEvent()
    {
        _json.Flush();
        _buffer.Write(_crlf ? "\r\n\r\n"u8 : "\n\n"u8);
        return _buffer.WrittenMemory;
    }

    private ReadOnlyMemory<byte> Raw(ReadOnlySpan<byte> data)
    {
        StartEvent();
        _buffer.Write(data);
        return EndEvent();
    }
}
