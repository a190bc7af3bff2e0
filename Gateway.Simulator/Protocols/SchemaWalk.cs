using System.Text.Json;

namespace Gateway.Simulator.Protocols;

/// <summary>Visits a JSON schema and every schema inside it.</summary>
internal static class SchemaWalk
{
    private const int MaxDepth = 64;

    private static readonly string[] Maps = ["properties", "$defs", "definitions", "patternProperties", "dependentSchemas"];
    private static readonly string[] Lists = ["anyOf", "allOf", "oneOf", "prefixItems"];
    private static readonly string[] Singles = ["items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames"];

    /// <param name="schema">Where to start.</param>
    /// <param name="visit">Gets each schema and the steps that lead to it.</param>
    public static void Visit(JsonElement schema, Action<JsonElement, IReadOnlyList<string>> visit) => Visit(schema, visit, []);

    /// <summary>The schema's <c>type</c>, the first one of a list; null when it names none.</summary>
    public static string? TypeOf(JsonElement schema) => Json.Member(schema, "type"u8) switch
    {
        { ValueKind: JsonValueKind.String } type => type.GetString(),
        { ValueKind: JsonValueKind.Array } types when types.GetArrayLength() > 0 && types[0].ValueKind == JsonValueKind.String => types[0].GetString(),
        _ => null,
    };

    private static void Visit(JsonElement schema, Action<JsonElement, IReadOnlyList<string>> visit, List<string> path)
    {
        // 'additionalProperties: false' stands where a schema may stand.
        if (schema.ValueKind != JsonValueKind.Object || path.Count > MaxDepth)
        {
            return;
        }

        visit(schema, path);
        foreach (var member in schema.EnumerateObject())
        {
            if (Maps.Contains(member.Name, StringComparer.Ordinal) && member.Value.ValueKind == JsonValueKind.Object)
            {
                foreach (var inner in member.Value.EnumerateObject())
                {
                    Visit(inner.Value, visit, [.. path, member.Name, inner.Name]);
                }
            }
            else if (Lists.Contains(member.Name, StringComparer.Ordinal) && member.Value.ValueKind == JsonValueKind.Array)
            {
                for (var index = 0; index < member.Value.GetArrayLength(); index++)
                {
                    Visit(member.Value[index], visit, [.. path, member.Name, $"{index}"]);
                }
            }
            else if (Singles.Contains(member.Name, StringComparer.Ordinal))
            {
                Visit(member.Value, visit, [.. path, member.Name]);
            }
        }
    }
}
