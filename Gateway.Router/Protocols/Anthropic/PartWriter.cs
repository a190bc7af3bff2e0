using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Gateway.Core.Requests;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Anthropic;

/// <summary>Writes the parts of messages as content blocks.</summary>
internal sealed class PartWriter(Translation translation, Utf8JsonWriter json, CacheMarks marks)
{
    public void Write(NeutralPart part)
    {
        json.WriteStartObject();
        switch (part)
        {
            case TextPart text:
                json.WriteString("type"u8, "text"u8);
                json.WriteString("text"u8, text.Text);
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
            default:
                TranslationNotes.Reject(part.Path, $"'{part.Path}' has no counterpart at the provider of this model.");
                break;
        }

        if (part is not ReasoningPart)
        {
            marks.Write(json, part.Cache);
        }

        json.WriteEndObject();
    }

    private void WriteReasoning(ReasoningPart reasoning)
    {
        if (reasoning.Redacted is not null)
        {
            json.WriteString("type"u8, "redacted_thinking"u8);
            json.WriteString("data"u8, reasoning.Redacted);
            return;
        }

        json.WriteString("type"u8, "thinking"u8);
        json.WriteString("thinking"u8, reasoning.Text);
        json.WriteString("signature"u8, reasoning.Signature);
    }

    private void WriteCall(ToolCallPart call)
    {
        json.WriteString("type"u8, "tool_use"u8);
        json.WriteString("id"u8, IdOf(call.Id));
        json.WriteString("name"u8, ToolWriter.NameOf(translation, call.Name));
        json.WritePropertyName("input"u8);
        ToolJson.WriteArguments(json, call);
    }

    private void WriteResult(ToolResultPart result)
    {
        json.WriteString("type"u8, "tool_result"u8);
        json.WriteString("tool_use_id"u8, IdOf(result.CallId));
        if (result.Parts is [TextPart { Cache: null } only])
        {
            json.WriteString("content"u8, only.Text);
        }
        else if (result.Parts.Count > 0)
        {
            json.WriteStartArray("content"u8);
            foreach (var part in result.Parts)
            {
                if (part is not TextPart { Text: "" })
                {
                    Write(part);
                }
            }

            json.WriteEndArray();
        }

        if (result.IsError)
        {
            json.WriteBoolean("is_error"u8, true);
        }
    }

    private void WriteMedia(MediaPart media)
    {
        if (media.Detail is not (null or "auto"))
        {
            translation.Notes.Drop(media.Path.At("detail"));
        }

        if (media.Kind is not (MediaKind.Image or MediaKind.File))
        {
            TranslationNotes.Reject(media.Path, $"'{media.Path}' is audio or video, which the provider of this model does not take.");
        }

        var isImage = media.Kind == MediaKind.Image;
        json.WriteString("type"u8, isImage ? "image"u8 : "document"u8);
        json.WriteStartObject("source"u8);
        if (media.FileId is not null)
        {
            WriteFile(media);
        }
        else if (media.Url is not null)
        {
            WriteUrl(media);
        }
        else if (isImage)
        {
            WriteImage(media);
        }
        else
        {
            WriteDocument(media);
        }

        json.WriteEndObject();
        if (!isImage && media.FileName is { Length: > 0 } name)
        {
            json.WriteString("title"u8, name);
        }
    }

    private void WriteFile(MediaPart media)
    {
        if (translation.Client.Protocol != LlmProtocol.Anthropic)
        {
            TranslationNotes.Reject(media.Path, $"'{media.Path}' names a file that lies at another provider. Send its bytes instead.");
        }

        json.WriteString("type"u8, "file"u8);
        json.WriteString("file_id"u8, media.FileId);
    }

    private void WriteUrl(MediaPart media)
    {
        if (!Uri.TryCreate(media.Url, UriKind.Absolute, out var url) || (url.Scheme != Uri.UriSchemeHttps && url.Scheme != Uri.UriSchemeHttp))
        {
            TranslationNotes.Reject(media.Path, $"'{media.Path}' has an address that the provider of this model cannot fetch. Send an https address or the bytes.");
        }

        json.WriteString("type"u8, "url"u8);
        json.WriteString("url"u8, media.Url);
    }

    private void WriteImage(MediaPart media)
    {
        var type = media.MimeType?.ToLowerInvariant() is "image/jpg" ? "image/jpeg" : media.MimeType?.ToLowerInvariant();
        if (type is not ("image/jpeg" or "image/png" or "image/gif" or "image/webp"))
        {
            TranslationNotes.Reject(media.Path, $"'{media.Path}' must be a JPEG, PNG, GIF or WebP image for the provider of this model.");
        }

        WriteBase64(type, media.Base64.Span);
    }

    private void WriteDocument(MediaPart media)
    {
        var type = media.MimeType?.ToLowerInvariant();
        if (type == "application/pdf")
        {
            WriteBase64(type, media.Base64.Span);
            return;
        }

        if (type is null || !type.StartsWith("text/", StringComparison.Ordinal))
        {
            TranslationNotes.Reject(media.Path, $"'{media.Path}' must be a PDF or a text for the provider of this model.");
        }

        var bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(media.Base64.Length)];
        if (Base64.DecodeFromUtf8(media.Base64.Span, bytes, out _, out var length) != OperationStatus.Done)
        {
            TranslationNotes.Reject(media.Path, $"'{media.Path}' is no base64.");
        }

        json.WriteString("type"u8, "text"u8);
        json.WriteString("media_type"u8, "text/plain"u8);
        json.WriteString("data"u8, Encoding.UTF8.GetString(bytes, 0, length));
    }

    private void WriteBase64(string type, ReadOnlySpan<byte> data)
    {
        json.WriteString("type"u8, "base64"u8);
        json.WriteString("media_type"u8, type);
        json.WriteString("data"u8, data);
    }

    /// <summary>The same id in call and result; foreign ones are kept where Anthropic takes them.</summary>
    private static string IdOf(string id)
    {
        var legal = id.Length > 0;
        foreach (var character in id)
        {
            legal &= char.IsAsciiLetterOrDigit(character) || character is '_' or '-';
        }

        return legal ? id : ToolIds.Map("toolu_", id);
    }
}
