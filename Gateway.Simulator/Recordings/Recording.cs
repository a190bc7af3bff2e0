using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Simulator.Hosting;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Gateway.Simulator.Recordings;

/// <summary>A recorded answer: exactly these bytes.</summary>
internal sealed record Recording(string Id, int Status, IReadOnlyList<KeyValuePair<string, string>> Headers, ReadOnlyMemory<byte> Body);

/// <summary>The recorder's description of one exchange; only what playing needs.</summary>
internal sealed record RecordingMeta
{
    public required int Status { get; init; }

    public required string ResponseFile { get; init; }

    public Dictionary<string, string> ResponseHeaders { get; init; } = [];
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(RecordingMeta))]
internal sealed partial class RecordingJson : JsonSerializerContext;

/// <summary>The recordings of one folder, read at start.</summary>
internal sealed class RecordingLibrary
{
    private readonly Dictionary<string, Recording> _recordings = new(StringComparer.Ordinal);

    /// <exception cref="SimulatorConfigurationException">A folder has a description that cannot be read.</exception>
    public RecordingLibrary(SimulatorOptions options)
    {
        foreach (var folder in options.Recordings is { } root ? Directory.EnumerateDirectories(root) : [])
        {
            if (File.Exists(Path.Combine(folder, "meta.json")))
            {
                var recording = Read(folder);
                _recordings.Add(recording.Id, recording);
            }
        }
    }

    public IEnumerable<string> Ids => _recordings.Keys.Order(StringComparer.Ordinal);

    /// <summary>The recording that a model name asks for: <c>recording/ID</c> or <c>recording:ID</c>.</summary>
    public static string? IdOf(string model) =>
        model.StartsWith("recording/", StringComparison.Ordinal) || model.StartsWith("recording:", StringComparison.Ordinal) ? model["recording/".Length..] : null;

    public Recording? Find(string id) => _recordings.GetValueOrDefault(id);

    private static Recording Read(string folder)
    {
        var id = Path.GetFileName(folder);
        try
        {
            var meta = JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(folder, "meta.json")), RecordingJson.Default.RecordingMeta)!;

            // GetFileName: a recording never reads outside its own folder.
            return new Recording(id, meta.Status, [.. meta.ResponseHeaders], File.ReadAllBytes(Path.Combine(folder, Path.GetFileName(meta.ResponseFile))));
        }
        catch (Exception error) when (error is JsonException or IOException)
        {
            throw new SimulatorConfigurationException($"The recording '{id}' cannot be read: {error.Message}");
        }
    }
}

internal static class RecordingSetup
{
    public static WebApplicationBuilder AddRecordings(this WebApplicationBuilder builder)
    {
        builder.Services.TryAddSingleton<RecordingLibrary>();
        return builder;
    }
}
