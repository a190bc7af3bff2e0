using System.Buffers;
using System.Text;
using System.Text.Json;
using Gateway.Core.Errors;
using Gateway.Core.Money;
using Gateway.Core.Requests;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Ollama;

/// <summary>Writes a stream of chat or generate: one JSON document per line, calls whole, the counts in the last line.</summary>
internal sealed class OllamaStreamWriter(AnswerContext context, IBufferWriter<byte> output) : IAnswerWriter
{
    private readonly Utf8JsonWriter _json = OllamaLines.Writer(output);
    private readonly byte[] _model = Encoding.UTF8.GetBytes(context.Model);
    private readonly byte[] _time = OllamaLines.Time(context.Created);
    private readonly bool _isGenerate = OllamaLines.IsGenerate(context);
    private readonly Dictionary<int, ToolCallBlock> _calls = [];
    private TokenUsage? _usage;
    private FinishReason? _reason;

    public void Start(ReadOnlySpan<byte> id, ReadOnlySpan<byte> model)
    {
        // The protocol has no preamble and no ids.
    }

    public void Text(ReadOnlySpan<byte> text)
    {
        if (!text.IsEmpty)
        {
            WriteLine(text, default);
        }
    }

    public void Reasoning(ReadOnlySpan<byte> text)
    {
        if (!text.IsEmpty)
        {
            WriteLine(default, text);
        }
    }

    public void ReasoningSignature(ReadOnlySpan<byte> signature)
    {
        // There is no place for it, and it proves nothing to anybody who reads text only.
    }

    public void RedactedReasoning(ReadOnlySpan<byte> data) => context.Notes.DropFromAnswer("thinking");

    /// <summary>A refusal is text here.</summary>
    public void Refusal(ReadOnlySpan<byte> text) => Text(text);

    public void ToolStart(int index, ReadOnlySpan<byte> id, ReadOnlySpan<byte> name) =>
        _calls[index] = new ToolCallBlock(Encoding.UTF8.GetString(id), Encoding.UTF8.GetString(name));

    public void ToolArguments(int index, ReadOnlySpan<byte> json)
    {
        if (_calls.TryGetValue(index, out var call))
        {
            call.Add(json);
        }
    }

    public void ToolSignature(int index, ReadOnlySpan<byte> signature) => context.Notes.DropFromAnswer("thought_signature");

    public void ToolEnd(int index)
    {
        if (!_calls.Remove(index, out var call))
        {
            return;
        }

        Begin();
        if (_isGenerate)
        {
            _json.WriteString("response"u8, ""u8);
        }
        else
        {
            _json.WriteStartObject("message"u8);
            _json.WriteString("role"u8, "assistant"u8);
            _json.WriteString("content"u8, ""u8);
        }

        _json.WriteStartArray("tool_calls"u8);
        OllamaLines.WriteCall(_json, index, call.Id, call.Name, call.Utf8, context.Notes);
        _json.WriteEndArray();
        if (!_isGenerate)
        {
            _json.WriteEndObject();
        }

        _json.WriteBoolean("done"u8, false);
        Finish();
    }

    public void Usage(in TokenUsage usage) => _usage = usage;

    public void Finish(FinishReason reason, ReadOnlySpan<byte> stopSequence) => _reason = reason;

    public void End()
    {
        Begin();
        WriteContent(default, default);
        OllamaLines.WriteEnd(_json, context, _reason, _usage);
        Finish();
    }

    public void Error(in ErrorReply error) => ErrorWriters.WriteEvent(LlmProtocol.Ollama, output, in error, context.RequestId.ToString());

    public void KeepAlive()
    {
        // An empty line is no document: clients that parse every line would fail.
    }

    private void WriteLine(ReadOnlySpan<byte> text, ReadOnlySpan<byte> thinking)
    {
        Begin();
        WriteContent(text, thinking);
        _json.WriteBoolean("done"u8, false);
        Finish();
    }

    private void WriteContent(ReadOnlySpan<byte> text, ReadOnlySpan<byte> thinking)
    {
        if (_isGenerate)
        {
            _json.WriteString("response"u8, text);
        }
        else
        {
            _json.WriteStartObject("message"u8);
            _json.WriteString("role"u8, "assistant"u8);
            _json.WriteString("content"u8, text);
        }

        if (!thinking.IsEmpty)
        {
            _json.WriteString("thinking"u8, thinking);
        }

        if (!_isGenerate)
        {
            _json.WriteEndObject();
        }
    }

    private void Begin()
    {
        _json.Reset();
        _json.WriteStartObject();
        _json.WriteString("model"u8, _model);
        _json.WriteString("created_at"u8, _time);
    }

    private void Finish()
    {
        _json.WriteEndObject();
        _json.Flush();
        output.Write("\n"u8);
    }
}
