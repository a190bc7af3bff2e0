using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Gateway.Edge.Models;

/// <summary>Models as Ollama describes files on a disk. There is no file: sizes are 0, but names and digests tell the models apart.</summary>
internal static class OllamaModelShapes
{
    private const string Architecture = "gateway";

    public static void WriteTags(Utf8JsonWriter json, List<ListedModel> models)
    {
        json.WriteStartObject();
        json.WriteStartArray("models"u8);
        foreach (var model in models)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, model.Name);
            json.WriteString("model"u8, model.Name);
            json.WriteString("modified_at"u8, ModelShapes.Time(model));
            json.WriteNumber("size"u8, 0);
            json.WriteString("digest"u8, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(model.Name))));
            WriteDetails(json);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>The answer of <c>/api/show</c>.</summary>
    public static void WriteShow(Utf8JsonWriter json, ListedModel model)
    {
        json.WriteStartObject();
        json.WriteString("modelfile"u8, ""u8);
        json.WriteString("parameters"u8, ""u8);
        json.WriteString("template"u8, ""u8);
        WriteDetails(json);
        json.WriteStartObject("model_info"u8);
        json.WriteString("general.architecture"u8, Architecture);
        json.WriteString("general.basename"u8, model.Name);
        if (model.InputTokens is { } context)
        {
            // Where clients look for it: below the architecture's name.
            json.WriteNumber(Architecture + ".context_length", context);
        }

        json.WriteEndObject();
        json.WriteStartArray("capabilities"u8);
        json.WriteStringValue("completion"u8);
        json.WriteStringValue("tools"u8);
        json.WriteEndArray();
        json.WriteString("modified_at"u8, ModelShapes.Time(model));
        json.WriteEndObject();
    }

    public static void WriteNoneRunning(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartArray("models"u8);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteDetails(Utf8JsonWriter json)
    {
        json.WriteStartObject("details"u8);
        json.WriteString("parent_model"u8, ""u8);
        json.WriteString("format"u8, ""u8);
        json.WriteString("family"u8, Architecture);
        json.WriteStartArray("families"u8);
        json.WriteStringValue(Architecture);
        json.WriteEndArray();
        json.WriteString("parameter_size"u8, ""u8);
        json.WriteString("quantization_level"u8, ""u8);
        json.WriteEndObject();
    }
}
