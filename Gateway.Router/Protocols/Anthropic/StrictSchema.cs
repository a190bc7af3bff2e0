using System.Text.Json;

namespace Gateway.Router.Protocols.Anthropic;

/// <summary>Writes a JSON schema as Anthropic's structured output wants it: no object takes members that it does not name.</summary>
internal static class StrictSchema
{
    /// <param name="description">For the root, where it has none.</param>
    /// <param name="isParameters">The root is an object, whether it says so or not.</param>
    /// <returns>Whether anything was added.</returns>
    public static bool Write(Utf8JsonWriter json, JsonElement schema, string? description = null, bool isParameters = false)
    {
        if (schema.ValueKind != JsonValueKind.Object)
        {
            CompactJson.Write(json, schema);
            return false;
        }

        var added = false;
        json.WriteStartObject();
        if (isParameters && !schema.TryGetProperty("type"u8, out _))
        {
            json.WriteString("type"u8, "object"u8);
        }

        foreach (var member in schema.EnumerateObject())
        {
            json.WritePropertyName(member.Name);
            added |= WriteMember(json, member);
        }

        if ((isParameters || IsObject(schema)) && !schema.TryGetProperty("additionalProperties"u8, out _))
        {
            json.WriteBoolean("additionalProperties"u8, false);
            added = true;
        }

        if (description is not null && !schema.TryGetProperty("description"u8, out _))
        {
            json.WriteString("description"u8, description);
        }

        json.WriteEndObject();
        return added;
    }

    /// <summary>Only where the standard has schemas: what stands in <c>enum</c>, <c>const</c> or <c>default</c> is data.</summary>
    private static bool WriteMember(Utf8JsonWriter json, JsonProperty member)
    {
        switch (member.Name)
        {
            case "properties" or "$defs" or "definitions" or "patternProperties" or "dependentSchemas" when member.Value.ValueKind == JsonValueKind.Object:
                return WriteMap(json, member.Value);
            case "anyOf" or "allOf" or "oneOf" or "prefixItems" or "items" when member.Value.ValueKind == JsonValueKind.Array:
                return WriteList(json, member.Value);
            case "items" or "not" or "if" or "then" or "else" or "additionalProperties" or "contains":
                return Write(json, member.Value);
            default:
                CompactJson.Write(json, member.Value);
                return false;
        }
    }

    private static bool WriteMap(Utf8JsonWriter json, JsonElement map)
    {
        var added = false;
        json.WriteStartObject();
        foreach (var member in map.EnumerateObject())
        {
            json.WritePropertyName(member.Name);
            added |= Write(json, member.Value);
        }

        json.WriteEndObject();
        return added;
    }

    private static bool WriteList(Utf8JsonWriter json, JsonElement list)
    {
        var added = false;
        json.WriteStartArray();
        foreach (var item in list.EnumerateArray())
        {
            added |= Write(json, item);
        }

        json.WriteEndArray();
        return added;
    }

    private static bool IsObject(JsonElement schema)
    {
        if (!schema.TryGetProperty("type"u8, out var type))
        {
            return schema.TryGetProperty("properties"u8, out _);
        }

        if (type.ValueKind != JsonValueKind.Array)
        {
            return type.ValueKind == JsonValueKind.String && type.ValueEquals("object"u8);
        }

        foreach (var one in type.EnumerateArray())
        {
            if (one.ValueKind == JsonValueKind.String && one.ValueEquals("object"u8))
            {
                return true;
            }
        }

        return false;
    }
}
