using System.Text;
using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Ollama;

/// <summary>Writes <c>messages</c>: one text each, with images, thinking and calls beside it.</summary>
internal static class OllamaMessagesWriter
{
    public static void Write(Translation translation, Utf8JsonWriter json)
    {
        var turns = ToolHistory.Order(translation);
        json.WriteStartArray("messages"u8);
        if (TextOf(translation.Request.System, "\n\n") is { Length: > 0 } system)
        {
            WriteText(json, "system"u8, system);
            json.WriteEndObject();
        }

        for (var index = 0; index < turns.Count; index++)
        {
            var turn = turns[index];
            if (turn.Name is not null)
            {
                translation.Notes.Drop(turn.Path.At("name"));
            }

            switch (turn.Role)
            {
                case NeutralRole.System:
                    WriteText(json, "system"u8, TextOf(turn.Parts, "\n\n"));
                    json.WriteEndObject();
                    break;
                case NeutralRole.User:
                    WriteUser(translation, turn, json);
                    break;
                case NeutralRole.Assistant:
                    if (index == turns.Count - 1)
                    {
                        // Others may go on writing where this turn ends; here it is a turn like any other.
                        translation.Notes.Adapt(turn.Path);
                    }

                    WriteAssistant(translation, turn, json);
                    break;
                case NeutralRole.Tool:
                    WriteResults(translation, turn, json);
                    break;
            }
        }

        json.WriteEndArray();
    }

    private static void WriteUser(Translation translation, NeutralTurn turn, Utf8JsonWriter json)
    {
        WriteText(json, "user"u8, TextOf(turn.Parts, "\n"));
        var opened = false;
        var changes = 0;
        NeutralPart? before = null;
        foreach (var part in turn.Parts)
        {
            changes += before is not null && before is MediaPart != part is MediaPart ? 1 : 0;
            before = part;
            if (part is not MediaPart media)
            {
                continue;
            }

            var image = ImageOf(translation, media);
            if (!opened)
            {
                opened = true;
                json.WriteStartArray("images"u8);
            }

            json.WriteStringValue(image.Span);
        }

        if (opened)
        {
            json.WriteEndArray();
        }

        if (changes > 1)
        {
            // Images stand beside the text: which text stood between which images is lost.
            translation.Notes.Adapt("content order");
        }

        json.WriteEndObject();
    }

    private static ReadOnlyMemory<byte> ImageOf(Translation translation, MediaPart media)
    {
        if (media.Detail is not (null or "auto"))
        {
            translation.Notes.Drop(media.Path.At("detail"));
        }

        if (media.Kind != MediaKind.Image)
        {
            TranslationNotes.Reject(media.Path, $"'{media.Path}' is not possible: the provider of this model takes text and images only.");
        }

        if (media.Base64.IsEmpty)
        {
            TranslationNotes.Reject(media.Path, $"'{media.Path}' must hold the image itself as base64: the provider of this model loads no addresses and knows no file ids.");
        }

        return media.Base64;
    }

    private static void WriteAssistant(Translation translation, NeutralTurn turn, Utf8JsonWriter json)
    {
        WriteText(json, "assistant"u8, TextOf(turn.Parts, "\n"));
        var opened = false;
        StringBuilder? thinking = null;
        foreach (var part in turn.Parts)
        {
            switch (part)
            {
                case ReasoningPart { Text.Length: > 0 } reasoning:
                    thinking = (thinking is null ? new StringBuilder() : thinking.Append('\n')).Append(reasoning.Text);
                    break;
                case ReasoningPart:
                    translation.Notes.Drop(part.Path);
                    break;
                case MediaPart:
                    TranslationNotes.Reject(part.Path, $"'{part.Path}' is not possible: the provider of this model takes images from the user only.");
                    break;
            }
        }

        if (thinking is not null)
        {
            json.WriteString("thinking"u8, thinking.ToString());
        }

        foreach (var part in turn.Parts)
        {
            if (part is not ToolCallPart call)
            {
                continue;
            }

            if (!opened)
            {
                opened = true;
                json.WriteStartArray("tool_calls"u8);
            }

            WriteCall(call, json);
        }

        if (opened)
        {
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WriteCall(ToolCallPart call, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, call.Id);
        json.WriteStartObject("function"u8);
        json.WriteString("name"u8, call.Name);
        json.WritePropertyName("arguments"u8);
        ToolJson.WriteArguments(json, call);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteResults(Translation translation, NeutralTurn turn, Utf8JsonWriter json)
    {
        foreach (var part in turn.Parts)
        {
            var result = (ToolResultPart)part;
            foreach (var inner in result.Parts)
            {
                if (inner is MediaPart)
                {
                    TranslationNotes.Reject(inner.Path, $"'{inner.Path}' is not possible: the provider of this model takes only text as the result of a tool.");
                }
            }

            if (result.IsError)
            {
                translation.Notes.Drop(result.Path.At("is_error"));
            }

            WriteText(json, "tool"u8, TextOf(result.Parts, "\n"));
            json.WriteString("tool_name"u8, result.Name);
            json.WriteString("tool_call_id"u8, result.CallId);
            json.WriteEndObject();
        }
    }

    /// <summary>Opens a message; the caller closes it.</summary>
    private static void WriteText(Utf8JsonWriter json, ReadOnlySpan<byte> role, string content)
    {
        json.WriteStartObject();
        json.WriteString("role"u8, role);
        json.WriteString("content"u8, content);
    }

    private static string TextOf(IReadOnlyList<NeutralPart> parts, string between)
    {
        string? first = null;
        StringBuilder? all = null;
        foreach (var part in parts)
        {
            var text = part switch { TextPart plain => plain.Text, RefusalPart refusal => refusal.Text, _ => "" };
            if (text.Length == 0)
            {
                continue;
            }

            if (first is null)
            {
                first = text;
                continue;
            }

            all = (all ?? new StringBuilder(first)).Append(between).Append(text);
        }

        return all?.ToString() ?? first ?? "";
    }
}
