using System.Buffers;
using System.Text;
using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Responses;

/// <summary>How much of each item of an answer was given out, and what is still to be given.</summary>
internal sealed class ResponsesItems(Translation? translation)
{
    /// <summary>Behind this part number are a reasoning item's texts, before it its summaries.</summary>
    private const int FirstText = 1 << 16;

    /// <summary>Number of the first item that only the whole response tells of.</summary>
    private const int FromResponse = 1 << 20;

    private readonly Dictionary<int, Item> _items = [];
    private readonly List<int> _openCalls = [];
    private readonly HashSet<string> _callIds = new(StringComparer.Ordinal);
    private bool _sawText;
    private bool _sawReasoning;
    private int _calls;

    private sealed class Item
    {
        /// <summary>Bytes given out, by part.</summary>
        public Dictionary<int, long> Sent { get; } = [];

        /// <summary>The neutral number of a call; -1 for other items, and for a call whose name is not known yet.</summary>
        public int Call { get; set; } = -1;

        public bool IsCustom { get; set; }

        public bool IsDone { get; set; }
    }

    public bool Started { get; set; }

    public bool HasCalls => _calls > 0;

    public bool HasRefusal { get; private set; }

    public void Text(int index, int part, ReadOnlySpan<byte> text, IAnswerSink sink)
    {
        if (!text.IsEmpty)
        {
            _sawText = true;
            Count(At(index), part, text);
            sink.Text(text);
        }
    }

    public void WholeText(int index, int part, ReadOnlySpan<byte> text, IAnswerSink sink) => Text(index, part, Rest(index, part, text), sink);

    public void Refusal(int index, int part, ReadOnlySpan<byte> text, IAnswerSink sink)
    {
        HasRefusal = _sawText = true;
        if (!text.IsEmpty)
        {
            Count(At(index), part, text);
            sink.Refusal(text);
        }
    }

    public void WholeRefusal(int index, int part, ReadOnlySpan<byte> text, IAnswerSink sink) => Refusal(index, part, Rest(index, part, text), sink);

    public void Reasoning(int index, int part, bool isSummary, ReadOnlySpan<byte> text, IAnswerSink sink)
    {
        if (text.IsEmpty)
        {
            return;
        }

        var item = At(index);
        part = isSummary ? part : FirstText + part;
        if (item.Sent.Count > 0 && !item.Sent.ContainsKey(part))
        {
            // Each summary is a paragraph of its own.
            sink.Reasoning("\n\n"u8);
        }

        _sawReasoning = true;
        Count(item, part, text);
        sink.Reasoning(text);
    }

    public void WholeReasoning(int index, int part, bool isSummary, ReadOnlySpan<byte> text, IAnswerSink sink) =>
        Reasoning(index, part, isSummary, Rest(index, isSummary ? part : FirstText + part, text), sink);

    public void Arguments(int index, ReadOnlySpan<byte> json, IAnswerSink sink)
    {
        // Arguments of an item that was never added wait for its name, which the whole item tells; those behind its end come too late.
        if (_items.TryGetValue(index, out var item) && item is { Call: >= 0, IsCustom: false } && !json.IsEmpty && _openCalls.Contains(item.Call))
        {
            Count(item, 0, json);
            sink.ToolArguments(item.Call, json);
        }
    }

    public void WholeArguments(int index, ReadOnlySpan<byte> json, IAnswerSink sink) => Arguments(index, Rest(index, 0, json), sink);

    public void Added(int index, ReadOnlySpan<byte> json, IAnswerSink sink) => WithItem(index, json, sink, isDone: false);

    public void Done(int index, ReadOnlySpan<byte> json, IAnswerSink sink) => WithItem(index, json, sink, isDone: true);

    /// <summary>The items of the whole response. Taken only where no event told of them; by kind and id, for servers do not number them alike everywhere.</summary>
    public void Complete(JsonElement output, IAnswerSink sink)
    {
        var (sawText, sawReasoning) = (_sawText, _sawReasoning);
        var index = FromResponse;
        foreach (var item in output.EnumerateArray())
        {
            var isKnown = JsonWords.Word(item, "type") switch
            {
                "message" => sawText,
                "reasoning" => sawReasoning,
                "function_call" or "custom_tool_call" => JsonWords.Word(item, "call_id") is { } id ? _callIds.Contains(id) : HasCalls,
                _ => _items.Count > 0,
            };
            if (!isKnown)
            {
                Read(index, item, sink, isDone: true);
            }

            index++;
        }
    }

    public void EndCalls(IAnswerSink sink)
    {
        foreach (var call in _openCalls)
        {
            sink.ToolEnd(call);
        }

        _openCalls.Clear();
    }

    private void WithItem(int index, ReadOnlySpan<byte> json, IAnswerSink sink, bool isDone)
    {
        if (json.IsEmpty)
        {
            return;
        }

        var reader = new Utf8JsonReader(json);
        using var document = JsonDocument.ParseValue(ref reader);
        Read(index, document.RootElement, sink, isDone);
    }

