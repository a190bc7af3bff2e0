using System.Text;
using System.Text.Json;
using Gateway.Simulator.Faults;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.Anthropic;

/// <summary>The events of a streamed message: blocks one after another, each opened, filled and closed.</summary>
internal sealed class AnthropicFrames(ProviderCall call, Answer answer, FaultScript script, bool omitThinking) : IAnswerFrames
{
    private const int NoBlock = int.MinValue;

    private readonly SseBuffer _events = new(script.Crlf);
    private readonly StringBuilder _thinking = new();
    private int _block = NoBlock;
    private int _index = -1;

    public string ContentType => "text/event-stream; charset=utf-8";

    public ReadOnlyMemory<byte> Open(int choice, AnswerToken? first)
    {
        _events.Clear();
        var json = Start("message_start"u8);
        json.WritePropertyName("message"u8);
        AnthropicAnswer.StartMessage(json, call);
        json.WriteStartArray("content"u8);
        json.WriteEndArray();
        json.WriteNull("stop_reason"u8);
        json.WriteNull("stop_sequence"u8);
        json.WriteNull("stop_details"u8);
        if (!script.NoUsage)
        {
            AnthropicAnswer.WriteUsage(json, answer, output: 1, withTier: true);
        }

        json.WriteEndObject();
        End(json);
        return _events.Bytes;
    }

    public ReadOnlyMemory<byte> Token(int choice, AnswerToken token)
    {
        _events.Clear();
        if (token.Call != _block)
        {
            CloseBlock();
            OpenBlock(token);
        }

        if (token.Call == AnswerToken.Reasoning)
        {
            if (omitThinking)
            {
                return _events.Bytes;
            }

            _thinking.Append(token.Text);
            WriteDelta("thinking_delta"u8, "thinking"u8, token.Text);
        }
        else if (token.Call == AnswerToken.Content)
        {
            WriteDelta("text_delta"u8, "text"u8, token.Text);
        }
        else
        {
            // The name stands in the start of the block; the real one then sends an empty piece before the arguments.
            WriteDelta("input_json_delta"u8, "partial_json"u8, token.StartsCall ? "" : token.Text);
        }

        return _events.Bytes;
    }

    public ReadOnlyMemory<byte> Finish(int choice, AnswerEnd end)
    {
        _events.Clear();
        CloseBlock();
        var json = Start("message_delta"u8);
        json.WriteStartObject("delta"u8);
        AnthropicAnswer.WriteEnd(json, answer.Choices[0]);
        json.WriteEndObject();
        if (!script.NoUsage)
        {
            AnthropicAnswer.WriteUsage(json, answer, answer.CompletionTokens, withTier: false);
        }

        End(json);
        return _events.Bytes;
    }

    public ReadOnlyMemory<byte> End(Answer answer)
    {
        _events.Clear();
        if (!script.NoDone)
        {
            End(Start("message_stop"u8));
        }

        return _events.Bytes;
    }

    public ReadOnlyMemory<byte> Error(ProviderException error)
    {
        _events.Clear();
        error.WriteBody(_events.StartEvent("error"u8), call.Meter.Number);
        _events.EndEvent();
        return _events.Bytes;
    }

    public ReadOnlyMemory<byte> Garbage()
    {
        _events.Clear();
        _events.Raw("{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"u8, "content_block_delta"u8);
        return _events.Bytes;
    }

    public void Dispose() => _events.Dispose();

    private void OpenBlock(AnswerToken token)
    {
        _block = token.Call;
        _index++;
        var json = Start("content_block_start"u8);
        json.WriteNumber("index"u8, _index);
        json.WriteStartObject("content_block"u8);
        switch (token.Call)
        {
            case AnswerToken.Reasoning:
                json.WriteString("type"u8, "thinking"u8);
                json.WriteString("thinking"u8, ""u8);
                json.WriteString("signature"u8, ""u8);
                break;
            case AnswerToken.Content:
                json.WriteString("type"u8, "text"u8);
                json.WriteString("text"u8, ""u8);
                break;
            default:
                json.WriteString("type"u8, "tool_use"u8);
                json.WriteString("id"u8, AnthropicAnswer.CallId(call, token.Call));
                json.WriteString("name"u8, token.Text);
                json.WriteStartObject("input"u8);
                json.WriteEndObject();
                break;
        }

        json.WriteEndObject();
        End(json);
        if (_index == 0)
        {
            End(Start("ping"u8));
        }
    }

    private void CloseBlock()
    {
        if (_block == NoBlock)
        {
            return;
        }

        if (_block == AnswerToken.Reasoning)
        {
            WriteDelta("signature_delta"u8, "signature"u8, Seal.Of(AnthropicThinking.SealKind, _thinking.ToString()));
        }

        var json = Start("content_block_stop"u8);
        json.WriteNumber("index"u8, _index);
        End(json);
        _block = NoBlock;
    }

    private void WriteDelta(ReadOnlySpan<byte> type, ReadOnlySpan<byte> member, string text)
    {
        var json = Start("content_block_delta"u8);
        json.WriteNumber("index"u8, _index);
        json.WriteStartObject("delta"u8);
        json.WriteString("type"u8, type);
        json.WriteString(member, text);
        json.WriteEndObject();
        End(json);
    }

    private Utf8JsonWriter Start(ReadOnlySpan<byte> name)
    {
        var json = _events.StartEvent(name);
        json.WriteStartObject();
        json.WriteString("type"u8, name);
        return json;
    }

    private void End(Utf8JsonWriter json)
    {
        json.WriteEndObject();
        _events.EndEvent();
    }
}
