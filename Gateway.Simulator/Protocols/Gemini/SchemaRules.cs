using System.Text.Json;

namespace Gateway.Simulator.Protocols.Gemini;

/// <summary>What a <c>Schema</c> must obey beyond its fields.</summary>
internal static class SchemaRules
{
    /// <exception cref="GoogleError">A rule is broken.</exception>
    public static void Check(JsonElement schema, string path)
    {
        var type = ProtoMessage.Text(schema, "type")?.ToUpperInvariant();
        if (type is null && ProtoMessage.Find(schema, "anyOf") is null)
        {
            throw GoogleError.Violation($"{path}.type", "must be specified");
        }

        if (type != "STRING" && ProtoMessage.List(schema, "enum").Any())
        {
            throw GoogleError.Violation($"{path}.enum", "only allowed for STRING type");
        }

        if (type == "STRING" && ProtoMessage.Text(schema, "format") is { } format && format is not ("enum" or "date-time"))
        {
            throw GoogleError.Violation($"{path}.format", "only 'enum' and 'date-time' are supported for STRING type");
        }

        if (type == "ARRAY" && ProtoMessage.Find(schema, "items") is null)
        {
            throw GoogleError.Violation($"{path}.items", "missing field.");
        }

        var properties = ProtoMessage.Find(schema, "properties");
        if (type != "OBJECT" && properties is { } misplaced && misplaced.EnumerateObject().Any())
        {
            throw GoogleError.Violation($"{path}.properties", "only allowed for OBJECT type");
        }

        var index = 0;
        foreach (var name in ProtoMessage.List(schema, "required"))
        {
            if (properties is not { } known || !known.TryGetProperty(name.GetString()!, out _))
            {
                throw GoogleError.Violation($"{path}.required[{index}]", "property is not defined");
            }

            index++;
        }

        CheckInside(schema, properties, path);
    }

    private static void CheckInside(JsonElement schema, JsonElement? properties, string path)
    {
        if (properties is { ValueKind: JsonValueKind.Object } map)
        {
            foreach (var property in map.EnumerateObject())
            {
                Check(property.Value, $"{path}.properties[{property.Name}]");
            }
        }

        if (ProtoMessage.Find(schema, "items") is { } items)
        {
            Check(items, $"{path}.items");
        }

        var index = 0;
        foreach (var choice in ProtoMessage.List(schema, "anyOf"))
        {
            Check(choice, $"{path}.any_of[{index++}]");
        }
    }
}
