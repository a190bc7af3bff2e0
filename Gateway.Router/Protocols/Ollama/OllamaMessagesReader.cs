using System.Text.Json;
using Gateway.Core.Errors;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Ollama;

/// <summary>Reads the messages of one chat. Calls have no ids of their own: results are paired with them by name and order.</summary>
internal sealed class OllamaMessagesReader(NeutralRequest request)
{
    private const string Messages = "messages";

    /// <summary>Calls that still wait for their result, in order.</summary>
    private readonly List<ToolCallPart> _open = [];
    private int _calls;

    public void Read(JsonElement messages)
    {
        if (!OllamaFields.IsArray(messages, new SourcePath(Messages)))
        {
            return;
        }

        var index = 0;
        foreach (var message in messages.EnumerateArray())
        {
            var path = new SourcePath(Messages, index++);
            if (message.ValueKind != JsonValueKind.Object)
            {
                throw OllamaFields.Wrong(path, "an object");
            }

            ReadMessage(message, path);
        }
    }

    private void ReadMessage(JsonElement message, SourcePath path)
    {
        var content = OllamaFields.Text(message, "content"u8, path.At("content"));
        switch (OllamaFields.Text(message, "role"u8, path.At("role")))
        {
            case "system" or "developer":
                ReadSystem(content, path);
                break;
            case "user":
                var user = Add(NeutralRole.User, path);
                AddText(user, content, path);
                AddImages(user.Parts, message, path);
                break;
            case "assistant":
                ReadAssistant(message, content, path);
                break;
            case "tool":
                ReadResult(message, content, path);
                break;
            default:
                throw OllamaFields.Wrong(path.At("role"), "system, user, assistant or tool");
        }

        foreach (var member in message.EnumerateObject())
        {
            if (member.Name is not ("role" or "content" or "images" or "thinking" or "tool_calls" or "tool_name" or "tool_call_id" or "name"))
            {
                OllamaOptionsReader.AddForeign(member.Value, path.At(member.Name), request);
            }
        }
    }

    private void ReadSystem(string? content, SourcePath path)
    {
        if (string.IsNullOrEmpty(content))
        {
            return;
        }

        if (request.Turns.Count == 0)
        {
            request.System.Add(new TextPart(content, path.At("content")));
        }
        else
        {
            AddText(Add(NeutralRole.System, path), content, path);
        }
    }

    private void ReadAssistant(JsonElement message, string? content, SourcePath path)
    {
        var turn = Add(NeutralRole.Assistant, path);
        if (OllamaFields.Text(message, "thinking"u8, path.At("thinking")) is { Length: > 0 } thinking)
        {
            turn.Parts.Add(new ReasoningPart(thinking, path.At("thinking")));
        }

        AddText(turn, content, path);
        AddImages(turn.Parts, message, path);
        if (!message.TryGetProperty("tool_calls"u8, out var calls) || !OllamaFields.IsArray(calls, path.At("tool_calls")))
        {
            return;
        }

        var index = 0;
        foreach (var call in calls.EnumerateArray())
        {
            var part = ReadCall(call, path with { Inner = "tool_calls", InnerIndex = index++ });
            turn.Parts.Add(part);
            _open.Add(part);
        }
    }

    private ToolCallPart ReadCall(JsonElement call, SourcePath path)
    {
        if (call.ValueKind != JsonValueKind.Object)
        {
            throw OllamaFields.Wrong(path, "an object");
        }

        if (!call.TryGetProperty("function"u8, out var function) || function.ValueKind != JsonValueKind.Object)
        {
            throw OllamaFields.Wrong(path.At("function"), "an object");
        }

        if (OllamaFields.Text(function, "name"u8, path.At("function.name")) is not { Length: > 0 } name)
        {
            throw OllamaFields.Wrong(path.At("function.name"), "the name of a tool");
        }

        var arguments = "{}";
        if (function.TryGetProperty("arguments"u8, out var value) && OllamaFields.IsObject(value, path.At("function.arguments")))
        {
            arguments = System.Text.Encoding.UTF8.GetString(CompactJson.Strip(System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(value)));
        }

        var ordinal = _calls++;
        var id = OllamaFields.Text(call, "id"u8, path.At("id"));
        return new ToolCallPart(string.IsNullOrEmpty(id) ? ToolIds.ForHistory(name, ordinal) : id, name, arguments, path);
    }

    private void ReadResult(JsonElement message, string? content, SourcePath path)
    {
        var id = OllamaFields.Text(message, "tool_call_id"u8, path.At("tool_call_id"));
        var name = OllamaFields.Text(message, "tool_name"u8, path.At("tool_name"));
        name = string.IsNullOrEmpty(name) ? OllamaFields.Text(message, "name"u8, path.At("name")) : name;
        var call = Find(id, name)
            ?? throw new GatewayException(GatewayErrorKind.InvalidRequest, $"'{path}' is the result of no tool call: no open call before it has this name.", path.At("tool_name").ToString());
        _open.Remove(call);

        var parts = new List<NeutralPart>(1);
        if (!string.IsNullOrEmpty(content))
        {
            parts.Add(new TextPart(content, path.At("content")));
        }

        AddImages(parts, message, path);
        Add(NeutralRole.Tool, path).Parts.Add(new ToolResultPart(call.Id, call.Name, parts, IsError: false, path));
    }

    private ToolCallPart? Find(string? id, string? name)
    {
        var byId = string.IsNullOrEmpty(id) ? null : _open.Find(call => call.Id == id);
        return byId ?? (string.IsNullOrEmpty(name) ? _open.FirstOrDefault() : _open.Find(call => call.Name == name));
    }

    private NeutralTurn Add(NeutralRole role, SourcePath path)
    {
        var turn = new NeutralTurn(role, path);
        request.Turns.Add(turn);
        return turn;
    }

    private static void AddText(NeutralTurn turn, string? content, SourcePath path)
    {
        if (!string.IsNullOrEmpty(content))
        {
            turn.Parts.Add(new TextPart(content, path.At("content")));
        }
    }

    private static void AddImages(List<NeutralPart> parts, JsonElement message, SourcePath path)
    {
        if (!message.TryGetProperty("images"u8, out var images) || !OllamaFields.IsArray(images, path.At("images")))
        {
            return;
        }

        var index = 0;
        foreach (var image in images.EnumerateArray())
        {
            var at = path with { Inner = "images", InnerIndex = index++ };
            parts.Add(OllamaImage.Read(OllamaFields.Text(image, at) ?? throw OllamaFields.Wrong(at, "a string"), at));
        }
    }
}
