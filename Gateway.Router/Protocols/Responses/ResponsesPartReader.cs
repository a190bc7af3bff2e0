using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Responses;

/// <summary>Reads the parts of messages and of tool results.</summary>
internal static class ResponsesPartReader
{
    /// <summary>Reads a list of parts, or a string as one.</summary>
    /// <param name="member">Name of the list in its item: <c>content</c> or <c>output</c>.</param>
    public static void Read(JsonElement content, SourcePath item, string member, List<NeutralPart> parts)
    {
        var path = item.At(member);
        if (content.ValueKind == JsonValueKind.String)
        {
            parts.Add(new TextPart(ResponsesFields.String(content, path), path));
            return;
        }

        if (content.ValueKind != JsonValueKind.Array)
        {
            throw ResponsesFields.Wrong(path, "a string or a list of parts");
        }

        var index = 0;
        foreach (var part in content.EnumerateArray())
        {
            parts.Add(ReadPart(part, item with { Inner = member, InnerIndex = index++ }));
        }
    }

    private static NeutralPart ReadPart(JsonElement part, SourcePath path)
    {
        ResponsesFields.MustBeObject(part, path);
        switch (ResponsesFields.RequiredString(part, "type", path.At("type")))
        {
            case "input_text" or "output_text" or "text":
                return new TextPart(ResponsesFields.RequiredString(part, "text", path.At("text")), path);
            case "refusal":
                return new RefusalPart(ResponsesFields.RequiredString(part, "refusal", path.At("refusal")), path);
            case "input_image":
                return ReadImage(part, path);
            case "input_file":
                return ReadFile(part, path);
            case "input_audio":
                return ReadAudio(part, path);
            case var type:
                TranslationNotes.Reject(path.At("type"), $"{path.At("type")}: parts of type '{type}' are not known. Send input_text, input_image, input_file, input_audio, output_text or refusal.");
                return null!;
        }
    }

    private static MediaPart ReadImage(JsonElement part, SourcePath path)
    {
        var detail = ResponsesFields.OptionalString(part, "detail", path.At("detail"));
        if (ResponsesFields.OptionalString(part, "image_url", path.At("image_url")) is { } url)
        {
            return DataUrl.IsDataUrl(url)
                ? Embedded(MediaKind.Image, url, path.At("image_url")) with { Detail = detail }
                : new MediaPart(MediaKind.Image, path.At("image_url")) { Url = url, Detail = detail };
        }

        return ResponsesFields.OptionalString(part, "file_id", path.At("file_id")) is { } id
            ? new MediaPart(MediaKind.Image, path.At("file_id")) { FileId = id, Detail = detail }
            : throw ResponsesFields.Missing(path.At("image_url"), "an address or a data URL");
    }

    private static MediaPart ReadFile(JsonElement part, SourcePath path)
    {
        var name = ResponsesFields.OptionalString(part, "filename", path.At("filename"));
        if (ResponsesFields.OptionalString(part, "file_data", path.At("file_data")) is { } data)
        {
            // The documentation shows data URLs; bare base64 is sent, too.
            return (DataUrl.IsDataUrl(data) ? Embedded(MediaKind.File, data, path.At("file_data")) : Bare(MediaKind.File, data, path.At("file_data"), MimeOf(name))) with { FileName = name };
        }

        if (ResponsesFields.OptionalString(part, "file_url", path.At("file_url")) is { } url)
        {
            return new MediaPart(MediaKind.File, path.At("file_url")) { Url = url, FileName = name };
        }

        return ResponsesFields.OptionalString(part, "file_id", path.At("file_id")) is { } id
            ? new MediaPart(MediaKind.File, path.At("file_id")) { FileId = id, FileName = name }
            : throw ResponsesFields.Missing(path.At("file_data"), "base64 data");
    }

    private static MediaPart ReadAudio(JsonElement part, SourcePath path)
    {
        if (!ResponsesFields.TryGetObject(part, "input_audio", path.At("input_audio"), out var audio))
        {
            throw ResponsesFields.Missing(path.At("input_audio"), "an object");
        }

        var data = ResponsesFields.RequiredString(audio, "data", path.At("input_audio.data"));
        var format = ResponsesFields.RequiredString(audio, "format", path.At("input_audio.format"));
        return Bare(MediaKind.Audio, data, path.At("input_audio.data"), format == "mp3" ? "audio/mpeg" : "audio/" + format);
    }

    private static MediaPart Embedded(MediaKind kind, string url, SourcePath path) => DataUrl.TryRead(url, out var mime, out var base64)
        ? new MediaPart(kind, path) { Base64 = base64, MimeType = mime }
        : throw ResponsesFields.Invalid(path, $"{path} must be a data URL with base64 content (data:image/png;base64,...).");

    private static MediaPart Bare(MediaKind kind, string data, SourcePath path, string? mime) => DataUrl.TryNormalise(data, out var base64)
        ? new MediaPart(kind, path) { Base64 = base64, MimeType = mime }
        : throw ResponsesFields.Wrong(path, "base64");

    private static string? MimeOf(string? name) => name is not null && name.EndsWith(".pdf", StringComparison.OrdinalIgnoreCase) ? "application/pdf" : null;
}
