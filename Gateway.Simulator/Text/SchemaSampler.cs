using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Gateway.Simulator.Text;

/// <summary>Makes one value that fits a JSON schema, as a model does for tool arguments and structured output.</summary>
internal static class SchemaSampler
{
    private const int MaxDepth = 16;

    /// <returns>Compact JSON; an empty object for anything that is no schema.</returns>
    public static string Sample(JsonElement schema, ulong seed)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            var random = new StableRandom(seed);
            Write(writer, schema, ref random, depth: 0);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter writer, JsonElement schema, ref StableRandom random, int depth)
    {
        if (depth > MaxDepth)
        {
            writer.WriteNullValue();
            return;
        }

        if (schema.ValueKind == JsonValueKind.Object)
        {
            if (schema.TryGetProperty("const"u8, out var constant))
            {
                constant.WriteTo(writer);
                return;
            }

            if (schema.TryGetProperty("enum"u8, out var options) && options.ValueKind == JsonValueKind.Array && options.GetArrayLength() > 0)
            {
                options[random.Next(options.GetArrayLength())].WriteTo(writer);
                return;
            }

            if (schema.TryGetProperty("anyOf"u8, out var any) && any.ValueKind == JsonValueKind.Array && any.GetArrayLength() > 0)
            {
                Write(writer, any[0], ref random, depth + 1);
                return;
            }
        }

        switch (TypeOf(schema))
        {
            case "string":
                writer.WriteStringValue($"text {random.Next(1000)}");
                break;
            case "integer":
                writer.WriteNumberValue(random.Next(100));
                break;
            case "number":
                writer.WriteNumberValue(random.Next(1000) / 10m);
                break;
            case "boolean":
                writer.WriteBooleanValue(random.Next(2) == 1);
                break;
            case "null":
                writer.WriteNullValue();
                break;
            case "array":
                writer.WriteStartArray();
                if (schema.TryGetProperty("items"u8, out var items))
                {
                    Write(writer, items, ref random, depth + 1);
                }

                writer.WriteEndArray();
                break;
            default:
                WriteObject(writer, schema, ref random, depth);
                break;
        }
    }

    private static void WriteObject(Utf8JsonWriter writer, JsonElement schema, ref StableRandom random, int depth)
    {
        writer.WriteStartObject();
        if (schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("properties"u8, out var properties) && properties.ValueKind == JsonValueKind.Object)
        {
            foreach (var property in properties.EnumerateObject())
            {
                writer.WritePropertyName(property.Name);
                Write(writer, property.Value, ref random, depth + 1);
            }
        }

        writer.WriteEndObject();
    }

    private static string TypeOf(JsonElement schema)
    {
        if (schema.ValueKind != JsonValueKind.Object || !schema.TryGetProperty("type"u8, out var type))
        {
            return "object";
        }

        // ["string", "null"] is how a field is made optional under strict schemas; the first entry is what is meant.
        if (type.ValueKind == JsonValueKind.Array && type.GetArrayLength() > 0)
        {
            type = type[0];
        }

        // Google writes types in capitals.
        return type.ValueKind == JsonValueKind.String ? type.GetString()!.ToLowerInvariant() : "object";
    }
}
