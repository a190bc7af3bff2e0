using System.Text;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Anthropic;

/// <summary>The content blocks of one message, on their way into neutral events.</summary>
internal sealed class BlockDecoder(Translation? translation)
{
    private readonly JsonStrings _text = new();
    private readonly List<OpenBlock> _open = [];
    private readonly byte[]? _outputTool = translation?.OutputTool is { } name ? Encoding.UTF8.GetBytes(name) : null;
    private long _next;
    private int _tools;

    /// <summary>Whether the message calls tools of the client.</summary>
    public bool HasCalls => _tools > 0;

    public bool HasOpen => _open.Count > 0;

    /// <summary>One block of a plain message.</summary>
    public void Whole(ReadOnlySpan<byte> block, IAnswerSink sink)
    {
        if (Start(null, block, sink))
        {
            StopAll(sink);
        }
    }

    /// <param name="index">The upstream's number, where it gives one.</param>
    /// <returns>False when it is no block.</returns>
    public bool Start(long? index, ReadOnlySpan<byte> block, IAnswerSink sink)
    {
        ReadOnlySpan<byte> type = default, id = default, name = default, input = default, text = default, thinking = default, signature = default, data = default;
        var members = new JsonMembers(block);
        while (members.Next())
        {
            if (members.Is("type"u8))
            {
                type = members.Value();
            }
            else if (members.Is("text"u8))
            {
                text = members.Value();
            }
            else if (members.Is("id"u8))
            {
                id = members.Value();
            }
            else if (members.Is("name"u8))
            {
                name = members.Value();
            }
            else if (members.Is("input"u8))
            {
                input = members.Value();
            }
            else if (members.Is("thinking"u8))
            {
                thinking = members.Value();
            }
            else if (members.Is("signature"u8))
            {
                signature = members.Value();
            }
            else if (members.Is("data"u8))
            {
                data = members.Value();
            }
        }

        if (!members.IsObject)
        {
            return false;
        }

        var at = index ?? _next;
        _next = at + 1;
        if (type.SequenceEqual("\"text\""u8))
        {
            _open.Add(new OpenBlock(at, BlockKind.Text));
            Text(text, sink);
        }
        else if (type.SequenceEqual("\"tool_use\""u8))
        {
            _open.Add(StartTool(at, id, name, input, sink));
        }
        else if (type.SequenceEqual("\"thinking\""u8))
        {
            _open.Add(new OpenBlock(at, BlockKind.Thinking));
            Thinking(thinking, sink);
            Sign(signature, sink);
        }
        else
        {
            _open.Add(new OpenBlock(at, BlockKind.Skipped));
            if (type.SequenceEqual("\"redacted_thinking\""u8))
            {
                sink.RedactedReasoning(_text.Of(data));
            }
            else
            {
                translation?.Notes.DropFromAnswer(_text.StringOf(type) ?? "content");
            }
        }

        return true;
    }

    /// <returns>False for a delta of a block that is not open.</returns>
    public bool Delta(long? index, ReadOnlySpan<byte> delta, IAnswerSink sink)
    {
        var block = Find(index);
        if (block is null)
        {
            return false;
        }

        var members = new JsonMembers(delta);
        while (members.Next())
        {
            if (members.Is("text"u8) && block.Kind == BlockKind.Text)
            {
                Text(members.Value(), sink);
            }
            else if (members.Is("partial_json"u8) && block.Kind is BlockKind.Tool or BlockKind.Output)
            {
                Arguments(block, _text.Of(members.Value()), sink);
            }
            else if (members.Is("thinking"u8) && block.Kind == BlockKind.Thinking)
            {
                Thinking(members.Value(), sink);
            }
            else if (members.Is("signature"u8) && block.Kind == BlockKind.Thinking)
            {
                Sign(members.Value(), sink);
            }
        }

        return true;
    }

    public void Stop(long? index, IAnswerSink sink)
    {
        if (Find(index) is { } block)
        {
            _open.Remove(block);
            End(block, sink);
        }
    }

    /// <summary>Ends what an upstream forgot to end.</summary>
    public void StopAll(IAnswerSink sink)
    {
        foreach (var block in _open)
        {
            End(block, sink);
        }

        _open.Clear();
    }

    private OpenBlock StartTool(long index, ReadOnlySpan<byte> id, ReadOnlySpan<byte> name, ReadOnlySpan<byte> input, IAnswerSink sink)
    {
        // The empty object stands in every start; arguments follow.
        var known = input.StartsWith("{"u8) && !input[1..^1].TrimStart(" \t\r\n"u8).IsEmpty ? input.ToArray() : [];
        if (_outputTool is not null && _text.Of(name).SequenceEqual(_outputTool))
        {
            return new OpenBlock(index, BlockKind.Output) { Input = known };
        }

        var called = translation is null ? _text.Of(name).ToArray() : Encoding.UTF8.GetBytes(translation.ToolNames.ToClient(_text.StringOf(name) ?? ""));
        var block = new OpenBlock(index, BlockKind.Tool) { Tool = _tools++, Input = known };
        var callId = _text.Of(id);
        sink.ToolStart(block.Tool, callId.IsEmpty ? Encoding.UTF8.GetBytes(ToolIds.New()) : callId, called);
        return block;
    }

    private static void Arguments(OpenBlock block, ReadOnlySpan<byte> json, IAnswerSink sink)
    {
        if (json.IsEmpty)
        {
            return;
        }

        block.HasArguments = true;
        if (block.Kind == BlockKind.Output)
        {
            sink.Text(json);
        }
        else
        {
            sink.ToolArguments(block.Tool, json);
        }
    }

    private static void End(OpenBlock block, IAnswerSink sink)
    {
        if (block.Kind is not (BlockKind.Tool or BlockKind.Output))
        {
            return;
        }

        if (!block.HasArguments)
        {
            Arguments(block, block.Input.Length > 0 ? block.Input : "{}"u8, sink);
        }

        if (block.Kind == BlockKind.Tool)
        {
            sink.ToolEnd(block.Tool);
        }
    }

    private void Text(ReadOnlySpan<byte> value, IAnswerSink sink)
    {
        var text = _text.Of(value);
        if (!text.IsEmpty)
        {
            sink.Text(text);
        }
    }

    private void Thinking(ReadOnlySpan<byte> value, IAnswerSink sink)
    {
        var text = _text.Of(value);
        if (!text.IsEmpty)
        {
            sink.Reasoning(text);
        }
    }

    private void Sign(ReadOnlySpan<byte> value, IAnswerSink sink)
    {
        var signature = _text.Of(value);
        if (!signature.IsEmpty)
        {
            sink.ReasoningSignature(signature);
        }
    }

    private OpenBlock? Find(long? index)
    {
        for (var i = _open.Count - 1; i >= 0; i--)
        {
            if (index is null || _open[i].Index == index)
            {
                return _open[i];
            }
        }

        return null;
    }
}
