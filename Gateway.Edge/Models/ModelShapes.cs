using System.Globalization;
using System.Text.Json;

namespace Gateway.Edge.Models;

/// <summary>One model and one list in the words of each protocol.</summary>
internal static class ModelShapes
{
    // Every model is offered for all of them; what a provider cannot do it says when asked.
    private static readonly string[] GeminiMethods = ["generateContent", "countTokens", "embedContent", "batchEmbedContents"];

    public static void WriteOpenAI(Utf8JsonWriter json, ListedModel model)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, model.Name);
        json.WriteString("object"u8, "model"u8);
        json.WriteNumber("created"u8, model.Created.ToUnixTimeSeconds());
        json.WriteString("owned_by"u8, model.Provider);
        json.WriteEndObject();
    }

    public static void WriteOpenAI(Utf8JsonWriter json, List<ListedModel> models)
    {
        json.WriteStartObject();
        json.WriteString("object"u8, "list"u8);
        json.WriteStartArray("data"u8);
        foreach (var model in models)
        {
            WriteOpenAI(json, model);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static void WriteAnthropic(Utf8JsonWriter json, ListedModel model)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "model"u8);
        json.WriteString("id"u8, model.Name);
        json.WriteString("display_name"u8, model.DisplayName);
        json.WriteString("created_at"u8, Time(model));
        json.WriteEndObject();
    }

    public static void WriteAnthropic(Utf8JsonWriter json, ModelPage page)
    {
        json.WriteStartObject();
        json.WriteStartArray("data"u8);
        foreach (var model in page.Models)
        {
            WriteAnthropic(json, model);
        }

        json.WriteEndArray();
        json.WriteBoolean("has_more"u8, page.HasMore);
        json.WriteString("first_id"u8, page.Models.Count == 0 ? null : page.Models[0].Name);
        json.WriteString("last_id"u8, page.Models.Count == 0 ? null : page.Models[^1].Name);
        json.WriteEndObject();
    }

    public static void WriteGemini(Utf8JsonWriter json, ListedModel model)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, "models/" + model.Name);
        json.WriteString("version"u8, "1"u8);
        json.WriteString("displayName"u8, model.DisplayName);
        if (model.InputTokens is { } input)
        {
            json.WriteNumber("inputTokenLimit"u8, input);
        }

        if (model.OutputTokens is { } output)
        {
            json.WriteNumber("outputTokenLimit"u8, output);
        }

        json.WriteStartArray("supportedGenerationMethods"u8);
        foreach (var method in GeminiMethods)
        {
            json.WriteStringValue(method);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static void WriteGemini(Utf8JsonWriter json, ModelPage page)
    {
        json.WriteStartObject();
        json.WriteStartArray("models"u8);
        foreach (var model in page.Models)
        {
            WriteGemini(json, model);
        }

        json.WriteEndArray();
        if (page.NextToken is { } next)
        {
            json.WriteString("nextPageToken"u8, next);
        }

        json.WriteEndObject();
    }

    internal static string Time(ListedModel model) => model.Created.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
