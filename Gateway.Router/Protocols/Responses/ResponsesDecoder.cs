using System.Text.Json;
using Gateway.Core.Money;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Streaming;

namespace Gateway.Router.Protocols.Responses;

/// <summary>
/// Decodes answers of servers that speak responses. Some send a text or arguments only when they are whole, in one of several places: what
/// was not given out before is given out there, once.
/// </summary>
/// <param name="translation">Null where the bytes pass through and are only followed.</param>
internal sealed class ResponsesDecoder(Translation? translation) : IAnswerDecoder
{
    private readonly JsonTokens _tokens = new();
    private readonly ResponsesItems _items = new(translation);
    private bool _hasUsage;

    public bool IsFinished { get; private set; }

    public EventKind Decode(ReadOnlySpan<byte> frame, IAnswerSink sink)
    {
        var data = Data(frame);
        if (data.IsEmpty || data.SequenceEqual("[DONE]"u8))
        {
            // The end marker of another protocol, which some proxies add: it proves nothing here.
            return EventKind.Silence;
        }

        if (!ResponsesEvent.TryRead(data, out var found))
        {
            return EventKind.Error;
        }

        var type = found.Type;
        if (type.StartsWith("response."u8))
        {
            return DecodeEvent(type["response.".Length..], in found, sink);
        }

        // An event without a known type, but with an error in it, is one: proxies answer so.
        return type.SequenceEqual("error"u8) || (type.IsEmpty && HasError(data)) ? EventKind.Error : EventKind.Forward;
    }

    public EventKind DecodeAnswer(ReadOnlySpan<byte> document, IAnswerSink sink)
    {
        try
        {
            var reader = new Utf8JsonReader(document);
            using var parsed = JsonDocument.ParseValue(ref reader);
            var response = parsed.RootElement;
            if (response.ValueKind != JsonValueKind.Object)
            {
                throw new InvalidDataException("The answer is no response.");
            }

            if (IsFailed(response))
            {
                ReadUsage(response, sink);
                return EventKind.Error;
            }

            if (!response.TryGetProperty("output", out var output) || output.ValueKind != JsonValueKind.Array)
            {
                throw new InvalidDataException("The answer is no response.");
            }

            Start(response, sink);
            Finish(response, sink);
            return EventKind.Done;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException("The answer is no response.", exception);
        }
    }

    public UpstreamError ReadError(ReadOnlySpan<byte> frame)
    {
        var document = frame.TrimStart(" \t\r\n"u8).StartsWith("{"u8) ? frame : Data(frame);
        return ResponsesError.Read(document);
    }

    public bool IsWholeEvent(ReadOnlySpan<byte> rest)
    {
        var data = Data(rest);
        return data.IsEmpty || data.SequenceEqual("[DONE]"u8) || ResponsesEvent.TryRead(data, out _);
    }

