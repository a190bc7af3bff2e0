using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Anthropic;

/// <summary>Reads the instructions and the talk.</summary>
internal sealed class MessageReader(NeutralRequest request, ContentReader content)
{
    public void ReadSystem(JsonElement system)
    {
        if (system.ValueKind == JsonValueKind.String)
        {
            request.System.Add(new TextPart(AnthropicFields.Text(system, new SourcePath("system")), new SourcePath("system")));
            return;
        }

        if (system.ValueKind != JsonValueKind.Array)
        {
            throw AnthropicFields.Wrong(new SourcePath("system"), "a string or a list of text blocks");
        }

        var index = 0;
        foreach (var block in system.EnumerateArray())
        {
            var path = new SourcePath("system", index++);
            AnthropicFields.Object(block, path);
            if (AnthropicFields.RequiredText(block, "type"u8, path.At("type")) != "text")
            {
                throw AnthropicFields.Wrong(path.At("type"), "text");
            }

            content.ReadBlock(block, path, request.System);
        }
    }

    public void ReadMessages(JsonElement messages)
    {
        var index = 0;
        foreach (var message in AnthropicFields.List(messages, new SourcePath("messages")).EnumerateArray())
        {
            ReadMessage(message, new SourcePath("messages", index++));
        }

        if (index == 0)
        {
            throw AnthropicFields.Wrong(new SourcePath("messages"), "a list of at least one message");
        }
    }

    private void ReadMessage(JsonElement message, SourcePath path)
    {
        AnthropicFields.Object(message, path);
        var role = AnthropicFields.RequiredText(message, "role"u8, path.At("role")) switch
        {
            "user" => NeutralRole.User,
            "assistant" => NeutralRole.Assistant,
            "system" => NeutralRole.System,
            _ => throw AnthropicFields.Wrong(path.At("role"), "user or assistant"),
        };
        if (!message.TryGetProperty("content"u8, out var value) || AnthropicFields.IsNull(value))
        {
            throw AnthropicFields.Missing(path.At("content"));
        }

        var turn = new NeutralTurn(role, path);
        if (value.ValueKind == JsonValueKind.String)
        {
            turn.Parts.Add(new TextPart(AnthropicFields.Text(value, path.At("content")), path.At("content")));
        }
        else if (value.ValueKind == JsonValueKind.Array)
        {
            var index = 0;
            foreach (var block in value.EnumerateArray())
            {
                content.ReadBlock(block, path with { Inner = "content", InnerIndex = index++ }, turn.Parts);
            }
        }
        else
        {
            throw AnthropicFields.Wrong(path.At("content"), "a string or a list of blocks");
        }

        CheckRoles(turn);
        if (role == NeutralRole.User)
        {
            SplitResults(turn);
        }
        else if (role == NeutralRole.Assistant)
        {
            RestoreSignatures(turn.Parts);
        }

        if (turn.Parts.Count > 0)
        {
            request.Turns.Add(turn);
        }
    }

    private static void CheckRoles(NeutralTurn turn)
    {
        foreach (var part in turn.Parts)
        {
            var fits = part switch
            {
                ToolCallPart or ReasoningPart => turn.Role == NeutralRole.Assistant,
                ToolResultPart => turn.Role == NeutralRole.User,
                MediaPart => turn.Role != NeutralRole.System,
                _ => true,
            };
            if (!fits)
            {
                throw AnthropicFields.Wrong(part.Path.At("type"), "a block that this role may send");
            }
        }
    }

    /// <summary>Results come before what the user says, wherever they stood.</summary>
    private void SplitResults(NeutralTurn turn)
    {
        if (!turn.Parts.Exists(static part => part is ToolResultPart))
        {
            return;
        }

        var results = new NeutralTurn(NeutralRole.Tool, turn.Path);
        foreach (var part in turn.Parts)
        {
            if (part is ToolResultPart)
            {
                results.Parts.Add(part);
            }
        }

        turn.Parts.RemoveAll(static part => part is ToolResultPart);
        request.Turns.Add(results);
    }

    /// <summary>Gives calls the signatures back that came to the client as thinking.</summary>
    private static void RestoreSignatures(List<NeutralPart> parts)
    {
        for (var i = parts.Count - 1; i >= 0; i--)
        {
            if (parts[i] is not ReasoningPart { Signature: { } packed } || !CallSignatures.TryUnpack(packed, out var id, out var signature))
            {
                continue;
            }

            for (var j = 0; j < parts.Count; j++)
            {
                if (parts[j] is ToolCallPart call && call.Id == id)
                {
                    parts[j] = call with { Signature = signature };
                }
            }

            parts.RemoveAt(i);
        }
    }
}
