using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.OpenAI;

/// <summary>Reads the <c>content</c> of a message: a string or a list of parts.</summary>
internal static class OpenAIPartReader
{
    /// <param name="content">Not absent.</param>
    /// <param name="message">Where the message stands.</param>
    /// <param name="textOnly">The role takes nothing but text (and the assistant its own refusal).</param>
    public static void Read(JsonElement content, SourcePath message, bool textOnly, List<NeutralPart> parts, List<ForeignField> foreign)
    {
        var path = message.At("content");
        if (content.ValueKind == JsonValueKind.String)
        {
            parts.Add(new TextPart(OpenAIField.Text(content, path), path));
            return;
        }

        if (content.ValueKind != JsonValueKind.Array)
        {
            throw OpenAIField.Wrong(path, "a string or an array of parts");
        }

        var index = 0;
        foreach (var element in content.EnumerateArray())
        {
            parts.Add(ReadPart(element, message with { Inner = "content", InnerIndex = index++ }, textOnly, foreign));
        }
    }

    private static NeutralPart ReadPart(JsonElement part, SourcePath path, bool textOnly, List<ForeignField> foreign)
    {
        OpenAIField.Object(part, path);
        var type = OpenAIField.Text(OpenAIField.Member(part, "type"u8), path.At("type"));
        var cache = ReadCache(part, path);
        return type switch
        {
            "text" => new TextPart(OpenAIField.Text(OpenAIField.Member(part, "text"u8), path.At("text")), path) { Cache = cache },
            "refusal" => new RefusalPart(OpenAIField.Text(OpenAIField.Member(part, "refusal"u8), path.At("refusal")), path) { Cache = cache },
            "image_url" when !textOnly => ReadImage(part, path, foreign) with { Cache = cache },
            "input_audio" when !textOnly => ReadAudio(part, path) with { Cache = cache },
            "file" when !textOnly => ReadFile(part, path) with { Cache = cache },
            "image_url" or "input_audio" or "file" => throw OpenAIField.Invalid(path.At("type"), $"A message of this role holds text only; '{path.At("type")}' is '{type}'."),
            _ => throw OpenAIField.Wrong(path.At("type"), "text, image_url, input_audio, file or refusal"),
        };
    }

    private static CacheMark? ReadCache(JsonElement part, SourcePath path)
    {
        var mark = OpenAIField.OptionalObject(OpenAIField.Member(part, "cache_control"u8), path.At("cache_control"));
        return mark.ValueKind == JsonValueKind.Undefined ? null : new CacheMark(OpenAIField.OptionalText(OpenAIField.Member(mark, "ttl"u8), path.At("cache_control.ttl")));
    }

    private static MediaPart ReadImage(JsonElement part, SourcePath path, List<ForeignField> foreign)
    {
        var image = OpenAIField.Object(OpenAIField.Member(part, "image_url"u8), path.At("image_url"));
        var where = path.At("image_url.url");
        var url = OpenAIField.Text(OpenAIField.Member(image, "url"u8), where);
        var detail = OpenAIField.OptionalText(OpenAIField.Member(image, "detail"u8), path.At("image_url.detail"));
        foreach (var member in image.EnumerateObject())
        {
            if (!member.NameEquals("url"u8) && !member.NameEquals("detail"u8) && !OpenAIField.IsAbsent(member.Value))
            {
                foreign.Add(new ForeignField(path.At("image_url." + member.Name), ChangesAnswer: false));
            }
        }

        if (!DataUrl.Is(url))
        {
            return Uri.TryCreate(url, UriKind.Absolute, out var address) && address.Scheme is "https" or "http" or "gs"
                ? new MediaPart(MediaKind.Image, path.At("image_url")) { Url = url, Detail = detail }
                : throw OpenAIField.Wrong(where, "a data URL or an https address");
        }

        if (!DataUrl.TryRead(url, out var type, out var base64))
        {
            throw OpenAIField.Wrong(where, "a data URL with base64 data");
        }

        return new MediaPart(MediaKind.Image, path.At("image_url")) { Base64 = base64, MimeType = type ?? DataUrl.Sniff(base64), Detail = detail };
    }

    private static MediaPart ReadAudio(JsonElement part, SourcePath path)
    {
        var audio = OpenAIField.Object(OpenAIField.Member(part, "input_audio"u8), path.At("input_audio"));
        var where = path.At("input_audio.data");
        if (!DataUrl.TryClean(OpenAIField.Text(OpenAIField.Member(audio, "data"u8), where), out var base64))
        {
            throw OpenAIField.Wrong(where, "base64 data");
        }

        var format = OpenAIField.Text(OpenAIField.Member(audio, "format"u8), path.At("input_audio.format"));
        return new MediaPart(MediaKind.Audio, path.At("input_audio"))
        {
            Base64 = base64,
            MimeType = format == "mp3" ? "audio/mpeg" : "audio/" + format.ToLowerInvariant(),
        };
    }

    private static MediaPart ReadFile(JsonElement part, SourcePath path)
    {
        var file = OpenAIField.Object(OpenAIField.Member(part, "file"u8), path.At("file"));
        var name = OpenAIField.OptionalText(OpenAIField.Member(file, "filename"u8), path.At("file.filename"));
        var id = OpenAIField.OptionalText(OpenAIField.Member(file, "file_id"u8), path.At("file.file_id"));
        var data = OpenAIField.OptionalText(OpenAIField.Member(file, "file_data"u8), path.At("file.file_data"));
        if (id is null == data is null)
        {
            throw OpenAIField.Invalid(path.At("file"), $"'{path.At("file")}' must have either 'file_data' or 'file_id'.");
        }

        if (data is null)
        {
            return new MediaPart(MediaKind.File, path.At("file")) { FileId = id, FileName = name };
        }

        string? type = null;
        var isGood = DataUrl.Is(data) ? DataUrl.TryRead(data, out type, out var base64) : DataUrl.TryClean(data, out base64);
        return isGood
            ? new MediaPart(MediaKind.File, path.At("file")) { Base64 = base64, FileName = name, MimeType = type ?? DataUrl.Sniff(base64) }
            : throw OpenAIField.Wrong(path.At("file.file_data"), "base64 data or a data URL with it");
    }
}
