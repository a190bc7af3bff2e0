using System.Buffers;
using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Anthropic;

/// <summary>Reads the sources of images and documents.</summary>
internal static class MediaReader
{
    /// <summary>White space and the letters of the alphabet for URLs.</summary>
    private static readonly SearchValues<byte> Irregular = SearchValues.Create(" \t\r\n-_"u8);

    public static MediaPart Image(JsonElement block, SourcePath path, CacheMark? cache) => Media(MediaKind.Image, Source(block, path), path) with { Cache = cache };

    /// <summary>A document of bytes is a file; one of text becomes parts of the turn, which every provider takes.</summary>
    public static void Document(JsonElement block, SourcePath path, CacheMark? cache, List<NeutralPart> parts, ContentReader content)
    {
        var source = Source(block, path);
        var type = AnthropicFields.RequiredText(source, "type"u8, path.At("source.type"));
        var title = AnthropicFields.OptionalText(block, "title"u8, path.At("title"));
        switch (type)
        {
            case "text":
                content.Notes.Adapt(path);
                parts.Add(new TextPart(AnthropicFields.RequiredText(source, "data"u8, path.At("source.data")), path) { Cache = cache });
                break;
            case "content":
                content.Notes.Adapt(path);
                content.ReadInner(source, path, "source.content", parts);
                break;
            default:
                parts.Add(Media(MediaKind.File, source, path) with { Cache = cache, FileName = title });
                title = null;
                break;
        }

        if (title is { Length: > 0 })
        {
            content.Foreign.Add(new ForeignField(path.At("title"), ChangesAnswer: false));
        }

        if (block.TryGetProperty("context"u8, out var context) && !AnthropicFields.IsNull(context))
        {
            content.Foreign.Add(new ForeignField(path.At("context"), ChangesAnswer: true));
        }

        if (block.TryGetProperty("citations"u8, out var citations) && !AnthropicFields.IsNull(citations)
            && AnthropicFields.OptionalFlag(AnthropicFields.Object(citations, path.At("citations")), "enabled"u8, path.At("citations.enabled")) == true)
        {
            content.Foreign.Add(new ForeignField(path.At("citations"), ChangesAnswer: true));
        }
    }

    private static JsonElement Source(JsonElement block, SourcePath path) =>
        block.TryGetProperty("source"u8, out var source) && !AnthropicFields.IsNull(source) ? AnthropicFields.Object(source, path.At("source")) : throw AnthropicFields.Missing(path.At("source"));

    private static MediaPart Media(MediaKind kind, JsonElement source, SourcePath path) => AnthropicFields.RequiredText(source, "type"u8, path.At("source.type")) switch
    {
        "base64" => new MediaPart(kind, path)
        {
            MimeType = AnthropicFields.RequiredText(source, "media_type"u8, path.At("source.media_type")),
            Base64 = Bytes(source, path.At("source.data")),
        },
        "url" => new MediaPart(kind, path) { Url = AnthropicFields.RequiredText(source, "url"u8, path.At("source.url")) },
        "file" => new MediaPart(kind, path) { FileId = AnthropicFields.RequiredText(source, "file_id"u8, path.At("source.file_id")) },
        _ => throw AnthropicFields.Wrong(path.At("source.type"), "one of base64, url and file"),
    };

    private static byte[] Bytes(JsonElement source, SourcePath path)
    {
        if (!source.TryGetProperty("data"u8, out var data) || AnthropicFields.IsNull(data))
        {
            throw AnthropicFields.Missing(path);
        }

        if (data.ValueKind != JsonValueKind.String)
        {
            throw AnthropicFields.Wrong(path, "a string");
        }

        var raw = JsonMarshal.GetRawUtf8Value(data)[1..^1];
        var bytes = raw.Contains((byte)'\\') ? Encoding.UTF8.GetBytes(AnthropicFields.Text(data, path)) : raw.ToArray();
        if (bytes.AsSpan().ContainsAny(Irregular))
        {
            var kept = 0;
            foreach (var character in bytes)
            {
                if (character is not ((byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n'))
                {
                    bytes[kept++] = character switch { (byte)'-' => (byte)'+', (byte)'_' => (byte)'/', _ => character };
                }
            }

            bytes = bytes[..kept];
        }

        return bytes.Length > 0 && Base64.IsValid(bytes) ? bytes : throw AnthropicFields.Wrong(path, "base64");
    }
}
