using System.Text;
using System.Text.Json;
using Gateway.Simulator.Faults;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.Bedrock;

/// <summary>The events of a streamed Converse: blocks one after another; only those of tools are opened by an event.</summary>
internal sealed class BedrockFrames(ProviderCall call, FaultScript script) : IAnswerFrames
{
    private const int NoBlock = int.MinValue;

    private readonly EventStreamBuffer _events = new();
    private readonly StringBuilder _reasoning = new();
    private int _block = NoBlock;
    private int _index = -1;

    public string ContentType => "application/vnd.amazon.eventstream";

    public ReadOnlyMemory<byte> Open(int choice, AnswerToken? first)
    {
        _events.Clear();
        var json = Start("messageStart");
        json.WriteString("role"u8, "assistant"u8);
        End(json);
        return _events.Bytes;
    }

    public ReadOnlyMemory<byte> Token(int choice, AnswerToken token)
    {
        _events.Clear();
        if (token.Call != _block)
        {
            CloseBlock();
            _block = token.Call;
            _index++;
        }

        if (token.StartsCall)
        {
            var json = StartBlockEvent("contentBlockStart");
            json.WriteStartObject("start"u8);
            json.WriteStartObject("toolUse"u8);
            json.WriteString("name"u8, token.Text);
            json.WriteString("toolUseId"u8, BedrockAnswer.CallId(call, token.Call));
            json.WriteEndObject();
            json.WriteEndObject();
            End(json);
            return _events.Bytes;
        }

        switch (token.Call)
        {
            case AnswerToken.Content:
                WriteDelta(default, "text"u8, token.Text);
                break;
            case AnswerToken.Reasoning:
                _reasoning.Append(token.Text);
                WriteDelta("reasoningContent"u8, "text"u8, token.Text);
                break;
            default:
                WriteDelta("toolUse"u8, "input"u8, token.Text);
                break;
        }

        return _events.Bytes;
    }

    public ReadOnlyMemory<byte> Finish(int choice, AnswerEnd end)
    {
        _events.Clear();
        CloseBlock();
        if (!script.NoDone)
        {
            var json = Start("messageStop");
            json.WriteString("stopReason"u8, BedrockAnswer.Reason(end));
            End(json);
        }

        return _events.Bytes;
    }

    public ReadOnlyMemory<byte> End(Answer answer)
    {
        _events.Clear();
        if (!script.NoUsage)
        {
            var json = Start("metadata");
            BedrockAnswer.WriteMetrics(json);
            BedrockAnswer.WriteUsage(json, answer);
            End(json);
        }

        return _events.Bytes;
    }

    public ReadOnlyMemory<byte> Error(ProviderException error)
    {
        _events.Clear();
        var type = ((BedrockError)error).Type;
        error.WriteBody(_events.StartException($"{char.ToLowerInvariant(type[0])}{type[1..]}"), call.Meter.Number);
        _events.End();
        return _events.Bytes;
    }

    public ReadOnlyMemory<byte> Garbage()
    {
        _events.Clear();
        _events.StartEvent("contentBlockDelta");
        _events.EndWith("{\"contentBlockIndex\":0,\"delta\":{\"text\":"u8);
        return _events.Bytes;
    }

    public void Dispose() => _events.Dispose();

    private void CloseBlock()
    {
        if (_block == NoBlock)
        {
            return;
        }

        if (_block == AnswerToken.Reasoning)
        {
            WriteDelta("reasoningContent"u8, "signature"u8, Seal.Of(BedrockPrompt.SealKind, _reasoning.ToString()));
        }

        End(StartBlockEvent("contentBlockStop"));
        _block = NoBlock;
    }

    private void WriteDelta(ReadOnlySpan<byte> kind, ReadOnlySpan<byte> member, string text)
    {
        var json = StartBlockEvent("contentBlockDelta");
        json.WriteStartObject("delta"u8);
        if (!kind.IsEmpty)
        {
            json.WriteStartObject(kind);
        }

        json.WriteString(member, text);
        if (!kind.IsEmpty)
        {
            json.WriteEndObject();
        }

        json.WriteEndObject();
        End(json);
    }

    private Utf8JsonWriter StartBlockEvent(string name)
    {
        var json = Start(name);
        json.WriteNumber("contentBlockIndex"u8, _index);
        return json;
    }

    private Utf8JsonWriter Start(string name)
    {
        var json = _events.StartEvent(name);
        json.WriteStartObject();
        return json;
    }

    /// <summary>Every event ends with padding that means nothing.</summary>
    private void End(Utf8JsonWriter json)
    {
        json.WriteString("p"u8, "abcdefghijklmn"u8);
        json.WriteEndObject();
        _events.End();
    }
}
