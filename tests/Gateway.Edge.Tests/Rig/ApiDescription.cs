using System.Text.Json;
using System.Text.RegularExpressions;

namespace Gateway.Edge.Tests.Rig;

/// <summary>The description of the admin endpoints, and whether answers are as it says. Knows the part of JSON Schema that it uses and refuses any other.</summary>
internal sealed class ApiDescription(JsonElement root)
{
    private static readonly HashSet<string> Known =
    [
        "$ref", "type", "description", "properties", "required", "additionalProperties", "items", "enum", "const", "format", "pattern", "minimum", "maximum", "default",
    ];

    public JsonElement Root { get; } = root;

    public static ApiDescription Parse(string text) => new(JsonDocument.Parse(text).RootElement);

    /// <summary><c>GET /admin/v1/usage</c> and so on.</summary>
    public IEnumerable<string> Operations => Root.GetProperty("paths").EnumerateObject().SelectMany(static path => path.Value.EnumerateObject()
        .Where(static member => member.Name != "parameters").Select(method => $"{method.Name.ToUpperInvariant()} {path.Name}"));

    public JsonElement Operation(string operation) => Root.GetProperty("paths").GetProperty(operation.Split(' ')[1]).GetProperty(operation.Split(' ')[0].ToLowerInvariant());

    /// <summary>What differs between an answer and its description; empty when nothing does.</summary>
    public IReadOnlyList<string> Differences(string operation, int status, JsonElement answer, string type = "application/json")
    {
        var schema = Operation(operation).GetProperty("responses").GetProperty(status.ToString(System.Globalization.CultureInfo.InvariantCulture)).GetProperty("content").GetProperty(type).GetProperty("schema");
        var found = new List<string>();
        Check(answer, schema, "$", found);
        return found;
    }

    public JsonElement Resolve(JsonElement schema) =>
        schema.TryGetProperty("$ref", out var reference) ? Resolve(reference.GetString()!.Split('/').Skip(1).Aggregate(Root, static (at, name) => at.GetProperty(name))) : schema;

    /// <summary>Every schema below an element, with where it is.</summary>
    public static IEnumerable<(string Path, JsonElement Schema)> Below(JsonElement schema, string path)
    {
        yield return (path, schema);
        foreach (var (name, child) in Children(schema))
        {
            foreach (var below in Below(child, $"{path}.{name}"))
            {
                yield return below;
            }
        }
    }

    public static IEnumerable<string> UnknownWords(JsonElement schema) => schema.EnumerateObject().Select(static member => member.Name).Where(static name => !Known.Contains(name));

    private static IEnumerable<(string Name, JsonElement Schema)> Children(JsonElement schema)
    {
        if (schema.TryGetProperty("properties", out var properties))
        {
            foreach (var property in properties.EnumerateObject())
            {
                yield return (property.Name, property.Value);
            }
        }

        if (schema.TryGetProperty("items", out var items))
        {
            yield return ("[]", items);
        }

        if (schema.TryGetProperty("additionalProperties", out var more) && more.ValueKind == JsonValueKind.Object)
        {
            yield return ("*", more);
        }
    }

    private void Check(JsonElement value, JsonElement given, string path, List<string> found)
    {
        var schema = Resolve(given);
        if (schema.TryGetProperty("type", out var type) && !IsOf(value, type))
        {
            found.Add($"{path} is {value.ValueKind}, not {type}");
            return;
        }

        if (schema.TryGetProperty("enum", out var words) && !words.EnumerateArray().Any(word => word.GetString() == value.ToString()))
        {
            found.Add($"{path} is '{value}', none of {words}");
        }

        if (schema.TryGetProperty("pattern", out var pattern) && !Regex.IsMatch(value.GetString()!, pattern.GetString()!, RegexOptions.None, TimeSpan.FromSeconds(1)))
        {
            found.Add($"{path} is '{value}', not {pattern}");
        }

        if (value.ValueKind == JsonValueKind.String && schema.TryGetProperty("format", out var format) && !(format.GetString() == "uuid" ? value.TryGetGuid(out _) : value.TryGetDateTimeOffset(out _)))
        {
            found.Add($"{path} is '{value}', no {format}");
        }

        if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in value.EnumerateArray())
            {
                Check(item, schema.GetProperty("items"), path + "[]", found);
            }
        }
        else if (value.ValueKind == JsonValueKind.Object)
        {
            CheckMembers(value, schema, path, found);
        }
    }

    private void CheckMembers(JsonElement value, JsonElement schema, string path, List<string> found)
    {
        foreach (var required in schema.TryGetProperty("required", out var names) ? names.EnumerateArray().Select(static name => name.GetString()!) : [])
        {
            if (!value.TryGetProperty(required, out _))
            {
                found.Add($"{path}.{required} is missing");
            }
        }

        foreach (var member in value.EnumerateObject())
        {
            if (schema.TryGetProperty("properties", out var properties) && properties.TryGetProperty(member.Name, out var own))
            {
                Check(member.Value, own, $"{path}.{member.Name}", found);
            }
            else if (schema.TryGetProperty("additionalProperties", out var more) && more.ValueKind == JsonValueKind.Object)
            {
                Check(member.Value, more, $"{path}.{member.Name}", found);
            }
            else if (more.ValueKind != JsonValueKind.True)
            {
                found.Add($"{path}.{member.Name} is not described");
            }
        }
    }

    private static bool IsOf(JsonElement value, JsonElement type) => type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Any(one => IsOf(value, one)) : value.ValueKind switch
    {
        JsonValueKind.Object => type.GetString() == "object",
        JsonValueKind.Array => type.GetString() == "array",
        JsonValueKind.String => type.GetString() == "string",
        JsonValueKind.True or JsonValueKind.False => type.GetString() == "boolean",
        JsonValueKind.Null => type.GetString() == "null",
        JsonValueKind.Number => type.GetString() == "number" || (type.GetString() == "integer" && value.TryGetInt64(out _)),
        _ => false,
    };
}