    private void Read(int index, JsonElement json, IAnswerSink sink, bool isDone)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        switch (JsonWords.Word(json, "type"))
        {
            case "message" when isDone:
                ReadMessage(index, json, sink);
                break;
            case "function_call":
                ReadCall(index, json, sink, isCustom: false, isDone);
                break;
            case "custom_tool_call":
                ReadCall(index, json, sink, isCustom: true, isDone);
                break;
            case "reasoning" when isDone:
                ReadReasoning(index, json, sink);
                break;
            case null or "message" or "reasoning":
                break;
            case var type when isDone:
                // What OpenAI's own tools did.
                translation?.Notes.DropFromAnswer(type);
                break;
            default:
                break;
        }
    }

    private void ReadMessage(int index, JsonElement json, IAnswerSink sink)
    {
        if (!json.TryGetProperty("content", out var content) || content.ValueKind != JsonValueKind.Array)
        {
            return;
        }

        var number = 0;
        foreach (var part in content.EnumerateArray())
        {
            switch (JsonWords.Word(part, "type"))
            {
                case "output_text" or "text":
                    WholeText(index, number, JsonWords.Utf8(part, "text"), sink);
                    if (translation is not null && part.TryGetProperty("annotations", out var notes) && notes.ValueKind == JsonValueKind.Array && notes.GetArrayLength() > 0)
                    {
                        translation.Notes.DropFromAnswer("annotations");
                    }

                    break;
                case "refusal":
                    WholeRefusal(index, number, JsonWords.Utf8(part, "refusal"), sink);
                    break;
                default:
                    break;
            }

            number++;
        }
    }

    private void ReadReasoning(int index, JsonElement json, IAnswerSink sink)
    {
        ReadTexts(index, json, "summary", isSummary: true, sink);
        ReadTexts(index, json, "content", isSummary: false, sink);
        var item = At(index);
        if (!item.IsDone && JsonWords.Word(json, "encrypted_content") is { Length: > 0 } encrypted)
        {
            sink.ReasoningSignature(Encoding.UTF8.GetBytes(PackedReasoning.OwnPrefix + encrypted));
        }

        item.IsDone = _sawReasoning = true;
    }

    private void ReadTexts(int index, JsonElement json, string list, bool isSummary, IAnswerSink sink)
    {
        if (!json.TryGetProperty(list, out var parts) || parts.ValueKind != JsonValueKind.Array)
        {
            return;
        }

        var number = 0;
        foreach (var part in parts.EnumerateArray())
        {
            WholeReasoning(index, number++, isSummary, JsonWords.Utf8(part, "text"), sink);
        }
    }

    private void ReadCall(int index, JsonElement json, IAnswerSink sink, bool isCustom, bool isDone)
    {
        var item = At(index);
        if (item.IsDone)
        {
            return;
        }

        if (item.Call < 0)
        {
            var name = JsonWords.Word(json, "name") ?? "";
            if (name.Length == 0 && !isDone)
            {
                return;
            }

            item.Call = _calls++;
            item.IsCustom = isCustom;
            _openCalls.Add(item.Call);
            var id = JsonWords.Word(json, "call_id") is { Length: > 0 } callId ? callId : JsonWords.Word(json, "id") is { Length: > 0 } ownId ? ownId : ToolIds.New();
            _callIds.Add(id);
            sink.ToolStart(item.Call, Encoding.UTF8.GetBytes(id), Encoding.UTF8.GetBytes(translation?.ToolNames.ToClient(name) ?? name));
        }

        if (!isCustom)
        {
            // A server may tell the arguments already when it adds the call, and not again.
            WholeArguments(index, JsonWords.Utf8(json, "arguments"), sink);
        }

        if (isDone)
        {
            if (isCustom)
            {
                // As a function's argument, which every protocol knows.
                var wrapped = new ArrayBufferWriter<byte>();
                wrapped.Write("{\"input\":"u8);
                JsonPieces.String(wrapped, JsonWords.Utf8(json, "input"));
                wrapped.Write("}"u8);
                sink.ToolArguments(item.Call, wrapped.WrittenSpan);
            }

            item.IsDone = true;
            _openCalls.Remove(item.Call);
            sink.ToolEnd(item.Call);
        }
    }

    private Item At(int index)
    {
        if (!_items.TryGetValue(index, out var item))
        {
            _items[index] = item = new Item();
        }

        return item;
    }

    private static void Count(Item item, int part, ReadOnlySpan<byte> text) => item.Sent[part] = item.Sent.GetValueOrDefault(part) + text.Length;

    private ReadOnlySpan<byte> Rest(int index, int part, ReadOnlySpan<byte> whole)
    {
        var sent = _items.TryGetValue(index, out var item) ? item.Sent.GetValueOrDefault(part) : 0;
        return sent >= whole.Length ? default : whole[(int)sent..];
    }
}
