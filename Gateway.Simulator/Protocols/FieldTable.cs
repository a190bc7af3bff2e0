using System.Collections.Frozen;
using System.Text.Json;

namespace Gateway.Simulator.Protocols;

internal enum FieldType
{
    Any,
    Text,
    Integer,
    Number,
    Flag,
    List,
    Map,
    TextOrList,
    TextOrMap,
    TextOrFlag,
}

/// <summary>What one member of a request may be. Refused: the provider knows it, this model does not support it.</summary>
/// <param name="Type">Its kind.</param>
/// <param name="Required">It must be there, and not null.</param>
/// <param name="Min">The smallest number.</param>
/// <param name="Max">The largest number.</param>
/// <param name="Refused">Known, but a value other than false is refused.</param>
/// <param name="OneOf">The only texts that it may be; null for any.</param>
internal sealed record Field(
    FieldType Type,
    bool Required = false,
    double Min = double.NegativeInfinity,
    double Max = double.PositiveInfinity,
    bool Refused = false,
    IReadOnlyList<string>? OneOf = null);

internal enum FieldProblem
{
    Unknown,
    Missing,
    WrongType,
    Refused,
    BelowMin,
    AboveMax,
    NotOneOf,
}

/// <summary>What is wrong with a member.</summary>
/// <param name="Problem">What.</param>
/// <param name="Path">Where, such as <c>messages[2].role</c>.</param>
/// <param name="Value">What was sent; undefined when it is missing.</param>
/// <param name="Field">What it should have been; null when it is not known.</param>
internal readonly record struct FieldFault(FieldProblem Problem, string Path, JsonElement Value, Field? Field);

/// <summary>The members that a JSON object may have, checked as strictly as the provider does.</summary>
/// <param name="fields">The known members.</param>
/// <param name="ignoresUnknown">The provider passes over members that it does not know.</param>
internal sealed class FieldTable(IReadOnlyDictionary<string, Field> fields, bool ignoresUnknown = false)
{
    private readonly FrozenDictionary<string, Field> _fields = fields.ToFrozenDictionary(StringComparer.Ordinal);

    /// <param name="holder">A JSON object.</param>
    /// <param name="provider">Words the refusal.</param>
    /// <param name="path">The object's own path; empty for the body.</param>
    /// <exception cref="ProviderException">A member is unknown, missing, of the wrong type or out of range.</exception>
    public void Check(JsonElement holder, Provider provider, string path = "")
    {
        foreach (var member in holder.EnumerateObject())
        {
            if (!_fields.TryGetValue(member.Name, out var field) && ignoresUnknown)
            {
                continue;
            }

            if (Find(member.Value, field) is { } problem)
            {
                throw provider.Describe(new FieldFault(problem, Join(path, member.Name), member.Value, field));
            }
        }

        foreach (var (name, field) in _fields)
        {
            if (field.Required && !holder.TryGetProperty(name, out _))
            {
                throw provider.Describe(new FieldFault(FieldProblem.Missing, Join(path, name), default, field));
            }
        }
    }

    /// <summary>The same table with one member changed or added.</summary>
    public FieldTable With(string name, Field field) => new(new Dictionary<string, Field>(_fields, StringComparer.Ordinal) { [name] = field });

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private static FieldProblem? Find(JsonElement value, Field? field)
    {
        if (field is null)
        {
            return FieldProblem.Unknown;
        }

        if (value.ValueKind == JsonValueKind.Null && !field.Required)
        {
            return null;
        }

        var kind = value.ValueKind;
        var text = kind == JsonValueKind.String;
        var flag = kind is JsonValueKind.True or JsonValueKind.False;
        var fits = field.Type switch
        {
            FieldType.Any => kind != JsonValueKind.Null,
            FieldType.Text => text,
            FieldType.Integer => kind == JsonValueKind.Number && value.TryGetInt64(out _),
            FieldType.Number => kind == JsonValueKind.Number,
            FieldType.Flag => flag,
            FieldType.List => kind == JsonValueKind.Array,
            FieldType.Map => kind == JsonValueKind.Object,
            FieldType.TextOrList => text || kind == JsonValueKind.Array,
            FieldType.TextOrMap => text || kind == JsonValueKind.Object,
            FieldType.TextOrFlag => text || flag,
        };
        return fits ? FindInValue(value, field) : FieldProblem.WrongType;
    }

    private static FieldProblem? FindInValue(JsonElement value, Field field)
    {
        // 'false' asks for nothing, so it is no reason to refuse.
        if (field.Refused && value.ValueKind != JsonValueKind.False)
        {
            return FieldProblem.Refused;
        }

        if (value.ValueKind == JsonValueKind.Number)
        {
            var number = value.GetDouble();
            return number < field.Min ? FieldProblem.BelowMin : number > field.Max ? FieldProblem.AboveMax : null;
        }

        return field.OneOf is { } list && value.ValueKind == JsonValueKind.String && !list.Contains(value.GetString(), StringComparer.Ordinal)
            ? FieldProblem.NotOneOf : null;
    }
}
