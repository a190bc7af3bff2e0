using System.Text;
using System.Text.Json;
using Gateway.Core.Requests;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.OpenAI;

/// <summary>Writes the content of one message: a string where that says all, else a list of parts.</summary>
internal sealed class OpenAIPartWriter(Translation translation, Utf8JsonWriter json)
{
    /// <summary>Whether a cache mark goes on with the part.</summary>
    public bool IsMarked(NeutralPart part) => part.Cache is not null && translation.Traits.CacheControl;

    /// <summary>Writes the member <c>content</c>.</summary>
    public void WriteContent(IReadOnlyList<NeutralPart> parts)
    {
        if (parts.Count == 0)
        {
            json.WriteString("content"u8, ""u8);
            return;
        }

        if (parts is [TextPart only] && !IsMarked(only))
        {
            json.WriteString("content"u8, only.Text);
            return;
        }

        json.WriteStartArray("content"u8);
        for (var i = 0; i < parts.Count; i++)
        {
            switch (parts[i])
            {
                case TextPart text:
                    WriteText(text);
                    break;
                case MediaPart media:
                    WriteMedia(media);
                    break;
                default:
                    TranslationNotes.Reject(parts[i].Path, $"'{parts[i].Path}' cannot stand in this message for this model.");
                    break;
            }
        }

        json.WriteEndArray();
    }

    /// <summary>Writes texts as parts, for the sake of the marks on them.</summary>
    public void WriteTexts(List<NeutralPart> parts, string? more)
    {
        json.WriteStartArray("content"u8);
        foreach (var part in parts)
        {
            WriteText((TextPart)part);
        }

        if (more is not null)
        {
            WriteText(new TextPart(more, default));
        }

        json.WriteEndArray();
    }

    private void WriteText(TextPart text)
    {
        if (text.Text.Length == 0)
        {
            return;
        }

        json.WriteStartObject();
        json.WriteString("type"u8, "text"u8);
        json.WriteString("text"u8, text.Text);
        if (IsMarked(text))
        {
            json.WriteStartObject("cache_control"u8);
            json.WriteString("type"u8, "ephemeral"u8);
            if (text.Cache!.Ttl is { } ttl)
            {
                json.WriteString("ttl"u8, ttl);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private void WriteMedia(MediaPart media)
    {
        json.WriteStartObject();
        switch (media.Kind)
        {
            case MediaKind.Image:
                WriteImage(media);
                break;
            case MediaKind.Audio:
                WriteAudio(media);
                break;
            case MediaKind.File:
                WriteFile(media);
                break;
            default:
                TranslationNotes.Reject(media.Path, $"'{media.Path}' is a video, which the provider of this model does not take.");
                break;
        }

        json.WriteEndObject();
    }

    private void WriteImage(MediaPart media)
    {
        json.WriteString("type"u8, "image_url"u8);
        json.WriteStartObject("image_url"u8);
        if (media.Url is { } url)
        {
            CheckUrl(media, url);
            json.WriteString("url"u8, url);
        }
        else
        {
            RefuseFileId(media);
            WriteDataUrl("url"u8, media, media.MimeType);
        }

        if (media.Detail is { } detail)
        {
            json.WriteString("detail"u8, detail);
        }

        json.WriteEndObject();
    }

    private void WriteAudio(MediaPart media)
    {
        if (media.Base64.IsEmpty)
        {
            TranslationNotes.Reject(media.Path, $"'{media.Path}' must carry its bytes: the provider of this model takes audio in no other way.");
        }

        json.WriteString("type"u8, "input_audio"u8);
        json.WriteStartObject("input_audio"u8);
        json.WriteString("data"u8, media.Base64.Span);
        json.WriteString("format"u8, FormatOf(media));
        json.WriteEndObject();
    }

    /// <summary>OpenAI names formats, not media types.</summary>
    private static string FormatOf(MediaPart media)
    {
        switch (media.MimeType)
        {
            case "audio/wav" or "audio/x-wav" or "audio/wave" or "audio/vnd.wave":
                return "wav";
            case "audio/mpeg" or "audio/mp3":
                return "mp3";
            case { } other when other.StartsWith("audio/", StringComparison.Ordinal):
                // Not OpenAI's, but some of its likes know more; who does not says so itself.
                var type = other["audio/".Length..];
                return type.IndexOf(';') is var end and > 0 ? type[..end] : type;
            default:
                TranslationNotes.Reject(media.Path, $"'{media.Path}' needs the media type of its audio.");
                return "";
        }
    }

    private void WriteFile(MediaPart media)
    {
        json.WriteString("type"u8, "file"u8);
        json.WriteStartObject("file"u8);
        if (media.FileId is { } id)
        {
            if (translation.Client.Protocol is not (LlmProtocol.OpenAI or LlmProtocol.Responses))
            {
                RefuseFileId(media);
            }

            json.WriteString("file_id"u8, id);
        }
        else if (media.Url is not null)
        {
            TranslationNotes.Reject(media.Path, $"'{media.Path}' is the address of a file, which the provider of this model does not fetch. Send its bytes.");
        }
        else
        {
            var type = media.MimeType ?? "application/pdf";
            json.WriteString("filename"u8, media.FileName ?? (type == "application/pdf" ? "file.pdf" : "file.txt"));
            WriteDataUrl("file_data"u8, media, type);
        }

        json.WriteEndObject();
    }

    private void WriteDataUrl(ReadOnlySpan<byte> name, MediaPart media, string? type)
    {
        if (type is null)
        {
            TranslationNotes.Reject(media.Path, $"'{media.Path}' needs a media type, such as image/png.");
        }

        json.WritePropertyName(name);
        json.WriteStringValueSegment(Encoding.UTF8.GetBytes($"data:{type};base64,"), isFinalSegment: false);
        json.WriteStringValueSegment(media.Base64.Span, isFinalSegment: true);
    }

    private static void CheckUrl(MediaPart media, string url)
    {
        if (!url.StartsWith("https://", StringComparison.OrdinalIgnoreCase) && !url.StartsWith("http://", StringComparison.OrdinalIgnoreCase))
        {
            TranslationNotes.Reject(media.Path, $"'{media.Path}' must be an http or https address, or carry its bytes: the provider of this model fetches nothing else.");
        }
    }

    private static void RefuseFileId(MediaPart media)
    {
        if (media.FileId is not null)
        {
            TranslationNotes.Reject(media.Path, $"'{media.Path}' names a file that lies at another provider. Send its bytes.");
        }
    }
}
