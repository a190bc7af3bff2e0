using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gateway.Router.Protocols.Gemini;

/// <summary>
/// Gemini's own schemas (types in capitals, <c>nullable</c>, numbers as text) as the JSON schemas that everybody else reads. Names of
/// properties are the client's and stay, whatever they are.
/// </summary>
internal static class OpenApiSchema
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static JsonElement ToJsonSchema(JsonElement schema)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output, Plain))
        {
            Write(schema, json);
        }

        using var document = JsonDocument.Parse(output.WrittenMemory);
        return document.RootElement.Clone();
    }

    private static void Write(JsonElement schema, Utf8JsonWriter json)
    {
        if (schema.ValueKind != JsonValueKind.Object)
        {
            schema.WriteTo(json);
            return;
        }

        var isNullable = schema.TryGetProperty("nullable", out var nullable) && nullable.ValueKind == JsonValueKind.True;
        json.WriteStartObject();
        foreach (var member in schema.EnumerateObject())
        {
            if (member.Value.ValueKind != JsonValueKind.Null)
            {
                WriteMember(member, isNullable, json);
            }
        }

        json.WriteEndObject();
    }

    private static void WriteMember(JsonProperty member, bool isNullable, Utf8JsonWriter json)
    {
        var value = member.Value;
        var name = GeminiJson.Camel(member.Name);
        switch (name)
        {
            case "type" when value.ValueKind == JsonValueKind.String:
                WriteType(value.GetString()!.ToLowerInvariant(), isNullable, json);
                break;
            case "nullable" or "propertyOrdering":
                break;
            case "example":
                json.WriteStartArray("examples"u8);
                value.WriteTo(json);
                json.WriteEndArray();
                break;
            case "properties" or "$defs" or "defs" when value.ValueKind == JsonValueKind.Object:
                json.WriteStartObject(name == "defs" ? "$defs" : name);
                foreach (var property in value.EnumerateObject())
                {
                    json.WritePropertyName(property.Name);
                    Write(property.Value, json);
                }

                json.WriteEndObject();
                break;
            case "items" or "additionalProperties":
                json.WritePropertyName(name);
                Write(value, json);
                break;
            case "anyOf" or "prefixItems" when value.ValueKind == JsonValueKind.Array:
                json.WriteStartArray(name);
                foreach (var choice in value.EnumerateArray())
                {
                    Write(choice, json);
                }

                json.WriteEndArray();
                break;
            case "minItems" or "maxItems" or "minLength" or "maxLength" or "minProperties" or "maxProperties"
                when value.ValueKind == JsonValueKind.String && long.TryParse(value.GetString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number):
                // Whole numbers of 64 bits are text in Google's JSON.
                json.WriteNumber(name, number);
                break;
            default:
                json.WritePropertyName(name);
                value.WriteTo(json);
                break;
        }
    }

    private static void WriteType(string type, bool isNullable, Utf8JsonWriter json)
    {
        if (type == "type_unspecified")
        {
            return;
        }

        json.WritePropertyName("type"u8);
        if (!isNullable)
        {
            json.WriteStringValue(type);
            return;
        }

        json.WriteStartArray();
        json.WriteStringValue(type);
        json.WriteStringValue("null"u8);
        json.WriteEndArray();
    }
}
