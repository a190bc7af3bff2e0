using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Gateway.Router.Tests.Hosting;

internal sealed record Recording(string Id, bool Streaming, int Status, JsonElement? RequestBody, byte[] Response, IReadOnlyDictionary<string, string> ResponseHeaders)
{
    public string ContentType => ResponseHeaders.GetValueOrDefault("content-type") ?? (Streaming ? "text/event-stream" : "application/json");
}

/// <summary>The recorded provider traffic under tests/recordings.</summary>
internal static class Recordings
{
    public static TheoryData<string> Ids(string protocol)
    {
        var ids = new TheoryData<string>();
        using var index = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder(), "index.json")));
        foreach (var entry in index.RootElement.EnumerateArray().Where(entry => entry.GetProperty("protocol").GetString() == protocol))
        {
            ids.Add(entry.GetProperty("id").GetString()!);
        }

        return ids;
    }

    public static Recording Load(string id)
    {
        var folder = Path.Combine(Folder(), id);
        using var meta = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "meta.json")));
        using var request = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "request.json")));
        var body = request.RootElement.GetProperty("body");
        return new Recording(
            id,
            meta.RootElement.GetProperty("streaming").GetBoolean(),
            meta.RootElement.GetProperty("status").GetInt32(),
            body.ValueKind == JsonValueKind.Object ? body.Clone() : null,
            File.ReadAllBytes(Path.Combine(folder, meta.RootElement.GetProperty("response_file").GetString()!)),
            meta.RootElement.TryGetProperty("response_headers", out var headers)
                ? headers.EnumerateObject().ToDictionary(static header => header.Name.ToLowerInvariant(), static header => header.Value.ToString()) : new Dictionary<string, string>());
    }

    private static string Folder([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "recordings"));
}
