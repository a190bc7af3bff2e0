using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;
using Gateway.Core.Errors;
using Gateway.Core.Money;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.OpenAI;

/// <summary>Writes a stream of <c>chat.completion.chunk</c>s (protocols.md 5.2).</summary>
internal sealed class OpenAIStreamWriter : IAnswerWriter, IDisposable
{
    /// <summary>What stands before a piece of arguments, with the longest number.</summary>
    private const int MaxCallStart = 64;

    private readonly AnswerContext _context;
    private readonly OpenAIClientState _state;
    private readonly OpenAIChunkFrame _frame;

    // Details of reasoning are joined by number: each block has its own, and its signature ends it.
    private int _block;
    private bool _blockIsOpen;
    private bool _blockIsSigned;
    private Dictionary<int, ArrayBufferWriter<byte>>? _customInputs;
    private bool _hasRole;
    private bool _hasCalls;
    private bool _hasRefusal;
    private FinishReason? _reason;
    private TokenUsage? _usage;

    public OpenAIStreamWriter(AnswerContext context, IBufferWriter<byte> output)
    {
        _context = context;
        _state = context.ClientState as OpenAIClientState ?? OpenAIClientState.Plain;
        _frame = new OpenAIChunkFrame(context, output, isText: false);
    }

    public void Start(ReadOnlySpan<byte> id, ReadOnlySpan<byte> model) => _frame.SetId(id);

    public void Text(ReadOnlySpan<byte> text)
    {
        if (!text.IsEmpty)
        {
            WriteText("{\"content\":"u8, text);
        }
    }

    public void Reasoning(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
        {
            return;
        }

        if (_blockIsSigned)
        {
            EndBlock();
        }

        Open();
        _blockIsOpen = true;
        var json = _frame.Begin();
        json.WriteStartObject();

        // Once for the many that know only this, once where the signature will find it.
        json.WriteString("reasoning_content"u8, text);
        BeginDetails(json);
        OpenAIAnswerJson.WriteDetail(json, text, default, _block);
        EndDetails(json);
    }

    public void ReasoningSignature(ReadOnlySpan<byte> signature)
    {
        Open();
        _blockIsOpen = _blockIsSigned = true;
        var json = _frame.Begin();
        json.WriteStartObject();
        BeginDetails(json);
        OpenAIAnswerJson.WriteDetail(json, default, signature, _block);
        EndDetails(json);
    }

    public void RedactedReasoning(ReadOnlySpan<byte> data)
    {
        EndBlock();
        Open();
        var json = _frame.Begin();
        json.WriteStartObject();
        BeginDetails(json);
        OpenAIAnswerJson.WriteEncrypted(json, data, _block++);
        EndDetails(json);
    }

    public void Refusal(ReadOnlySpan<byte> text)
    {
        if (!text.IsEmpty)
        {
            _hasRefusal = true;
            WriteText("{\"refusal\":"u8, text);
        }
    }

    public void ToolStart(int index, ReadOnlySpan<byte> id, ReadOnlySpan<byte> name)
    {
        EndBlock();
        Open(contentIsNull: true);
        if (_state.UsesFunctions && _hasCalls)
        {
            _context.Notes.DropFromAnswer("function_call");
            return;
        }

        _hasCalls = true;
        var json = _frame.Begin();
        json.WriteStartObject();
        if (_state.UsesFunctions)
        {
            json.WriteStartObject("function_call"u8);
            json.WriteString("name"u8, name);
            json.WriteString("arguments"u8, ""u8);
            json.WriteEndObject();
        }
        else
        {
            BeginCall(json, index);
            json.WriteString("id"u8, id);
            WriteKind(json, index, name);
            EndCall(json);
        }

        json.WriteEndObject();
        _frame.End();
    }

    public void ToolArguments(int index, ReadOnlySpan<byte> arguments)
    {
        if (arguments.IsEmpty || IsBeyondFunction(index))
        {
            return;
        }

        if (_customInputs is not null && _customInputs.TryGetValue(index, out var held))
        {
            held.Write(arguments);
            return;
        }

        if (_state.UsesFunctions)
        {
            _frame.WriteText("{\"function_call\":{\"arguments\":"u8, arguments, "}}"u8);
            return;
        }

        // No id, no type, no name: their presence would begin another call.
        Span<byte> before = stackalloc byte[MaxCallStart];
        Utf8.TryWrite(before, CultureInfo.InvariantCulture, $"{{\"tool_calls\":[{{\"index\":{index},\"function\":{{\"arguments\":", out var length);
        _frame.WriteText(before[..length], arguments, "}}]}"u8);
    }

