using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.OpenAI;

/// <summary>Reads <c>messages</c> into system prompt and turns. One request.</summary>
internal sealed class OpenAIMessageReader(NeutralRequest request)
{
    private readonly OpenAIHistoryCalls _history = new();

    public void Read(JsonElement messages)
    {
        OpenAIField.List(messages, new SourcePath("messages"));
        var index = 0;
        foreach (var message in messages.EnumerateArray())
        {
            ReadMessage(message, new SourcePath("messages", index++));
        }
    }

    private void ReadMessage(JsonElement message, SourcePath path)
    {
        OpenAIField.Object(message, path);
        var role = OpenAIField.Text(OpenAIField.Member(message, "role"u8), path.At("role"));
        var turn = new NeutralTurn(role switch
        {
            "system" or "developer" => NeutralRole.System,
            "user" => NeutralRole.User,
            "assistant" => NeutralRole.Assistant,
            "tool" or "function" => NeutralRole.Tool,
            _ => throw OpenAIField.Wrong(path.At("role"), "developer, system, user, assistant, tool or function"),
        }, path);

        var content = OpenAIField.Member(message, "content"u8);
        var name = OpenAIField.OptionalText(OpenAIField.Member(message, "name"u8), path.At("name"));
        switch (turn.Role)
        {
            case NeutralRole.Tool when role == "function":
                turn.Parts.Add(ReadFunctionResult(content, name, path));
                break;
            case NeutralRole.Tool:
                turn.Parts.Add(ReadResult(message, content, path));
                break;
            case NeutralRole.Assistant:
                ReadAssistant(message, content, turn);
                break;
            default:
                OpenAIPartReader.Read(content, path, textOnly: turn.Role == NeutralRole.System, turn.Parts, request.Foreign);
                break;
        }

        turn.Name = role is "tool" or "function" ? null : name;
        NoteForeign(message, turn, path);
        if (turn.Role == NeutralRole.System && request.Turns.Count == 0)
        {
            request.System.AddRange(turn.Parts);
        }
        else
        {
            request.Turns.Add(turn);
        }
    }

    private ToolResultPart ReadResult(JsonElement message, JsonElement content, SourcePath path)
    {
        var id = OpenAIField.Text(OpenAIField.Member(message, "tool_call_id"u8), path.At("tool_call_id"));
        return new ToolResultPart(id, _history.NameOf(id), ReadResultContent(content, path), IsError: false, path);
    }

    private ToolResultPart ReadFunctionResult(JsonElement content, string? name, SourcePath path)
    {
        if (string.IsNullOrEmpty(name) || _history.TakeFunction(name) is not { } id)
        {
            throw OpenAIField.Invalid(path.At("name"), $"'{path.At("name")}' must name a function that the assistant called before.");
        }

        return new ToolResultPart(id, name, ReadResultContent(content, path), IsError: false, path);
    }

    private List<NeutralPart> ReadResultContent(JsonElement content, SourcePath path)
    {
        var parts = new List<NeutralPart>(1);
        if (!OpenAIField.IsAbsent(content))
        {
            OpenAIPartReader.Read(content, path, textOnly: true, parts, request.Foreign);
        }

        return parts;
    }

    private void ReadAssistant(JsonElement message, JsonElement content, NeutralTurn turn)
    {
        var path = turn.Path;
        OpenAIReasoningReader.Read(message, turn);
        if (!OpenAIField.IsAbsent(content))
        {
            OpenAIPartReader.Read(content, path, textOnly: true, turn.Parts, request.Foreign);
        }

        if (OpenAIField.OptionalText(OpenAIField.Member(message, "refusal"u8), path.At("refusal")) is { } refusal)
        {
            turn.Parts.Add(new RefusalPart(refusal, path.At("refusal")));
        }

        _history.Read(message, turn);
    }

    private void NoteForeign(JsonElement message, NeutralTurn turn, SourcePath path)
    {
        var isAssistant = turn.Role == NeutralRole.Assistant;
        foreach (var member in message.EnumerateObject())
        {
            if (OpenAIField.IsAbsent(member.Value))
            {
                continue;
            }

            var isKnown = member.Name switch
            {
                "role" or "content" or "name" => true,
                "tool_call_id" => turn.Role == NeutralRole.Tool,
                "tool_calls" or "function_call" or "refusal" or "reasoning_content" or "reasoning" or "reasoning_details" => isAssistant,

                // Clients send whole answers back: what is empty there was never said.
                "annotations" => isAssistant && member.Value.ValueKind == JsonValueKind.Array && member.Value.GetArrayLength() == 0,
                _ => false,
            };
            if (!isKnown)
            {
                // What the assistant said aloud is a part of the talk.
                request.Foreign.Add(new ForeignField(path.At(member.Name), ChangesAnswer: isAssistant && member.Name == "audio"));
            }
        }
    }
}
