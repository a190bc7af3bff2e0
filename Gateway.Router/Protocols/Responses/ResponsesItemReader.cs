using System.Text;
using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Responses;

/// <summary>
/// Reads items into turns: what the assistant did in a row is one turn, results in a row are another. Items of tools that run at OpenAI
/// are refused by name.
/// </summary>
/// <param name="conversation">Knows the items that are only referred to; null when nothing is kept.</param>
internal sealed class ResponsesItemReader(NeutralRequest request, TranslationNotes notes, ResponseConversation? conversation)
{
    private Dictionary<string, string>? _callSignatures;
    private NeutralTurn? _last;

    /// <summary>Whether the item only names one of an earlier answer. OpenAI takes such without a type too.</summary>
    public static bool IsReference(JsonElement item)
    {
        if (item.ValueKind != JsonValueKind.Object)
        {
            return false;
        }

        return item.TryGetProperty("type", out var type) && type.ValueKind != JsonValueKind.Null
            ? type.ValueKind == JsonValueKind.String && type.ValueEquals("item_reference"u8)
            : item.TryGetProperty("id", out _) && !item.TryGetProperty("role", out _) && !item.TryGetProperty("content", out _);
    }

    /// <param name="items">The value of <c>input</c>, or the items of an earlier response.</param>
    /// <param name="list">Name that they go by in messages.</param>
    public void Read(JsonElement items, string list)
    {
        var path = new SourcePath(list);
        if (items.ValueKind == JsonValueKind.String)
        {
            Turn(NeutralRole.User, path).Parts.Add(new TextPart(ResponsesFields.String(items, path), path));
            return;
        }

        if (items.ValueKind != JsonValueKind.Array)
        {
            throw ResponsesFields.Wrong(path, "a string or a list of items");
        }

        var index = 0;
        foreach (var item in items.EnumerateArray())
        {
            var at = new SourcePath(list, index++);
            ResponsesFields.MustBeObject(item, at);
            ReadItem(IsReference(item) ? Find(item, at) : item, at);
        }
    }

    /// <summary>Puts the proofs of calls, which stand in items of their own, onto their calls.</summary>
    public void Complete()
    {
        if (_callSignatures is null)
        {
            return;
        }

        foreach (var turn in request.Turns)
        {
            for (var i = 0; i < turn.Parts.Count; i++)
            {
                if (turn.Parts[i] is ToolCallPart call && _callSignatures.TryGetValue(call.Id, out var signature))
                {
                    turn.Parts[i] = call with { Signature = signature };
                }
            }
        }
    }

    private void ReadItem(JsonElement item, SourcePath path)
    {
        switch (ResponsesFields.OptionalString(item, "type", path.At("type")) ?? "message")
        {
            case "message":
                ReadMessage(item, path);
                break;
            case "function_call":
                Turn(NeutralRole.Assistant, path).Parts.Add(new ToolCallPart(
                    CallId(item, path), ResponsesFields.RequiredString(item, "name", path.At("name")),
                    ResponsesFields.RequiredString(item, "arguments", path.At("arguments")), path.At("arguments")));
                break;
            case "custom_tool_call":
                Turn(NeutralRole.Assistant, path).Parts.Add(new ToolCallPart(
                    CallId(item, path), ResponsesFields.RequiredString(item, "name", path.At("name")),
                    ResponsesFields.RequiredString(item, "input", path.At("input")), path.At("input"))
                { IsCustom = true });
                break;
            case "function_call_output" or "custom_tool_call_output":
                ReadResult(item, path);
                break;
            case "reasoning":
                ReadReasoning(item, path);
                break;
            case var type:
                TranslationNotes.Reject(path.At("type"), $"{path.At("type")}: items of type '{type}' mean something at OpenAI only, and this model is served by another provider. Leave the item out.");
                break;
        }
    }

    private JsonElement Find(JsonElement reference, SourcePath path)
    {
        var id = ResponsesFields.RequiredString(reference, "id", path.At("id"));
        if (conversation is null || !conversation.TryFind(id, out var item))
        {
            TranslationNotes.Reject(path, $"{path}: Item with id '{id}' not found. It was not stored, was deleted, or its time is over. Send the item itself.");
            return default;
        }

        return item;
    }

