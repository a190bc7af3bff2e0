using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Gemini;

/// <summary>Writes one JSON schema in OpenAPI's words. For one schema.</summary>
/// <remarks>
/// References are written out where they stand, a reference to itself becomes an object without more. Each schema gets a type, which these
/// models demand: from its other words, or that of text where nothing tells. The parts of <c>allOf</c> are read as one schema;
/// <c>oneOf</c> becomes <c>anyOf</c>, a null among the types <c>nullable</c>, a constant an enumeration of one. Everything else that these models
/// refuse is left out.
/// </remarks>
internal sealed class GeminiSchemaCleaner(JsonElement root, SourcePath path, Utf8JsonWriter json)
{
    /// <summary>References that refer to several others grow without bound.</summary>
    private const int MaxNodes = 5000;

    private readonly List<string> _open = [];
    private int _nodes;

    public void Write() => Write(root, isRoot: true);

    private void Write(JsonElement schema, bool isRoot)
    {
        if (++_nodes > MaxNodes)
        {
            TranslationNotes.Reject(path, "This schema is too large for the model once its references are written out. Make it smaller, or ask for a newer model.");
        }

        var layers = new List<JsonElement>();
        var references = _open.Count;
        if (!Collect(schema, layers))
        {
            _open.RemoveRange(references, _open.Count - references);
            json.WriteStartObject();
            json.WriteString("type"u8, schema.ValueKind == JsonValueKind.Object ? "object"u8 : "string"u8);
            json.WriteEndObject();
            return;
        }

        var shape = SchemaShape.Of(layers);
        json.WriteStartObject();
        if (shape.Only is { } only)
        {
            // What was a choice between something and null.
            WriteInside(only);
        }
        else
        {
            WriteBody(layers, in shape, isRoot);
        }

        if (shape.IsNullable)
        {
            json.WriteBoolean("nullable"u8, true);
        }

        json.WriteEndObject();
        _open.RemoveRange(references, _open.Count - references);
    }

    /// <summary>The members of another schema, into the object that is open.</summary>
    private void WriteInside(JsonElement schema)
    {
        var layers = new List<JsonElement>();
        if (!Collect(schema, layers))
        {
            return;
        }

        var shape = SchemaShape.Of(layers);
        if (shape.Only is { } only)
        {
            WriteInside(only);
        }
        else
        {
            WriteBody(layers, shape with { IsNullable = false }, isRoot: false);
        }
    }

