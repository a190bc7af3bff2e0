using System.Text;
using System.Text.Json;

namespace Gateway.Router.Protocols.Neutral;

/// <summary>Writes schemas and arguments of tools for protocols that want objects.</summary>
internal static class ToolJson
{
    /// <summary>The schema of a tool's parameters: always an object with a <c>type</c>.</summary>
    public static void WriteSchema(Utf8JsonWriter json, NeutralTool tool)
    {
        if (tool.IsCustom)
        {
            json.WriteRawValue("""{"type":"object","properties":{"input":{"type":"string"}},"required":["input"]}"""u8, skipInputValidation: true);
        }
        else if (tool.Parameters is not { ValueKind: JsonValueKind.Object } schema)
        {
            json.WriteRawValue("""{"type":"object","properties":{}}"""u8, skipInputValidation: true);
        }
        else if (schema.TryGetProperty("type"u8, out _))
        {
            CompactJson.Write(json, schema);
        }
        else
        {
            json.WriteStartObject();
            json.WriteString("type"u8, "object"u8);
            foreach (var member in schema.EnumerateObject())
            {
                json.WritePropertyName(member.Name);
                CompactJson.Write(json, member.Value);
            }

            json.WriteEndObject();
        }
    }

    /// <summary>The arguments of a call as an object.</summary>
    /// <exception cref="Core.Errors.GatewayException">They are none.</exception>
    public static void WriteArguments(Utf8JsonWriter json, ToolCallPart call)
    {
        if (call.IsCustom)
        {
            json.WriteStartObject();
            json.WriteString("input"u8, call.Arguments);
            json.WriteEndObject();
            return;
        }

        var bytes = Encoding.UTF8.GetBytes(call.Arguments);
        if (bytes.AsSpan().Trim(" \t\r\n"u8).IsEmpty)
        {
            json.WriteStartObject();
            json.WriteEndObject();
            return;
        }

        if (!IsObject(bytes))
        {
            var path = call.Path.At(call.Path.Inner == "tool_calls" ? "function.arguments" : "arguments");
            TranslationNotes.Reject(path, $"'{path}' must be the text of a JSON object.");
        }

        CompactJson.Write(json, bytes);
    }

    /// <summary>Whether the bytes are one whole JSON object.</summary>
    public static bool IsObject(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var reader = new Utf8JsonReader(bytes);
            return reader.Read() && reader.TokenType == JsonTokenType.StartObject && reader.TrySkip() && !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
