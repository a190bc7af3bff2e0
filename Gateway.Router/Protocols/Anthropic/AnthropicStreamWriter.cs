using System.Buffers;
using System.Text;
using Gateway.Core.Errors;
using Gateway.Core.Money;
using Gateway.Core.Requests;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Anthropic;

/// <summary>
/// Writes a stream of a message. Blocks stand one after another: while a call is open, everything else waits for its end. A call is
/// begun with its first arguments, so that its signature can stand before it.
/// </summary>
internal sealed class AnthropicStreamWriter(AnswerContext context, IBufferWriter<byte> output) : IAnswerWriter
{
    private readonly BlockEvents _blocks = new(output);
    private readonly MessageEvents _message = new(context, output);
    private readonly Queue<HeldBlock> _held = [];

    // The kind of the block that is open, or null. For a call: its state.
    private BlockKind? _open;
    private HeldBlock? _call;
    private bool _callWritten;
    private bool _callHasArguments;

    public void Start(ReadOnlySpan<byte> id, ReadOnlySpan<byte> model) => _message.Start(id);

    public void Text(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
        {
            return;
        }

        _message.Content(text);
        if (_call is not null)
        {
            Hold(BlockKind.Text).Append(text);
            return;
        }

        Open(BlockKind.Text);
        _blocks.TextDelta(text);
    }

    public void Refusal(ReadOnlySpan<byte> text)
    {
        _message.HasRefused = true;
        Text(text);
    }

    public void Reasoning(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
        {
            return;
        }

        _message.Content(text);
        if (_call is not null)
        {
            Hold(BlockKind.Thinking).Append(text);
            return;
        }

        Open(BlockKind.Thinking);
        _blocks.ThinkingDelta(text);
    }

    public void ReasoningSignature(ReadOnlySpan<byte> signature)
    {
        _message.Content(default);
        if (_call is not null)
        {
            var held = Hold(BlockKind.Thinking);
            held.Signature = signature.ToArray();
            held.HasEnded = true;
            return;
        }

        // A signature ends its block.
        Open(BlockKind.Thinking);
        _blocks.SignatureDelta(signature);
        Close();
    }

    public void RedactedReasoning(ReadOnlySpan<byte> data)
    {
        _message.Content(data);
        if (_call is not null)
        {
            var held = new HeldBlock(BlockKind.Skipped) { HasEnded = true };
            held.Append(data);
            _held.Enqueue(held);
            return;
        }

        Close();
        _blocks.StartRedacted(data);
        _blocks.Stop();
    }

    public void ToolStart(int index, ReadOnlySpan<byte> id, ReadOnlySpan<byte> name)
    {
        _message.Content(name);
        _message.HasCalls = true;
        var call = new HeldBlock(BlockKind.Tool, index) { Id = id.ToArray(), Name = name.ToArray() };
        if (_call is not null)
        {
            _held.Enqueue(call);
            return;
        }

        Close();
        Begin(call);
    }

    public void ToolArguments(int index, ReadOnlySpan<byte> json)
    {
        _message.Content(json);
        if (_call?.Tool != index)
        {
            HeldCall(index)?.Append(json);
            return;
        }

        if (!json.IsEmpty)
        {
            WriteCall();
            _blocks.ArgumentsDelta(json);
            _callHasArguments = true;
        }
    }

    public void ToolSignature(int index, ReadOnlySpan<byte> signature)
    {
        if ((_call?.Tool == index ? _call : HeldCall(index)) is { } call)
        {
            call.Signature = signature.ToArray();
        }
    }

    public void ToolEnd(int index)
    {
        if (_call?.Tool != index)
        {
            if (HeldCall(index) is { } held)
            {
                held.HasEnded = true;
            }

            return;
        }

        EndCall();
        while (_call is null && _held.TryDequeue(out var next))
        {
            Release(next);
        }
    }

    void IAnswerSink.Usage(in TokenUsage usage) => _message.Usage = usage;

    public void Finish(FinishReason reason, ReadOnlySpan<byte> stopSequence) => _message.Finish(reason, stopSequence);

    public void End()
    {
        while (_call is not null)
        {
            ToolEnd(_call.Tool);
        }

        _message.Content(default);
        Close();
        _message.End();
    }

    public void Error(in ErrorReply error) => ErrorWriters.WriteEvent(LlmProtocol.Anthropic, output, in error, context.RequestId.ToString());

    public void KeepAlive() => output.Write("event: ping\ndata: {\"type\":\"ping\"}\n\n"u8);

    private void Open(BlockKind kind)
    {
        if (_open == kind)
        {
            return;
        }

        Close();
        _open = kind;
        if (kind == BlockKind.Text)
        {
            _blocks.StartText();
        }
        else
        {
            _blocks.StartThinking();
        }
    }

    private void Close()
    {
        if (_open is not null)
        {
            _blocks.Stop();
            _open = null;
        }
    }

    private void Begin(HeldBlock call)
    {
        _call = call;
        _callWritten = false;
        _callHasArguments = false;
    }

    private void WriteCall()
    {
        if (_callWritten)
        {
            return;
        }

        _callWritten = true;
        WriteSignature();
        _blocks.StartTool(_call!.Id, _call.Name);
    }

    /// <summary>Where the protocol has no place for a call's signature: in a thinking block of its own.</summary>
    private void WriteSignature()
    {
        if (_call!.Signature is not { } signature)
        {
            return;
        }

        _call.Signature = null;
        _blocks.StartThinking();
        _blocks.SignatureDelta(Encoding.UTF8.GetBytes(CallSignatures.Pack(Encoding.UTF8.GetString(_call.Id), Encoding.UTF8.GetString(signature))));
        _blocks.Stop();
    }

    private void EndCall()
    {
        WriteCall();
        if (!_callHasArguments)
        {
            // Clients put the arguments together from deltas: none at all would be no JSON.
            _blocks.ArgumentsDelta("{}"u8);
        }

        _blocks.Stop();
        WriteSignature();
        _call = null;
    }

    private void Release(HeldBlock block)
    {
        switch (block.Kind)
        {
            case BlockKind.Text:
                Open(BlockKind.Text);
                _blocks.TextDelta(block.Content);
                break;
            case BlockKind.Thinking:
                ReleaseThinking(block);
                break;
            case BlockKind.Tool:
                Close();
                Begin(block);
                if (!block.Content.IsEmpty)
                {
                    WriteCall();
                    _blocks.ArgumentsDelta(block.Content);
                    _callHasArguments = true;
                }

                if (block.HasEnded)
                {
                    EndCall();
                }

                break;
            default:
                Close();
                _blocks.StartRedacted(block.Content);
                _blocks.Stop();
                break;
        }
    }

    private void ReleaseThinking(HeldBlock block)
    {
        Open(BlockKind.Thinking);
        if (!block.Content.IsEmpty)
        {
            _blocks.ThinkingDelta(block.Content);
        }

        if (block.Signature is not null)
        {
            _blocks.SignatureDelta(block.Signature);
            Close();
        }
    }

    /// <summary>The waiting block that more of a kind goes into.</summary>
    private HeldBlock Hold(BlockKind kind)
    {
        HeldBlock? last = null;
        foreach (var block in _held)
        {
            last = block;
        }

        if (last?.Kind != kind || last.HasEnded)
        {
            last = new HeldBlock(kind);
            _held.Enqueue(last);
        }

        return last;
    }

    private HeldBlock? HeldCall(int index)
    {
        foreach (var block in _held)
        {
            if (block.Tool == index && block.Kind == BlockKind.Tool)
            {
                return block;
            }
        }

        return null;
    }
}
