using System.Text.Json;

namespace Gateway.Simulator.Protocols.Anthropic;

/// <summary>Where an image or document comes from.</summary>
internal static class AnthropicSources
{
    private static readonly string[] ImageTypes = ["image/jpeg", "image/png", "image/gif", "image/webp"];

    /// <exception cref="AnthropicError">A source that the provider does not take.</exception>
    public static void Check(JsonElement source, string block, string path)
    {
        path = $"{path}.{block}.source";
        var type = Text(source, "type"u8, $"{path}.type");
        switch (type)
        {
            case "base64":
                var media = Text(source, "media_type"u8, $"{path}.base64.media_type");
                string[] types = block == "image" ? ImageTypes : ["application/pdf"];
                if (!types.Contains(media, StringComparer.Ordinal))
                {
                    throw AnthropicError.Invalid($"{path}.base64.media_type", $"Input should be {AnthropicProvider.List(types)}");
                }

                if (!Convert.TryFromBase64String(Text(source, "data"u8, $"{path}.base64.data"), new byte[source.GetProperty("data"u8).GetString()!.Length], out var length) || length == 0)
                {
                    throw AnthropicError.Invalid($"{path}.base64.data", "Invalid base64 data");
                }

                break;
            case "url":
                if (!Text(source, "url"u8, $"{path}.url.url").StartsWith("https://", StringComparison.OrdinalIgnoreCase))
                {
                    throw AnthropicError.Invalid($"{path}.url.url", "Only HTTPS URLs are supported.");
                }

                break;
            case "file":
                throw AnthropicError.Invalid($"File not found: {Text(source, "file_id"u8, $"{path}.file.file_id")}");
            case "text" or "content" when block == "document":
                break;
            default:
                throw AnthropicError.Invalid(path, $"Input tag '{type}' found using 'type' does not match any of the expected tags: 'base64', 'file', 'url'");
        }
    }

    private static string Text(JsonElement holder, ReadOnlySpan<byte> name, string path) =>
        !holder.TryGetProperty(name, out var value) ? throw AnthropicError.Invalid(path, "Field required")
        : value.ValueKind == JsonValueKind.String ? value.GetString()! : throw AnthropicError.Invalid(path, "Input should be a valid string");
}