    private void ReadMessage(JsonElement item, SourcePath path)
    {
        if (!ResponsesFields.TryGet(item, "content", out var content))
        {
            throw ResponsesFields.Missing(path.At("content"), "a string or a list of parts");
        }

        switch (ResponsesFields.RequiredString(item, "role", path.At("role")))
        {
            case "user":
                ResponsesPartReader.Read(content, path, "content", Turn(NeutralRole.User, path, apart: true).Parts);
                break;
            case "assistant":
                ResponsesPartReader.Read(content, path, "content", Turn(NeutralRole.Assistant, path).Parts);
                break;
            case "system" or "developer" when request.Turns.Count == 0:
                ResponsesPartReader.Read(content, path, "content", request.System);
                break;
            case "system" or "developer":
                ResponsesPartReader.Read(content, path, "content", Turn(NeutralRole.System, path, apart: true).Parts);
                break;
            default:
                throw ResponsesFields.Wrong(path.At("role"), "user, assistant, system or developer");
        }
    }

    private void ReadResult(JsonElement item, SourcePath path)
    {
        if (!ResponsesFields.TryGet(item, "output", out var output))
        {
            throw ResponsesFields.Missing(path.At("output"), "a string or a list of parts");
        }

        var parts = new List<NeutralPart>();
        ResponsesPartReader.Read(output, path, "output", parts);
        Turn(NeutralRole.Tool, path).Parts.Add(new ToolResultPart(CallId(item, path), Name: null, parts, IsError: false, path.At("output")));
    }

    private void ReadReasoning(JsonElement item, SourcePath path)
    {
        var text = ReadReasoningText(item, path);
        var content = ResponsesFields.OptionalString(item, "encrypted_content", path.At("encrypted_content"));
        if (content is null)
        {
            AddReasoning(text, path);
        }
        else if (PackedReasoning.TryReadSignature(content, out var signature))
        {
            Turn(NeutralRole.Assistant, path).Parts.Add(new ReasoningPart(text, path) { Signature = signature });
        }
        else if (PackedReasoning.TryReadRedacted(content, out var redacted))
        {
            Turn(NeutralRole.Assistant, path).Parts.Add(new ReasoningPart(text, path) { Redacted = redacted });
        }
        else if (PackedReasoning.TryReadCall(content, out var callId, out var proof))
        {
            (_callSignatures ??= new Dictionary<string, string>(StringComparer.Ordinal))[callId] = proof;
        }
        else
        {
            // OpenAI's own: only OpenAI can read it.
            notes.Drop(path.At("encrypted_content"));
            AddReasoning(text, path);
        }
    }

    private void AddReasoning(string text, SourcePath path)
    {
        if (text.Length > 0)
        {
            Turn(NeutralRole.Assistant, path).Parts.Add(new ReasoningPart(text, path));
        }
    }

    private static string ReadReasoningText(JsonElement item, SourcePath path)
    {
        var text = new StringBuilder();
        foreach (var list in (ReadOnlySpan<string>)["summary", "content"])
        {
            if (!ResponsesFields.TryGetList(item, list, path.At(list), out var parts))
            {
                continue;
            }

            var index = 0;
            foreach (var part in parts.EnumerateArray())
            {
                var at = path with { Inner = list, InnerIndex = index++ };
                ResponsesFields.MustBeObject(part, at);
                text.Append(text.Length > 0 ? "\n\n" : "").Append(ResponsesFields.RequiredString(part, "text", at.At("text")));
            }
        }

        return text.ToString();
    }

    private static string CallId(JsonElement item, SourcePath path) => ResponsesFields.RequiredString(item, "call_id", path.At("call_id")) is { Length: > 0 } id
        ? id : throw ResponsesFields.Invalid(path.At("call_id"), $"{path.At("call_id")} must not be empty.");

    /// <param name="apart">Messages of users stay messages of their own.</param>
    private NeutralTurn Turn(NeutralRole role, SourcePath path, bool apart = false)
    {
        if (apart || _last is null || _last.Role != role)
        {
            request.Turns.Add(_last = new NeutralTurn(role, path));
        }

        return _last;
    }
}