    private void WriteBody(List<JsonElement> layers, in SchemaShape shape, bool isRoot)
    {
        var type = shape.Type ?? Guess(layers, in shape, isRoot);
        if (type is not null)
        {
            json.WriteString("type"u8, type);
        }

        if (SchemaShape.Find(layers, "description") is { ValueKind: JsonValueKind.String } description)
        {
            json.WritePropertyName("description"u8);
            description.WriteTo(json);
        }

        WriteLimits(layers, type);
        WriteEnum(layers, type);
        WriteObject(layers);
        if (type == "array" || SchemaShape.Find(layers, "items") is not null)
        {
            json.WritePropertyName("items"u8);
            Write(SchemaShape.Find(layers, "items") is { ValueKind: JsonValueKind.Object } items ? items : default, isRoot: false);
        }

        if (shape.Choices is { } choices)
        {
            json.WriteStartArray("anyOf"u8);
            foreach (var choice in choices)
            {
                Write(choice, isRoot: false);
            }

            json.WriteEndArray();
        }
        else if (shape.Types is { } types)
        {
            json.WriteStartArray("anyOf"u8);
            foreach (var one in types)
            {
                json.WriteStartObject();
                json.WriteString("type"u8, one);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }
    }

    /// <summary>What a schema without a type describes; null where its choices say it.</summary>
    private static string? Guess(List<JsonElement> layers, in SchemaShape shape, bool isRoot) =>
        SchemaShape.Find(layers, "properties") is not null ? "object"
        : SchemaShape.Find(layers, "items") is not null ? "array"
        : shape.Choices is not null || shape.Types is not null ? null
        : isRoot ? "object"
        : "string";

    private void WriteLimits(List<JsonElement> layers, string? type)
    {
        if (SchemaShape.Find(layers, "format") is { ValueKind: JsonValueKind.String } format && IsFormat(type, format.GetString()!))
        {
            json.WritePropertyName("format"u8);
            format.WriteTo(json);
        }

        ReadOnlySpan<string> numbers = ["minimum", "maximum", "minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"];
        foreach (var name in numbers)
        {
            if (SchemaShape.Find(layers, name) is { ValueKind: JsonValueKind.Number } number)
            {
                json.WritePropertyName(name);
                number.WriteTo(json);
            }
        }

        if (SchemaShape.Find(layers, "pattern") is { ValueKind: JsonValueKind.String } pattern)
        {
            json.WritePropertyName("pattern"u8);
            pattern.WriteTo(json);
        }
    }

    private static bool IsFormat(string? type, string format) => type switch
    {
        "string" => format is "date-time" or "enum",
        "integer" => format is "int32" or "int64",
        "number" => format is "float" or "double",
        _ => false,
    };

    /// <summary>Enumerations of anything but strings are refused: without one the model may say more, but it may speak.</summary>
    private void WriteEnum(List<JsonElement> layers, string? type)
    {
        if (type is not (null or "string"))
        {
            return;
        }

        if (SchemaShape.Find(layers, "const") is { ValueKind: JsonValueKind.String } constant)
        {
            json.WriteStartArray("enum"u8);
            constant.WriteTo(json);
            json.WriteEndArray();
            return;
        }

        if (SchemaShape.Find(layers, "enum") is not { ValueKind: JsonValueKind.Array } values || !SchemaShape.AreStrings(values))
        {
            return;
        }

        json.WriteStartArray("enum"u8);
        foreach (var value in values.EnumerateArray())
        {
            if (value.ValueKind == JsonValueKind.String)
            {
                value.WriteTo(json);
            }
        }

        json.WriteEndArray();
    }

    private void WriteObject(List<JsonElement> layers)
    {
        var names = new List<string>();
        foreach (var layer in layers)
        {
            if (!layer.TryGetProperty("properties", out var properties) || properties.ValueKind != JsonValueKind.Object)
            {
                continue;
            }

            foreach (var property in properties.EnumerateObject())
            {
                if (names.Contains(property.Name))
                {
                    continue;
                }

                if (names.Count == 0)
                {
                    json.WriteStartObject("properties"u8);
                }

                names.Add(property.Name);
                json.WritePropertyName(property.Name);
                Write(property.Value, isRoot: false);
            }
        }

        if (names.Count == 0)
        {
            return;
        }

        json.WriteEndObject();
        WriteRequired(layers, names);
    }

    /// <summary>Names without a property are refused.</summary>
    private void WriteRequired(List<JsonElement> layers, List<string> names)
    {
        var isOpen = false;
        foreach (var layer in layers)
        {
            if (!layer.TryGetProperty("required", out var required) || required.ValueKind != JsonValueKind.Array)
            {
                continue;
            }

            foreach (var name in required.EnumerateArray())
            {
                if (name.ValueKind != JsonValueKind.String || !names.Remove(name.GetString()!))
                {
                    continue;
                }

                if (!isOpen)
                {
                    isOpen = true;
                    json.WriteStartArray("required"u8);
                }

                name.WriteTo(json);
            }
        }

        if (isOpen)
        {
            json.WriteEndArray();
        }
    }

    /// <summary>The schema and all that it includes: what it refers to, and the parts of its <c>allOf</c>.</summary>
    /// <returns>False for a reference to what is being written, or to nothing.</returns>
    private bool Collect(JsonElement schema, List<JsonElement> layers)
    {
        if (schema.ValueKind != JsonValueKind.Object)
        {
            return layers.Count > 0;
        }

        layers.Add(schema);
        if (schema.TryGetProperty("$ref", out var reference) && reference.ValueKind == JsonValueKind.String)
        {
            var name = reference.GetString()!;
            if (_open.Contains(name) || SchemaShape.Resolve(root, name) is not { } target)
            {
                return false;
            }

            _open.Add(name);
            if (!Collect(target, layers))
            {
                return false;
            }
        }

        if (schema.TryGetProperty("allOf", out var all) && all.ValueKind == JsonValueKind.Array)
        {
            foreach (var part in all.EnumerateArray())
            {
                if (!Collect(part, layers))
                {
                    return false;
                }
            }
        }

        return true;
    }
}
