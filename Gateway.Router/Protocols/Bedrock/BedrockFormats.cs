namespace Gateway.Router.Protocols.Bedrock;

/// <summary>Converse names media by a word of its own instead of a MIME type. Null for what it does not take.</summary>
internal static class BedrockFormats
{
    public static string? OfImage(string? mime) => mime?.ToLowerInvariant() switch
    {
        "image/png" => "png",
        "image/jpeg" or "image/jpg" => "jpeg",
        "image/gif" => "gif",
        "image/webp" => "webp",
        _ => null,
    };

    public static string? OfDocument(string? mime, string? fileName) => mime?.ToLowerInvariant() switch
    {
        "application/pdf" => "pdf",
        "text/csv" => "csv",
        "application/msword" => "doc",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => "docx",
        "application/vnd.ms-excel" => "xls",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => "xlsx",
        "text/html" => "html",
        "text/plain" => "txt",
        "text/markdown" => "md",
        null => Path.GetExtension(fileName ?? "").TrimStart('.').ToLowerInvariant() is "pdf" or "csv" or "doc" or "docx" or "xls" or "xlsx" or "html" or "txt" or "md"
            ? Path.GetExtension(fileName!).TrimStart('.').ToLowerInvariant() : null,
        _ => null,
    };

    public static string? OfVideo(string? mime) => mime?.ToLowerInvariant() switch
    {
        "video/mp4" => "mp4",
        "video/quicktime" => "mov",
        "video/x-matroska" => "mkv",
        "video/webm" => "webm",
        "video/x-flv" => "flv",
        "video/mpeg" => "mpeg",
        "video/x-ms-wmv" => "wmv",
        "video/3gpp" => "three_gp",
        _ => null,
    };
}
