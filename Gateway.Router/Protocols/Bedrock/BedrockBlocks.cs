using System.Text;
using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Bedrock;

/// <summary>Writes the content blocks of messages.</summary>
internal sealed class BedrockBlocks(Translation translation, Utf8JsonWriter json)
{
    private const int MaxId = 64;
    private int _documents;

    /// <param name="trims">The text is the last of the talk and the assistant's: it may not end with white space.</param>
    public void Write(NeutralPart part, bool trims)
    {
        switch (part)
        {
            case TextPart text:
                WriteText(trims ? text.Text.TrimEnd() : text.Text);
                break;
            case RefusalPart refusal:
                WriteText(trims ? refusal.Text.TrimEnd() : refusal.Text);
                break;
            case MediaPart media:
                WriteMedia(media);
                break;
            case ToolCallPart call:
                WriteCall(call);
                break;
            case ToolResultPart result:
                WriteResult(result);
                break;
            case ReasoningPart reasoning:
                WriteReasoning(reasoning);
                break;
        }
    }

    /// <summary>The name of a tool as Converse takes it.</summary>
    public static string NameOf(Translation translation, string name) =>
        translation.ToolNames.ToUpstream(name, static character => char.IsAsciiLetterOrDigit(character) || character is '_' or '-', MaxId);

    private void WriteText(string text)
    {
        json.WriteStartObject();
        json.WriteString("text"u8, text);
        json.WriteEndObject();
    }

    private void WriteCall(ToolCallPart call)
    {
        json.WriteStartObject();
        json.WriteStartObject("toolUse"u8);
        json.WriteString("toolUseId"u8, IdOf(call.Id));
        json.WriteString("name"u8, NameOf(translation, call.Name));
        json.WritePropertyName("input"u8);
        ToolJson.WriteArguments(json, call);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void WriteResult(ToolResultPart result)
    {
        json.WriteStartObject();
        json.WriteStartObject("toolResult"u8);
        json.WriteString("toolUseId"u8, IdOf(result.CallId));
        json.WriteStartArray("content"u8);
        if (result.Object is { ValueKind: JsonValueKind.Object } data)
        {
            json.WriteStartObject();
            json.WritePropertyName("json"u8);
            CompactJson.Write(json, data);
            json.WriteEndObject();
        }

        foreach (var part in result.Parts)
        {
            if (part is MediaPart media)
            {
                WriteMedia(media);
            }
            else if (result.Object is null && part is TextPart { Text: var text } && !string.IsNullOrWhiteSpace(text))
            {
                WriteText(text);
            }
        }

        json.WriteEndArray();
        if (result.IsError)
        {
            json.WriteString("status"u8, "error"u8);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void WriteReasoning(ReasoningPart reasoning)
    {
        json.WriteStartObject();
        json.WriteStartObject("reasoningContent"u8);
        if (reasoning.Redacted is not null)
        {
            json.WriteString("redactedContent"u8, reasoning.Redacted);
        }
        else
        {
            json.WriteStartObject("reasoningText"u8);
            json.WriteString("text"u8, reasoning.Text);
            json.WriteString("signature"u8, reasoning.Signature);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void WriteMedia(MediaPart media)
    {
        if (media.Detail is not (null or "auto"))
        {
            translation.Notes.Drop(media.Path.At("detail"));
        }

        var (kind, format) = media.Kind switch
        {
            MediaKind.Image => ("image", BedrockFormats.OfImage(media.MimeType)),
            MediaKind.File => ("document", BedrockFormats.OfDocument(media.MimeType, media.FileName)),
            MediaKind.Video => ("video", BedrockFormats.OfVideo(media.MimeType)),
            _ => ("", null),
        };
        if (format is null)
        {
            TranslationNotes.Reject(media.Path, $"'{media.Path}' has a media type that the provider of this model does not take.");
        }

        var isStored = media.Url?.StartsWith("s3://", StringComparison.Ordinal) == true;
        if (media.Base64.IsEmpty && !isStored)
        {
            TranslationNotes.Reject(media.Path, $"'{media.Path}' must hold the bytes themselves as base64: the provider of this model loads no addresses but s3:// and knows no file ids.");
        }

        json.WriteStartObject();
        json.WriteStartObject(kind);
        json.WriteString("format"u8, format);
        if (media.Kind == MediaKind.File)
        {
            json.WriteString("name"u8, DocumentName(media.FileName));
        }

        json.WriteStartObject("source"u8);
        if (isStored)
        {
            json.WriteStartObject("s3Location"u8);
            json.WriteString("uri"u8, media.Url);
            json.WriteEndObject();
        }
        else
        {
            json.WriteString("bytes"u8, media.Base64.Span);
        }

        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>Letters, digits, single spaces, hyphens and brackets only, and no two alike.</summary>
    private string DocumentName(string? fileName)
    {
        var number = ++_documents;
        var name = new StringBuilder();
        var stem = Path.GetFileNameWithoutExtension(fileName ?? "");
        foreach (var character in stem)
        {
            var legal = char.IsAsciiLetterOrDigit(character) || character is '-' or '(' or ')' or '[' or ']';
            if (legal)
            {
                name.Append(character);
            }
            else if (name.Length > 0 && name[^1] != ' ')
            {
                name.Append(' ');
            }
        }

        const int Longest = 180;
        name.Length = Math.Min(name.Length, Longest);
        return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{(name.Length == 0 ? "document" : name.ToString().Trim())} {number}");
    }

    private static string IdOf(string id)
    {
        var legal = id.Length is > 0 and <= MaxId;
        foreach (var character in id)
        {
            legal &= char.IsAsciiLetterOrDigit(character) || character is '_' or '-';
        }

        return legal ? id : ToolIds.Map("tooluse_", id);
    }
}
