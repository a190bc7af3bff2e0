using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Gateway.Simulator.Faults;
using Gateway.Simulator.Hosting;
using Gateway.Simulator.Recordings;

namespace Gateway.Simulator.Protocols.Ollama;

/// <summary>Which names are the same model.</summary>
internal sealed class OllamaNames(SimulatorOptions options)
{
    private const string Latest = ":latest";

    /// <summary>A name without a tag means the latest.</summary>
    public static bool AreSame(string one, string other) => Tagged(one) == Tagged(other);

    /// <summary>The name as it is listed, with the directives behind it.</summary>
    public string? Known(string? model)
    {
        if (model is null)
        {
            return null;
        }

        var name = FaultDirectives.ModelName(model);
        return options.Models.FirstOrDefault(listed => AreSame(listed, name)) is { } known ? known + model[name.Length..] : model;
    }

    private static string Tagged(string name) => name.Contains(':', StringComparison.Ordinal) ? name : name + Latest;
}

/// <summary><c>/api/tags</c>, <c>/api/ps</c>, <c>/api/show</c> and <c>/api/version</c></summary>
internal sealed class OllamaCatalog(SimulatorOptions options, RecordingLibrary recordings, ProviderDoor door)
{
    private const string Version = "0.13.0";
    private const string Family = "llama";

    private static readonly string[] Usual = ["all-minilm:latest", "codellama:latest", "llama3.2:latest", "qwen3:latest"];

    private readonly OllamaProvider _provider = new("ShowRequest");
    private readonly string[] _ids = [.. options.Models.Count > 0 ? options.Models : Usual, .. recordings.Ids.Select(id => $"recording/{id}")];

    public Task TagsAsync(HttpContext context) => AnswerAsync(context, json =>
    {
        json.WriteStartObject();
        json.WriteStartArray("models"u8);
        foreach (var id in _ids)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, id);
            json.WriteString("model"u8, id);
            json.WriteString("modified_at"u8, "2025-01-01T00:00:00Z"u8);
            json.WriteNumber("size"u8, 2_019_393_189);
            json.WriteString("digest"u8, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id))));
            WriteDetails(json);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    public Task RunningAsync(HttpContext context) => AnswerAsync(context, static json =>
    {
        json.WriteStartObject();
        json.WriteStartArray("models"u8);
        json.WriteEndArray();
        json.WriteEndObject();
    });

    public Task VersionAsync(HttpContext context) => AnswerAsync(context, static json =>
    {
        json.WriteStartObject();
        json.WriteString("version"u8, Version);
        json.WriteEndObject();
    });

    public Task ShowAsync(HttpContext context) => door.GuardAsync(context, _provider, async () =>
    {
        var model = await ReadModelAsync(context);
        if (!_ids.Any(id => OllamaNames.AreSame(id, FaultDirectives.ModelName(model))))
        {
            throw OllamaError.NoModel(model);
        }

        await WriteAsync(context, static json =>
        {
            json.WriteStartObject();
            json.WriteString("template"u8, "{{ .Prompt }}"u8);
            WriteDetails(json);
            json.WriteStartObject("model_info"u8);
            json.WriteString("general.architecture"u8, Family);
            json.WriteNumber($"{Family}.context_length", 131_072);
            json.WriteEndObject();
            json.WriteStartArray("capabilities"u8);
            json.WriteStringValue("completion"u8);
            json.WriteStringValue("tools"u8);
            json.WriteEndArray();
            json.WriteString("modified_at"u8, "2025-01-01T00:00:00Z"u8);
            json.WriteEndObject();
        });
    });

    private static async Task<string> ReadModelAsync(HttpContext context)
    {
        try
        {
            using var body = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);

            // Older clients say "name".
            return Json.Text(body.RootElement, "model"u8) ?? Json.Text(body.RootElement, "name"u8) ?? throw OllamaError.Invalid("model is required");
        }
        catch (JsonException)
        {
            throw OllamaError.Invalid("missing request body");
        }
    }

    private static void WriteDetails(Utf8JsonWriter json)
    {
        json.WriteStartObject("details"u8);
        json.WriteString("parent_model"u8, ""u8);
        json.WriteString("format"u8, "gguf"u8);
        json.WriteString("family"u8, Family);
        json.WriteStartArray("families"u8);
        json.WriteStringValue(Family);
        json.WriteEndArray();
        json.WriteString("parameter_size"u8, "3.2B"u8);
        json.WriteString("quantization_level"u8, "Q4_K_M"u8);
        json.WriteEndObject();
    }

    private Task AnswerAsync(HttpContext context, Action<Utf8JsonWriter> write) => door.GuardAsync(context, _provider, () => WriteAsync(context, write));

    private static Task WriteAsync(HttpContext context, Action<Utf8JsonWriter> write)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        return context.Response.Body.WriteAsync(Json.Write(write)).AsTask();
    }
}
