using System.Text.Json;

namespace Gateway.Router.Protocols.Gemini;

/// <summary>What kind of value some schemas describe together, without null among it.</summary>
/// <param name="Type">The one type; null when there is none, or several.</param>
/// <param name="Types">The types when there are several.</param>
/// <param name="Choices">The schemas to choose among; null when there is no choice.</param>
/// <param name="Only">The one schema that a choice leaves when null is taken away.</param>
/// <param name="IsNullable">Whether null is allowed.</param>
internal readonly record struct SchemaShape(string? Type, List<string>? Types, List<JsonElement>? Choices, JsonElement? Only, bool IsNullable)
{
    public static SchemaShape Of(List<JsonElement> layers)
    {
        var isNullable = Find(layers, "nullable") is { ValueKind: JsonValueKind.True };
        string? type = null;
        List<string>? types = null;
        switch (Find(layers, "type"))
        {
            case { ValueKind: JsonValueKind.String } one:
                type = Lower(one);
                break;
            case { ValueKind: JsonValueKind.Array } several:
                foreach (var one in several.EnumerateArray())
                {
                    if (one.ValueKind != JsonValueKind.String)
                    {
                        continue;
                    }

                    if (one.ValueEquals("null"u8))
                    {
                        isNullable = true;
                    }
                    else
                    {
                        (types ??= []).Add(Lower(one));
                    }
                }

                if (types is [var single])
                {
                    (type, types) = (single, null);
                }

                break;
            default:
                break;
        }

        isNullable |= Find(layers, "enum") is { ValueKind: JsonValueKind.Array } values && HasNull(values);
        var choices = ChoicesOf(Find(layers, "anyOf") ?? Find(layers, "oneOf"), ref isNullable);
        return choices is [var only] && type is null && types is null && Find(layers, "properties") is null
            ? new SchemaShape(null, null, null, only, isNullable) : new SchemaShape(type, types, choices, null, isNullable);
    }

    /// <summary>The member of the first schema that has it.</summary>
    public static JsonElement? Find(List<JsonElement> layers, string name)
    {
        foreach (var layer in layers)
        {
            if (layer.TryGetProperty(name, out var value))
            {
                return value;
            }
        }

        return null;
    }

    /// <summary>What a reference inside the document points to.</summary>
    public static JsonElement? Resolve(JsonElement root, string reference)
    {
        if (!reference.StartsWith('#'))
        {
            return null;
        }

        var at = root;
        foreach (var step in reference.Split('/').AsSpan(1))
        {
            var name = Uri.UnescapeDataString(step).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(name, out at))
            {
                return null;
            }
        }

        return at;
    }

    /// <summary>Whether an enumeration holds strings, and perhaps null.</summary>
    public static bool AreStrings(JsonElement values)
    {
        var any = false;
        foreach (var value in values.EnumerateArray())
        {
            any |= value.ValueKind == JsonValueKind.String;
            if (value.ValueKind is not (JsonValueKind.String or JsonValueKind.Null))
            {
                return false;
            }
        }

        return any;
    }

    private static List<JsonElement>? ChoicesOf(JsonElement? list, ref bool isNullable)
    {
        if (list is not { ValueKind: JsonValueKind.Array } schemas)
        {
            return null;
        }

        var choices = new List<JsonElement>();
        foreach (var schema in schemas.EnumerateArray())
        {
            if (schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String && type.ValueEquals("null"u8))
            {
                isNullable = true;
            }
            else
            {
                choices.Add(schema);
            }
        }

        return choices.Count == 0 ? null : choices;
    }

    private static bool HasNull(JsonElement values)
    {
        foreach (var value in values.EnumerateArray())
        {
            if (value.ValueKind == JsonValueKind.Null)
            {
                return true;
            }
        }

        return false;
    }

    private static string Lower(JsonElement type) => type.GetString()!.ToLowerInvariant();
}
