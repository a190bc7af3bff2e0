using System.Text;
using System.Text.Json;
using Gateway.Core.Requests;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Streaming;

namespace Gateway.Router.Protocols.Gemini;

/// <summary>
/// Decodes <c>GenerateContentResponse</c>s: each event of a stream is a whole one with only new parts, and a plain answer is one too. The
/// protocol has no end marker: a stream may end when each candidate has its reason.
/// </summary>
/// <param name="translation">Null for answers that pass through: then nothing is refused that the client's protocol can say.</param>
/// <param name="operation">What was asked for: answers of counts and embeddings have no candidates.</param>
internal sealed class GeminiDecoder(Translation? translation, ThoughtSignatures signatures, LlmOperation operation = LlmOperation.GenerateContent) : IAnswerDecoder
{
    private static readonly JsonReaderOptions Deep = new() { MaxDepth = 256 };

    private readonly GeminiCalls _calls = new(translation, signatures);
    private byte[] _scratch = [];
    private bool _started;
    private bool _finished;
    private string? _brokenCall;

    // One bit per candidate.
    private uint _seen;
    private uint _ended;

    public bool IsFinished => _ended != 0 && _seen == _ended;

    public EventKind Decode(ReadOnlySpan<byte> frame, IAnswerSink sink)
    {
        var data = SseFrame.Data(frame, out var joined);
        data = (joined ?? data).Trim(" \t\r\n"u8);
        if (data.IsEmpty)
        {
            return EventKind.Silence;
        }

        if (data.SequenceEqual("[DONE]"u8))
        {
            // Not Google's, but what stands before it may add it.
            return IsFinished ? EventKind.Done : EventKind.Error;
        }

        try
        {
            return Read(data, sink);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return EventKind.Error;
        }
    }

    public EventKind DecodeAnswer(ReadOnlySpan<byte> document, IAnswerSink sink)
    {
        try
        {
            var kind = ReadAll(document, sink);
            if (kind == EventKind.Forward && translation is not null && _seen == 0 && !_finished)
            {
                throw new InvalidDataException("The answer has no candidate, and no reason why.");
            }

            _calls.Close(sink);
            return kind == EventKind.Error ? kind : EventKind.Done;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException("The answer is no JSON of Gemini's.", exception);
        }
    }

    public UpstreamError ReadError(ReadOnlySpan<byte> frame)
    {
        if (_brokenCall is not null)
        {
            return new UpstreamError(StatusCodes.Status502BadGateway, null, "upstream_malformed_tool_call", $"The model tried to call a tool and failed ({_brokenCall}). Try again.", null);
        }

        var document = frame.TrimStart(" \t\r\n"u8);
        if (document is not [(byte)'{' or (byte)'[', ..])
        {
            var data = SseFrame.Data(frame, out var joined);
            document = joined ?? data;
        }

        return UpstreamErrors.Read(StatusCodes.Status200OK, document);
    }

    public bool IsWholeEvent(ReadOnlySpan<byte> rest)
    {
        var data = SseFrame.Data(rest, out var joined);
        data = (joined ?? data).Trim(" \t\r\n"u8);
        if (data.IsEmpty || data.SequenceEqual("[DONE]"u8))
        {
            // A comment, or half a field name, loses nothing.
            return true;
        }

        try
        {
            var reader = new Utf8JsonReader(data, Deep);
            return reader.Read() && reader.TrySkip() && !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>One document, or the array of them that a stream without <c>alt=sse</c> is.</summary>
    private EventKind ReadAll(ReadOnlySpan<byte> document, IAnswerSink sink)
    {
        var reader = new Utf8JsonReader(document, Deep);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            var kind = Read(document, sink);
            if (kind != EventKind.Error)
            {
                // Nothing but white space may follow.
                reader.Skip();
                reader.Read();
            }

            return kind;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            if (Read(document[start..(int)reader.BytesConsumed], sink) == EventKind.Error)
            {
                return EventKind.Error;
            }
        }

        return EventKind.Forward;
    }

    private EventKind Read(ReadOnlySpan<byte> json, IAnswerSink sink)
    {
        if (!_started)
        {
            // They stand behind the parts, and must be told before them.
            if (!GeminiHead.TryRead(json, out var id, out var model))
            {
                return EventKind.Error;
            }

            _started = true;
            byte[] second = [];
            sink.Start(JsonText.Unescape(id, ref _scratch), JsonText.Unescape(model, ref second));
        }

        var reader = new Utf8JsonReader(json, Deep);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return EventKind.Error;
        }

        var isBlocked = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("candidates"u8))
            {
                reader.Read();
                if (reader.TokenType == JsonTokenType.StartArray && operation == LlmOperation.GenerateContent)
                {
                    while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    {
                        ReadCandidate(ref reader, json, sink);
                    }
                }
                else
                {
                    reader.Skip();
                }
            }
            else if (reader.ValueTextEquals("usageMetadata"u8))
            {
                reader.Read();
                if (GeminiUsage.Read(ref reader, out var tier) is { } usage)
                {
                    sink.Tier(tier);
                    sink.Usage(in usage);
                }
            }
            else if (reader.ValueTextEquals("promptFeedback"u8))
            {
                if (GeminiHead.ReadBlock(ref reader, ref _scratch) is { } blocked)
                {
                    isBlocked = true;
                    if (translation is not null)
                    {
                        sink.Refusal(Encoding.UTF8.GetBytes(blocked));
                    }
                }
            }
            else if (reader.ValueTextEquals("error"u8))
            {
                reader.Read();
                if (reader.TokenType != JsonTokenType.Null)
                {
                    return EventKind.Error;
                }
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        if (isBlocked && _seen == 0)
        {
            _seen = _ended = 1;
            Finish(FinishReason.Filtered, sink);
        }

        return _brokenCall is not null ? EventKind.Error : EventKind.Forward;
    }

