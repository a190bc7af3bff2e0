using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Gemini;

/// <summary>
/// JSON schemas for Gemini. Models since 2.0 take them nearly as they are; older ones know a subset of OpenAPI's schemas and refuse every other
/// word (protocols.md 3.5). Only ever used on schemas: the results of tools are data.
/// </summary>
internal static class GeminiSchema
{
    /// <summary>The schema as it is; without a type it is an object's.</summary>
    public static void WriteWithType(JsonElement schema, Utf8JsonWriter json)
    {
        if (schema.TryGetProperty("type", out _) || schema.TryGetProperty("$ref", out _) || schema.TryGetProperty("anyOf", out _) || schema.TryGetProperty("oneOf", out _) || schema.TryGetProperty("allOf", out _))
        {
            schema.WriteTo(json);
            return;
        }

        json.WriteStartObject();
        json.WriteString("type"u8, "object"u8);
        foreach (var member in schema.EnumerateObject())
        {
            member.WriteTo(json);
        }

        json.WriteEndObject();
    }

    /// <summary>The schema in the words that older models know.</summary>
    /// <exception cref="Core.Errors.GatewayException">It is too large once its references are written out.</exception>
    public static void WriteCleaned(JsonElement schema, SourcePath path, Utf8JsonWriter json) => new GeminiSchemaCleaner(schema, path, json).Write();

    public static bool HasProperties(JsonElement schema) =>
        !schema.TryGetProperty("properties", out var properties)
            ? schema.TryGetProperty("$ref", out _) || schema.TryGetProperty("anyOf", out _) || schema.TryGetProperty("oneOf", out _) || schema.TryGetProperty("allOf", out _)
            : properties.ValueKind == JsonValueKind.Object && properties.EnumerateObject().MoveNext();
}
