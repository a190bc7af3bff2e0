using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.OpenAI;

/// <summary>Writes system prompt and turns as <c>messages</c>. One request.</summary>
internal sealed class OpenAIMessageWriter(Translation translation, Utf8JsonWriter json)
{
    private readonly OpenAIPartWriter _parts = new(translation, json);

    private ReadOnlySpan<byte> SystemRole => translation.Traits.DeveloperRole ? "developer"u8 : "system"u8;

    public void Write()
    {
        // OpenAI, too, wants every call answered right behind the message that made it.
        var turns = ToolHistory.Order(translation);
        json.WriteStartArray("messages"u8);
        WriteSystem(translation.Request.System, SchemaInWords());
        for (var i = 0; i < turns.Count; i++)
        {
            var turn = turns[i];
            switch (turn.Role)
            {
                case NeutralRole.System:
                    WriteSystem(turn.Parts, null);
                    break;
                case NeutralRole.User:
                    WriteUser(turn);
                    break;
                case NeutralRole.Assistant:
                    WriteAssistant(turns, ref i);
                    break;
                case NeutralRole.Tool:
                    new OpenAIResultWriter(translation, json, _parts).Write(turn);
                    break;
            }
        }

        json.WriteEndArray();
        if (turns is [.., { Role: NeutralRole.Assistant } last])
        {
            // A prefill to some; OpenAI begins a new turn behind it.
            translation.Notes.Adapt(last.Path);
        }
    }

    /// <summary>Where the server has no schemas, the model is told in words what it must fit.</summary>
    private string? SchemaInWords()
    {
        if (translation.Request.Output is not { Kind: OutputKind.JsonSchema } output || translation.Traits.JsonSchema)
        {
            return null;
        }

        translation.Adapt(NeutralField.Output);
        return $"Answer with one JSON object and nothing else. It must fit this JSON schema:\n{output.Schema!.Value.GetRawText()}";
    }

    private void WriteSystem(List<NeutralPart> parts, string? more)
    {
        var texts = new List<string>(parts.Count + 1);
        var isMarked = false;
        foreach (var part in parts)
        {
            if (part is not TextPart text)
            {
                TranslationNotes.Reject(part.Path, $"'{part.Path}' must be text.");
                return;
            }

            if (text.Text.Length > 0)
            {
                texts.Add(text.Text);
                isMarked |= _parts.IsMarked(part);
            }
        }

        if (more is not null)
        {
            texts.Add(more);
        }

        if (texts.Count == 0)
        {
            return;
        }

        json.WriteStartObject();
        json.WriteString("role"u8, SystemRole);
        if (isMarked)
        {
            _parts.WriteTexts(parts, more);
        }
        else
        {
            // One string: some servers that resemble OpenAI know no parts here.
            json.WriteString("content"u8, string.Join("\n\n", texts));
        }

        json.WriteEndObject();
    }

    private void WriteUser(NeutralTurn turn)
    {
        json.WriteStartObject();
        json.WriteString("role"u8, "user"u8);
        WriteName(turn);
        _parts.WriteContent(turn.Parts);
        json.WriteEndObject();
    }

    private void WriteName(NeutralTurn turn)
    {
        if (turn.Name is { } name)
        {
            json.WriteString("name"u8, name);
        }
    }

    private void WriteAssistant(List<NeutralTurn> turns, ref int i)
    {
        var turn = turns[i];
        var parts = turn.Parts;
        while (HasCalls(parts) && i + 1 < turns.Count && turns[i + 1].Role == NeutralRole.Assistant)
        {
            // Results must stand right behind the calls that they answer.
            parts = [.. parts, .. turns[++i].Parts];
        }

        var message = AssistantMessage.Of(parts, translation);
        if (message.IsEmpty)
        {
            return;
        }

        json.WriteStartObject();
        json.WriteString("role"u8, "assistant"u8);
        WriteName(turn);
        if (message.Texts.Count > 0)
        {
            _parts.WriteContent(message.Texts);
        }
        else if (message.Calls.Count > 0 || message.Refusal is not null)
        {
            json.WriteNull("content"u8);
        }
        else
        {
            json.WriteString("content"u8, ""u8);
        }

        if (message.Refusal is { } refusal)
        {
            json.WriteString("refusal"u8, refusal);
        }

        if (message.Reasoning is { } reasoning)
        {
            json.WriteString("reasoning_content"u8, reasoning);
        }

        WriteCalls(message.Calls);
        json.WriteEndObject();
    }

    private static bool HasCalls(List<NeutralPart> parts)
    {
        foreach (var part in parts)
        {
            if (part is ToolCallPart)
            {
                return true;
            }
        }

        return false;
    }

    private void WriteCalls(List<ToolCallPart> calls)
    {
        if (calls.Count == 0)
        {
            return;
        }

        json.WriteStartArray("tool_calls"u8);
        foreach (var call in calls)
        {
            json.WriteStartObject();
            json.WriteString("id"u8, OpenAIResultWriter.IdFor(translation, call.Id));
            json.WriteString("type"u8, "function"u8);
            json.WriteStartObject("function"u8);
            json.WriteString("name"u8, OpenAIToolWriter.NameOf(translation, call.Name));
            json.WriteString("arguments"u8, call.IsCustom ? CustomInput.Wrap(call.Arguments) : call.Arguments.Length == 0 ? "{}" : call.Arguments);
            json.WriteEndObject();
            if (call.Signature is { } signature && IsGoogle)
            {
                json.WriteStartObject("extra_content"u8);
                json.WriteStartObject("google"u8);
                json.WriteString("thought_signature"u8, signature);
                json.WriteEndObject();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Google's own endpoint in OpenAI's protocol wants its signatures back; nobody else can read them.</summary>
    private bool IsGoogle => translation.Traits.Host.EndsWith(".googleapis.com", StringComparison.OrdinalIgnoreCase);
}
