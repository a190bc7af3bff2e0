using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Gateway.Core.Money;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Ollama;

/// <summary>Decodes the lines of a stream, and plain answers, of chat and generate alike.</summary>
/// <param name="translation">Null for an answer that passes through and is only followed.</param>
internal sealed class OllamaDecoder(Translation? translation) : IAnswerDecoder
{
    private const int MaxErrorText = 500;

    private byte[] _scratch = [];
    private bool _started;
    private int _calls;

    public bool IsFinished { get; private set; }

    public EventKind Decode(ReadOnlySpan<byte> frame, IAnswerSink sink)
    {
        if (frame.Trim(" \t\r\n"u8).IsEmpty)
        {
            return EventKind.Silence;
        }

        if (!OllamaLine.TryRead(frame, out var line) || line.IsError || !(line.HasAnswer || line.Done))
        {
            return EventKind.Error;
        }

        Emit(frame, in line, sink);
        return line.Done ? EventKind.Done : EventKind.Forward;
    }

    public EventKind DecodeAnswer(ReadOnlySpan<byte> document, IAnswerSink sink)
    {
        if (!OllamaLine.TryRead(document, out var line))
        {
            throw new InvalidDataException("The answer is no JSON object.");
        }

        if (line.IsError)
        {
            return EventKind.Error;
        }

        if (!line.HasAnswer || !line.Done)
        {
            throw new InvalidDataException("The answer has no message, or is not done.");
        }

        Emit(document, in line, sink);
        return EventKind.Done;
    }

    public UpstreamError ReadError(ReadOnlySpan<byte> frame)
    {
        if (!OllamaLine.TryRead(frame, out var line) || !line.IsError)
        {
            return new UpstreamError(StatusCodes.Status502BadGateway, null, null, null, null);
        }

        if (line.Error.IsSet && frame[line.Error.Start] == (byte)'{')
        {
            return UpstreamErrors.Read(StatusCodes.Status500InternalServerError, frame);
        }

        var text = Encoding.UTF8.GetString(JsonText.Unescape(line.Error.In(frame), ref _scratch));
        return new UpstreamError(StatusCodes.Status500InternalServerError, null, null, text.Length == 0 ? null : text[..Math.Min(text.Length, MaxErrorText)], null);
    }

    public bool IsWholeEvent(ReadOnlySpan<byte> rest) => rest.Trim(" \t\r\n"u8).IsEmpty || OllamaLine.TryRead(rest, out _);

    private void Emit(ReadOnlySpan<byte> bytes, in OllamaLine line, IAnswerSink sink)
    {
        if (!_started)
        {
            _started = true;
            sink.Start(default, JsonText.Unescape(line.Model.In(bytes), ref _scratch));
        }

        // Thinking comes before the text that it led to, also where both stand in one document.
        if (line.Thinking.IsSet && translation?.Request.Reasoning?.Show != false)
        {
            sink.Reasoning(JsonText.Unescape(line.Thinking.In(bytes), ref _scratch));
        }

        if (line.Content.IsSet)
        {
            sink.Text(JsonText.Unescape(line.Content.In(bytes), ref _scratch));
        }

        if (line.ToolCalls.IsSet)
        {
            EmitCalls(line.ToolCalls.In(bytes), sink);
        }

        if (line.Done && !IsFinished)
        {
            IsFinished = true;
            if (line.PromptCount >= 0 || line.OutputCount >= 0)
            {
                // A prompt that came whole from the cache has no count in old versions.
                sink.Usage(new TokenUsage(Math.Max(line.PromptCount, 0), 0, 0, Math.Max(line.OutputCount, 0), 0));
            }

            sink.Finish(ReasonOf(line.Reason.In(bytes)), default);
        }
    }

    /// <summary>Ollama never says that it stopped for a tool: the calls themselves tell.</summary>
    private FinishReason ReasonOf(ReadOnlySpan<byte> reason)
    {
        if (reason.SequenceEqual("length"u8))
        {
            return FinishReason.Length;
        }

        if (!reason.IsEmpty && !reason.SequenceEqual("stop"u8) && !reason.SequenceEqual("load"u8) && !reason.SequenceEqual("unload"u8))
        {
            translation?.Notes.DropFromAnswer($"finish_reason={Encoding.UTF8.GetString(JsonText.Unescape(reason, ref _scratch))}");
        }

        return _calls > 0 ? FinishReason.Tool : FinishReason.Stop;
    }

    private void EmitCalls(ReadOnlySpan<byte> calls, IAnswerSink sink)
    {
        // Calls come whole and are few: a document is simpler here than a pass over tokens.
        var reader = new Utf8JsonReader(calls);
        using var document = JsonDocument.ParseValue(ref reader);
        foreach (var call in document.RootElement.EnumerateArray())
        {
            if (call.ValueKind != JsonValueKind.Object || !call.TryGetProperty("function"u8, out var function) || function.ValueKind != JsonValueKind.Object)
            {
                continue;
            }

            var name = TextOf(function, "name"u8);
            var id = TextOf(call, "id"u8);
            var index = _calls++;
            sink.ToolStart(index, Encoding.UTF8.GetBytes(id.Length > 0 ? id : ToolIds.New()), Encoding.UTF8.GetBytes(translation?.ToolNames.ToClient(name) ?? name));
            sink.ToolArguments(index, ArgumentsOf(function));
            sink.ToolEnd(index);
        }
    }

    private ReadOnlySpan<byte> ArgumentsOf(JsonElement function)
    {
        if (!function.TryGetProperty("arguments"u8, out var arguments))
        {
            return "{}"u8;
        }

        var raw = JsonMarshal.GetRawUtf8Value(arguments);
        return arguments.ValueKind switch
        {
            JsonValueKind.Null => "{}"u8,

            // Servers that only resemble Ollama send the text of the object.
            JsonValueKind.String => JsonText.Unescape(raw[1..^1], ref _scratch),
            _ => CompactJson.Strip(raw),
        };
    }

    private string TextOf(JsonElement parent, ReadOnlySpan<byte> name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? Encoding.UTF8.GetString(JsonText.Unescape(JsonMarshal.GetRawUtf8Value(value)[1..^1], ref _scratch)) : "";
}