    private EventKind DecodeEvent(ReadOnlySpan<byte> type, in ResponsesEvent found, IAnswerSink sink)
    {
        switch (type)
        {
            case var _ when type.SequenceEqual("output_text.delta"u8):
                _items.Text(found.OutputIndex, found.PartIndex, _tokens.Unescape(found.Delta), sink);
                break;
            case var _ when type.SequenceEqual("function_call_arguments.delta"u8):
                _items.Arguments(found.OutputIndex, _tokens.Unescape(found.Delta), sink);
                break;
            case var _ when type.SequenceEqual("reasoning_summary_text.delta"u8):
                _items.Reasoning(found.OutputIndex, found.PartIndex, isSummary: true, _tokens.Unescape(found.Delta), sink);
                break;
            case var _ when type.SequenceEqual("reasoning_text.delta"u8):
                _items.Reasoning(found.OutputIndex, found.PartIndex, isSummary: false, _tokens.Unescape(found.Delta), sink);
                break;
            case var _ when type.SequenceEqual("refusal.delta"u8):
                _items.Refusal(found.OutputIndex, found.PartIndex, _tokens.Unescape(found.Delta), sink);
                break;
            case var _ when type.SequenceEqual("output_text.done"u8):
                _items.WholeText(found.OutputIndex, found.PartIndex, _tokens.Unescape(found.Whole), sink);
                break;
            case var _ when type.SequenceEqual("function_call_arguments.done"u8):
                _items.WholeArguments(found.OutputIndex, _tokens.Unescape(found.Whole), sink);
                break;
            case var _ when type.SequenceEqual("reasoning_summary_text.done"u8):
                _items.WholeReasoning(found.OutputIndex, found.PartIndex, isSummary: true, _tokens.Unescape(found.Whole), sink);
                break;
            case var _ when type.SequenceEqual("reasoning_text.done"u8):
                _items.WholeReasoning(found.OutputIndex, found.PartIndex, isSummary: false, _tokens.Unescape(found.Whole), sink);
                break;
            case var _ when type.SequenceEqual("refusal.done"u8):
                _items.WholeRefusal(found.OutputIndex, found.PartIndex, _tokens.Unescape(found.Whole), sink);
                break;
            case var _ when type.SequenceEqual("output_item.added"u8):
                _items.Added(found.OutputIndex, found.Item, sink);
                break;
            case var _ when type.SequenceEqual("output_item.done"u8):
                _items.Done(found.OutputIndex, found.Item, sink);
                break;
            case var _ when type.SequenceEqual("created"u8) || type.SequenceEqual("in_progress"u8):
                return WithResponse(in found, sink, static (decoder, response, sink) => decoder.Start(response, sink)) ? EventKind.Forward : EventKind.Error;
            case var _ when type.SequenceEqual("completed"u8) || type.SequenceEqual("incomplete"u8):
                return WithResponse(in found, sink, static (decoder, response, sink) => decoder.Finish(response, sink)) ? EventKind.Done : EventKind.Error;
            case var _ when type.SequenceEqual("failed"u8):
                // What it cost up to here is charged all the same.
                WithResponse(in found, sink, static (decoder, response, sink) => decoder.ReadUsage(response, sink));
                return EventKind.Error;
            case var _ when type.SequenceEqual("cancelled"u8):
                return EventKind.Error;
            default:
                // Parts and calls of tools that OpenAI runs: nothing that has a neutral word.
                break;
        }

        return EventKind.Forward;
    }

    private bool WithResponse(in ResponsesEvent found, IAnswerSink sink, Action<ResponsesDecoder, JsonElement, IAnswerSink> read)
    {
        if (found.Response.IsEmpty)
        {
            return false;
        }

        try
        {
            var reader = new Utf8JsonReader(found.Response);
            using var document = JsonDocument.ParseValue(ref reader);
            read(this, document.RootElement, sink);
            return true;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private void Start(JsonElement response, IAnswerSink sink)
    {
        if (!_items.Started)
        {
            _items.Started = true;
            sink.Start(JsonWords.Utf8(response, "id"), JsonWords.Utf8(response, "model"));
        }
    }

    private void Finish(JsonElement response, IAnswerSink sink)
    {
        Start(response, sink);
        if (response.TryGetProperty("output", out var output) && output.ValueKind == JsonValueKind.Array)
        {
            _items.Complete(output, sink);
        }

        _items.EndCalls(sink);
        ReadUsage(response, sink);
        IsFinished = true;
        sink.Finish(Reason(response), default);
    }

    private FinishReason Reason(JsonElement response)
    {
        if (response.TryGetProperty("incomplete_details", out var details) && details.ValueKind == JsonValueKind.Object)
        {
            return JsonWords.Word(details, "reason") == "content_filter" ? FinishReason.Filtered : FinishReason.Length;
        }

        return JsonWords.Word(response, "status") == "incomplete" ? FinishReason.Length
            : _items.HasCalls ? FinishReason.Tool
            : _items.HasRefusal ? FinishReason.Refusal : FinishReason.Stop;
    }

    private void ReadUsage(JsonElement response, IAnswerSink sink)
    {
        if (!_hasUsage && response.TryGetProperty("usage", out var usage) && ResponsesUsage.Read(usage) is { } counts)
        {
            _hasUsage = true;
            sink.Tier(JsonWords.Word(response, "service_tier") is { } tier ? ServiceTiers.Of(tier) : ServiceTier.Unsaid);
            sink.Usage(in counts);
        }
    }

    private static bool IsFailed(JsonElement response) =>
        (response.TryGetProperty("error", out var error) && error.ValueKind is JsonValueKind.Object or JsonValueKind.String) || JsonWords.Word(response, "status") is "failed" or "cancelled";

    private static bool HasError(ReadOnlySpan<byte> data)
    {
        var reader = new Utf8JsonReader(data);
        using var document = JsonDocument.ParseValue(ref reader);
        return document.RootElement.TryGetProperty("error", out var error) && error.ValueKind is JsonValueKind.Object or JsonValueKind.String;
    }


    private static ReadOnlySpan<byte> Data(ReadOnlySpan<byte> frame)
    {
        var data = SseFrame.Data(frame, out var joined);
        return (joined ?? data).Trim(" \t"u8);
    }
}
