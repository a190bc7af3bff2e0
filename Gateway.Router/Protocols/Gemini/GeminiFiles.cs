using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Gemini;

/// <summary>Addresses that Gemini fetches itself, as <c>fileData</c>. It takes Google's own files; Google Cloud any address on the web.</summary>
internal static class GeminiFiles
{
    public static void Write(MediaPart media, string url, bool isVertex, Utf8JsonWriter json)
    {
        if (!IsKnown(url, isVertex))
        {
            TranslationNotes.Reject(media.Path, "The provider of this model does not fetch this address. Send the content itself (base64).");
        }

        var type = media.MimeType ?? TypeOf(url);
        if (type is null && isVertex)
        {
            TranslationNotes.Reject(media.Path, "The kind of the file at this address is not known. Say its MIME type, or use an address that ends in its usual extension.");
        }

        json.WriteStartObject("fileData"u8);
        if (type is not null)
        {
            json.WriteString("mimeType"u8, type);
        }

        json.WriteString("fileUri"u8, url);
        json.WriteEndObject();
    }

    private static bool IsKnown(string url, bool isVertex)
    {
        if (url.StartsWith("gs://", StringComparison.Ordinal))
        {
            return true;
        }

        return Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttps
            && (isVertex || uri.Host is "generativelanguage.googleapis.com" or "www.youtube.com" or "youtube.com" or "youtu.be");
    }

    private static string? TypeOf(string url)
    {
        var end = url.AsSpan().IndexOfAny('?', '#');
        var path = end < 0 ? url.AsSpan() : url.AsSpan(0, end);
        Span<char> extension = stackalloc char[8];
        var dot = path[(path.LastIndexOf('/') + 1)..].LastIndexOf('.');
        var tail = dot < 0 ? default : path[(path.LastIndexOf('/') + 1 + dot)..];
        var length = tail.Length is > 0 and <= 8 ? tail.ToLowerInvariant(extension) : 0;
        return extension[..Math.Max(length, 0)] switch
        {
            ".png" => "image/png",
            ".jpg" or ".jpeg" => "image/jpeg",
            ".webp" => "image/webp",
            ".gif" => "image/gif",
            ".heic" => "image/heic",
            ".pdf" => "application/pdf",
            ".txt" => "text/plain",
            ".mp3" => "audio/mpeg",
            ".wav" => "audio/wav",
            ".mp4" => "video/mp4",
            ".webm" => "video/webm",
            ".mov" => "video/quicktime",
            _ => null,
        };
    }
}
