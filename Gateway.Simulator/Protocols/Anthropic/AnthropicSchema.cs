using System.Text.Json;

namespace Gateway.Simulator.Protocols.Anthropic;

/// <summary>What a schema may say that the model is held to: structured output and strict tools.</summary>
internal static class AnthropicSchema
{
    private static readonly string[] Unsupported =
    [
        "exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum", "multipleOf", "maxLength", "minLength", "maxItems", "uniqueItems", "contains",
        "maxProperties", "minProperties", "patternProperties", "propertyNames", "dependentRequired", "dependentSchemas", "if", "then", "else", "not", "oneOf",
    ];

    /// <exception cref="AnthropicError">A keyword or an open object.</exception>
    public static void Check(JsonElement root, string path) => SchemaWalk.Visit(root, (schema, steps) =>
    {
        var type = SchemaWalk.TypeOf(schema) ?? "object";
        if (type == "object" && !schema.TryGetProperty("anyOf"u8, out _) && !schema.TryGetProperty("$ref"u8, out _) && !schema.TryGetProperty("enum"u8, out _)
            && !schema.TryGetProperty("const"u8, out _) && !schema.TryGetProperty("allOf"u8, out _)
            && (!schema.TryGetProperty("additionalProperties"u8, out var additional) || additional.ValueKind != JsonValueKind.False))
        {
            throw AnthropicError.Invalid(path, "For 'object' type, 'additionalProperties' must be explicitly set to false");
        }

        var refused = Unsupported.Where(keyword => schema.TryGetProperty(keyword, out _)).ToArray();
        if (refused.Length > 0)
        {
            throw AnthropicError.Invalid(path, refused.Length == 1
                ? $"For '{type}' type, property '{refused[0]}' is not supported"
                : $"For '{type}' type, properties {string.Join(", ", refused)} are not supported");
        }
    });
}
