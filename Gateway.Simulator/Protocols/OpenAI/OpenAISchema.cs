using System.Text.Json;

namespace Gateway.Simulator.Protocols.OpenAI;

/// <summary>What a schema may say when it is <c>strict</c>.</summary>
internal static class OpenAISchema
{
    private static readonly string[] NotPermitted =
    [
        "allOf", "not", "dependentRequired", "dependentSchemas", "if", "then", "else", "oneOf", "patternProperties", "propertyNames",
        "minProperties", "maxProperties", "unevaluatedProperties", "unevaluatedItems", "contains", "minContains", "maxContains", "uniqueItems",
    ];

    /// <param name="root">The schema.</param>
    /// <param name="what">Whose it is, such as <c>function 'f'</c>.</param>
    /// <param name="param">Its path.</param>
    /// <param name="code">The error's code, if it has one.</param>
    /// <exception cref="OpenAIError">A keyword that is not permitted, an open object, or an optional property.</exception>
    public static void Check(JsonElement root, string what, string param, string? code)
    {
        SchemaWalk.Visit(root, (schema, steps) =>
        {
            foreach (var keyword in NotPermitted)
            {
                if (schema.TryGetProperty(keyword, out _))
                {
                    throw Refuse(steps, $"'{keyword}' is not permitted.");
                }
            }

            if (SchemaWalk.TypeOf(schema) == "object")
            {
                CheckObject(schema, steps);
            }
        });

        void CheckObject(JsonElement schema, IReadOnlyList<string> steps)
        {
            if (!schema.TryGetProperty("additionalProperties"u8, out var additional) || additional.ValueKind != JsonValueKind.False)
            {
                throw Refuse(steps, "'additionalProperties' is required to be supplied and to be false.");
            }

            if (Json.Member(schema, "properties"u8) is not { ValueKind: JsonValueKind.Object } properties)
            {
                return;
            }

            var required = Json.Member(schema, "required"u8) is { ValueKind: JsonValueKind.Array } list
                ? list.EnumerateArray().Select(name => name.ToString()).ToHashSet(StringComparer.Ordinal) : [];
            foreach (var property in properties.EnumerateObject())
            {
                if (!required.Contains(property.Name))
                {
                    throw Refuse(steps, $"'required' is required to be supplied and to be an array including every key in properties. Missing '{property.Name}'.");
                }
            }
        }

        OpenAIError Refuse(IReadOnlyList<string> steps, string why) =>
            OpenAIError.Bad($"Invalid schema for {what}: In context=({string.Join(", ", steps.Select(step => $"'{step}'"))}), {why}", param, code);
    }
}
