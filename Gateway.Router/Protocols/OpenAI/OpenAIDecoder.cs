using System.Text;
using System.Text.Json;
using Gateway.Core.Money;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Streaming;

namespace Gateway.Router.Protocols.OpenAI;

/// <summary>Decodes chat completions, streamed and plain, of OpenAI and of everything that resembles it (protocols.md 5.2).</summary>
/// <param name="translation">Null where the answer passes through and is only followed.</param>
internal sealed class OpenAIDecoder(Translation? translation) : IAnswerDecoder
{
    private readonly OpenAICalls _calls = new(translation?.ToolNames);
    private readonly OpenAIAnswerReader _rest = new();
    private byte[] _buffer = [];
    private int _choice = -1;
    private bool _isStarted;
    private bool _refused;

    public bool IsFinished { get; private set; }

    public EventKind Decode(ReadOnlySpan<byte> frame, IAnswerSink sink)
    {
        var data = SseFrame.Data(frame, out var joined);
        data = JsonBytes.Repair((joined ?? data).Trim(" \t"u8));
        if (data.IsEmpty)
        {
            return EventKind.Silence;
        }

        if (data.SequenceEqual("[DONE]"u8))
        {
            // The marker alone is an end, too; who gave no reason is told by what he wrote.
            Finish(default, default, sink);
            return EventKind.Done;
        }

        try
        {
            var fields = OpenAIChunkFields.Read(data, "delta"u8, ref _choice);
            if (fields.Error.HasValue || fields.LooksLikeError)
            {
                return EventKind.Error;
            }

            Apply(data, in fields, sink);
            return EventKind.Forward;
        }
        catch (JsonException)
        {
            return EventKind.Error;
        }
    }

    public EventKind DecodeAnswer(ReadOnlySpan<byte> document, IAnswerSink sink)
    {
        document = JsonBytes.Repair(document);
        OpenAIChunkFields fields;
        try
        {
            fields = OpenAIChunkFields.Read(document, "message"u8, ref _choice);
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException("The answer is no JSON object.", exception);
        }

        if (fields.Error.HasValue || fields.LooksLikeError)
        {
            return EventKind.Error;
        }

        if (!fields.Choice.IsPresent)
        {
            throw new InvalidDataException("The answer has no choice.");
        }

        Apply(document, in fields, sink);
        Finish(default, default, sink);
        return EventKind.Done;
    }

    public UpstreamError ReadError(ReadOnlySpan<byte> frame)
    {
        var data = SseFrame.Data(frame, out var joined);
        data = (joined ?? data).Trim(" \t"u8);
        data = data.IsEmpty ? frame : data;
        return UpstreamErrors.Read(StatusCodes.Status200OK, data);
    }

    public bool IsWholeEvent(ReadOnlySpan<byte> rest)
    {
        var data = SseFrame.Data(rest, out var joined);
        data = (joined ?? data).Trim(" \t"u8);
        if (data.IsEmpty || data.SequenceEqual("[DONE]"u8))
        {
            // A comment, or half a field name, loses nothing.
            return true;
        }

        _rest.Reset();
        _rest.Append(data);
        return _rest.IsWhole;
    }

    private void Apply(ReadOnlySpan<byte> data, in OpenAIChunkFields fields, IAnswerSink sink)
    {
        // Azure's first chunk has neither id nor model nor choices, and says nothing of the answer.
        if (!_isStarted && (fields.Choice.IsPresent || fields.Id.HasText))
        {
            _isStarted = true;
            byte[] second = [];
            sink.Start(fields.Id.Text(data, ref _buffer), fields.Model.Text(data, ref second));
        }

        if (fields.Choice.IsPresent)
        {
            ApplyChoice(data, in fields.Choice, sink);
        }

        if (fields.Tier.HasText)
        {
            sink.Tier(ServiceTiers.Read(fields.Tier.Text(data, ref _buffer)));
        }

        // Wherever it stands, and as often as it comes: the counts are cumulative.
        if (fields.Usage.IsObject && OpenAIUsage.TryRead(fields.Usage.Raw(data), out var usage))
        {
            sink.Usage(in usage);
        }
    }

    private void ApplyChoice(ReadOnlySpan<byte> data, in OpenAIChoiceFields choice, IAnswerSink sink)
    {
        ApplyReasoning(data, in choice, sink);
        if (choice.Content.HasText)
        {
            sink.Text(choice.Content.Text(data, ref _buffer));
        }
        else if (choice.Content.IsArray)
        {
            OpenAIReasoningDetails.ReadContent(choice.Content.Raw(data), ref _buffer, sink);
        }

        if (choice.Refusal.HasText)
        {
            _refused = true;
            sink.Refusal(choice.Refusal.Text(data, ref _buffer));
        }

        if (choice.ToolCalls.IsArray)
        {
            _calls.Take(data, choice.ToolCalls, sink);
        }
        else if (choice.FunctionCall.IsObject)
        {
            _calls.TakeFunction(data, choice.FunctionCall, sink);
        }

        NoteForeign("annotations", choice.Annotations);
        NoteForeign("audio", choice.Audio);
        NoteForeign("images", choice.Images);
        if (choice.FinishReason.HasText)
        {
            Finish(data, choice.FinishReason, sink);
        }

        if (IsFinished)
        {
            // Nobody says how long a talkative server goes on.
            _calls.End(sink);
        }
    }

    private void ApplyReasoning(ReadOnlySpan<byte> data, in OpenAIChoiceFields choice, IAnswerSink sink)
    {
        // Servers that give several of the three repeat the same text in each.
        if (choice.ReasoningDetails.IsArray && OpenAIReasoningDetails.Read(choice.ReasoningDetails.Raw(data), ref _buffer, sink))
        {
            return;
        }

        var text = choice.ReasoningContent.HasText ? choice.ReasoningContent : choice.Reasoning;
        if (text.HasText)
        {
            sink.Reasoning(text.Text(data, ref _buffer));
        }
    }

    /// <summary>The first reason counts.</summary>
    private void Finish(ReadOnlySpan<byte> data, JsonSlice word, IAnswerSink sink)
    {
        if (IsFinished)
        {
            return;
        }

        IsFinished = true;
        var raw = word.Text(data, ref _buffer);
        var reason = raw.IsEmpty ? FinishReason.Stop : OpenAIFinish.Read(raw);
        if (reason is null)
        {
            translation?.Notes.DropFromAnswer("finish_reason=" + Encoding.UTF8.GetString(raw[..Math.Min(raw.Length, 40)]));
            reason = FinishReason.Stop;
        }

        if (reason == FinishReason.Stop)
        {
            // Gemini's compatible endpoint says stop beside calls; OpenAI says it beside a refusal.
            reason = _calls.Any ? FinishReason.Tool : _refused ? FinishReason.Refusal : reason;
        }

        _calls.End(sink);
        sink.Finish(reason.Value, default);
    }

    private void NoteForeign(string name, JsonSlice value)
    {
        if (value.HasValue)
        {
            translation?.Notes.DropFromAnswer(name);
        }
    }
}