    private void ReadCandidate(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, IAnswerSink sink)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        var index = 0;
        ReadOnlySpan<byte> reason = default;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("content"u8))
            {
                ReadContent(ref reader, json, sink);
            }
            else if (reader.ValueTextEquals("finishReason"u8))
            {
                reader.Read();
                reason = reader.TokenType == JsonTokenType.String ? reader.ValueSpan : default;
                reader.Skip();
            }
            else if (reader.ValueTextEquals("index"u8))
            {
                reader.Read();
                const int MostCandidates = 32;
                index = reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var number) && number is >= 0 and < MostCandidates ? number : 0;
                reader.Skip();
            }
            else
            {
                if (translation is not null && (reader.ValueTextEquals("groundingMetadata"u8) || reader.ValueTextEquals("citationMetadata"u8) || reader.ValueTextEquals("urlContextMetadata"u8)))
                {
                    translation.Notes.DropFromAnswer($"candidates[0].{Encoding.UTF8.GetString(reader.ValueSpan)}");
                }

                reader.Read();
                reader.Skip();
            }
        }

        var bit = 1u << index;
        _seen |= bit;
        if (!reason.IsEmpty)
        {
            _ended |= bit;
            End(reason, sink);
        }
    }

    private void ReadContent(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, IAnswerSink sink)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isParts = reader.ValueTextEquals("parts"u8);
            reader.Read();
            if (!isParts || reader.TokenType != JsonTokenType.StartArray)
            {
                reader.Skip();
                continue;
            }

            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (reader.TokenType == JsonTokenType.StartObject)
                {
                    Tell(GeminiPart.Read(ref reader, json), sink);
                }
                else
                {
                    reader.Skip();
                }
            }
        }
    }

    private void Tell(in GeminiPart part, IAnswerSink sink)
    {
        if (part.HasCall)
        {
            _calls.Tell(in part, sink);
            return;
        }

        if (part.IsThought && !part.Text.IsEmpty)
        {
            sink.Reasoning(JsonText.Unescape(part.Text, ref _scratch));
        }

        // On text, the signature proves the thoughts before it: told first, it closes them.
        if (!part.Signature.IsEmpty)
        {
            var signature = JsonText.Unescape(part.Signature, ref _scratch);
            if (translation is not null)
            {
                signatures.Remember(signature);
            }

            sink.ReasoningSignature(signature);
        }

        if (!part.IsThought && !part.Text.IsEmpty)
        {
            sink.Text(JsonText.Unescape(part.Text, ref _scratch));
        }

        if (!part.Other.IsEmpty)
        {
            translation?.Notes.DropFromAnswer($"candidates[0].content.parts.{Encoding.UTF8.GetString(part.Other)}");
        }
    }

    private void End(ReadOnlySpan<byte> reason, IAnswerSink sink)
    {
        if (GeminiFinish.IsBrokenCall(reason) && translation is not null)
        {
            _brokenCall = Encoding.UTF8.GetString(reason);
            return;
        }

        var known = GeminiFinish.Read(reason);
        if (known is null)
        {
            translation?.Notes.DropFromAnswer($"finish_reason={Encoding.UTF8.GetString(reason)}");
        }

        Finish(known ?? FinishReason.Stop, sink);
    }

    private void Finish(FinishReason reason, IAnswerSink sink)
    {
        if (_finished)
        {
            return;
        }

        _finished = true;
        _calls.Close(sink);

        // Gemini never says that it stopped for a tool.
        sink.Finish(reason == FinishReason.Stop && _calls.Count > 0 ? FinishReason.Tool : reason, default);
    }
}
