using System.Text.Json;
using Gateway.Simulator.Faults;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.OpenAI;

/// <summary>The chunks of one stream: what chat and text completions have in common.</summary>
internal abstract class ChunkFrames(ProviderCall call, string objectName, bool includeUsage, FaultScript script) : IAnswerFrames
{
    private readonly SseBuffer _events = new(script.Crlf);
    private readonly JsonEncodedText _id = JsonEncodedText.Encode(call.Meter.Id);
    private readonly JsonEncodedText _model = JsonEncodedText.Encode(call.Model, Json.Encoder);
    private readonly JsonEncodedText _object = JsonEncodedText.Encode(objectName);
    private readonly long _created = call.Created;
    private readonly string _number = call.Meter.Number;

    public string ContentType => "text/event-stream; charset=utf-8";

    public abstract ReadOnlyMemory<byte> Open(int choice, AnswerToken? first);

    public abstract ReadOnlyMemory<byte> Token(int choice, AnswerToken token);

    public abstract ReadOnlyMemory<byte> Finish(int choice, AnswerEnd end);

    public ReadOnlyMemory<byte> End(Answer answer)
    {
        _events.Clear();
        if (includeUsage && !script.NoUsage)
        {
            var json = AppendChunk();
            json.WriteEndArray();
            json.WritePropertyName("usage"u8);
            JsonSerializer.Serialize(json, Usage.Of(answer), OpenAIJson.Wire.Usage);
            json.WriteEndObject();
            _events.EndEvent();
        }

        if (!script.NoDone)
        {
            _events.Raw("[DONE]"u8);
        }

        return _events.Bytes;
    }

    public ReadOnlyMemory<byte> Error(ProviderException error)
    {
        _events.Clear();
        error.WriteBody(_events.StartEvent(), _number);
        _events.EndEvent();
        return _events.Bytes;
    }

    public ReadOnlyMemory<byte> Garbage()
    {
        _events.Clear();
        _events.Raw("{\"id\":\"chatcmpl-\",\"choices\":[{\"delta\":"u8);
        return _events.Bytes;
    }

    public void Dispose() => _events.Dispose();

    /// <summary>Writes the start of a chunk up to and including the opening bracket of its choices.</summary>
    /// <param name="promptFirst">Begins with the chunk that tells what a content filter found in the prompt; it has no choices and no id.</param>
    protected Utf8JsonWriter StartChunk(bool promptFirst = false)
    {
        _events.Clear();
        if (promptFirst)
        {
            _events.Raw(ContentFilter.PromptChunk);
        }

        return AppendChunk();
    }

    /// <summary>Closes choices and chunk.</summary>
    protected ReadOnlyMemory<byte> EndChunk()
    {
        var json = _events.Json;
        json.WriteEndArray();
        if (includeUsage)
        {
            json.WriteNull("usage"u8);
        }

        json.WriteEndObject();
        _events.EndEvent();
        return _events.Bytes;
    }

    private Utf8JsonWriter AppendChunk()
    {
        var json = _events.StartEvent();
        json.WriteStartObject();
        json.WriteString("id"u8, _id);
        json.WriteString("object"u8, _object);
        json.WriteNumber("created"u8, _created);
        json.WriteString("model"u8, _model);
        json.WriteString("system_fingerprint"u8, OpenAIJson.Fingerprint);
        json.WriteStartArray("choices"u8);
        return json;
    }
}