    public void ToolSignature(int index, ReadOnlySpan<byte> signature)
    {
        if (_state.UsesFunctions)
        {
            return;
        }

        var json = _frame.Begin();
        json.WriteStartObject();
        BeginCall(json, index);
        json.WriteStartObject("extra_content"u8);
        json.WriteStartObject("google"u8);
        json.WriteString("thought_signature"u8, signature);
        json.WriteEndObject();
        json.WriteEndObject();
        EndCall(json);
        json.WriteEndObject();
        _frame.End();
    }

    public void ToolEnd(int index)
    {
        if (_customInputs is null || !_customInputs.Remove(index, out var held))
        {
            return;
        }

        var json = _frame.Begin();
        json.WriteStartObject();
        BeginCall(json, index);
        json.WriteStartObject("custom"u8);
        json.WriteString("input"u8, CustomInput.Unwrap(held.WrittenSpan));
        json.WriteEndObject();
        EndCall(json);
        json.WriteEndObject();
        _frame.End();
    }

    public void Usage(in TokenUsage usage) => _usage = usage;

    public void Finish(FinishReason reason, ReadOnlySpan<byte> stopSequence) => _reason = reason;

    public void End()
    {
        EndBlock();
        Open();
        var json = _frame.Begin();
        json.WriteStartObject();
        json.WriteEndObject();
        _frame.End(OpenAIFinish.Write(_reason, _hasCalls, _hasRefusal, _state.UsesFunctions));
        if (_context.IncludeUsage && _usage is { } usage)
        {
            _frame.WriteUsage(in usage);
        }

        _frame.WriteDone();
        Dispose();
    }

    public void Error(in ErrorReply error)
    {
        _frame.WriteError(in error);
        Dispose();
    }

    public void KeepAlive() => _frame.WriteKeepAlive();

    /// <summary>End and error do it: nobody else knows when a stream is over.</summary>
    public void Dispose() => _frame.Dispose();

    private bool IsBeyondFunction(int index) => _state.UsesFunctions && index > 0;

    private void WriteText(ReadOnlySpan<byte> before, ReadOnlySpan<byte> text)
    {
        EndBlock();
        Open();
        _frame.WriteText(before, text, "}"u8);
    }

    private static void BeginCall(Utf8JsonWriter json, int index)
    {
        json.WriteStartArray("tool_calls"u8);
        json.WriteStartObject();
        json.WriteNumber("index"u8, index);
    }

    private static void EndCall(Utf8JsonWriter json)
    {
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private void WriteKind(Utf8JsonWriter json, int index, ReadOnlySpan<byte> name)
    {
        var isCustom = _state.CustomTools is { } custom && custom.Contains(System.Text.Encoding.UTF8.GetString(name));
        if (isCustom)
        {
            // Its input is text inside the arguments' JSON: it is taken out when it is whole.
            (_customInputs ??= [])[index] = new ArrayBufferWriter<byte>();
        }

        json.WriteString("type"u8, isCustom ? "custom"u8 : "function"u8);
        json.WriteStartObject(isCustom ? "custom"u8 : "function"u8);
        json.WriteString("name"u8, name);
        json.WriteString(isCustom ? "input"u8 : "arguments"u8, ""u8);
        json.WriteEndObject();
    }

    /// <summary>The first chunk names the role: clients build the message on it.</summary>
    private void Open(bool contentIsNull = false)
    {
        if (_hasRole)
        {
            return;
        }

        _hasRole = true;
        var json = _frame.Begin();
        json.WriteStartObject();
        json.WriteString("role"u8, "assistant"u8);
        if (contentIsNull)
        {
            json.WriteNull("content"u8);
        }
        else
        {
            json.WriteString("content"u8, ""u8);
        }

        json.WriteNull("refusal"u8);
        json.WriteEndObject();
        _frame.End();
    }

    private void EndBlock()
    {
        _block += _blockIsOpen ? 1 : 0;
        _blockIsOpen = _blockIsSigned = false;
    }

    private static void BeginDetails(Utf8JsonWriter json) => json.WriteStartArray("reasoning_details"u8);

    private void EndDetails(Utf8JsonWriter json)
    {
        json.WriteEndArray();
        json.WriteEndObject();
        _frame.End();
    }
}
