using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Gateway.Edge.Admin.ConfigVersions;

/// <summary>The first line of the file of a version: a comment of YAML with JSON in it.</summary>
internal static class ConfigVersionHead
{
    private const string Mark = "#gateway-version ";

    public static string Write(ConfigVersion version)
    {
        var output = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteString("time"u8, version.Time);
            json.WriteString("sha256"u8, version.Sha256);
            json.WriteString("source"u8, version.Source);
            json.WriteString("author"u8, version.Author);
            json.WriteString("comment"u8, version.Comment);
            json.WriteEndObject();
        }

        return Mark + Encoding.UTF8.GetString(output.WrittenSpan);
    }

    /// <returns>Null for a line that is none.</returns>
    public static ConfigVersion? Read(long number, string line)
    {
        if (!line.StartsWith(Mark, StringComparison.Ordinal))
        {
            return null;
        }

        try
        {
            using var head = JsonDocument.Parse(line.AsMemory(Mark.Length));
            var root = head.RootElement;
            return new ConfigVersion(
                number, root.GetProperty("time"u8).GetDateTimeOffset(), root.GetProperty("sha256"u8).GetString()!, root.GetProperty("source"u8).GetString()!,
                root.GetProperty("author"u8).GetString(), root.GetProperty("comment"u8).GetString());
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            return null;
        }
    }
}
