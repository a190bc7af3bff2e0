using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Gateway.Simulator.Protocols.Gemini;

internal enum ProtoType
{
    Text,
    Bytes,
    Integer,
    Number,
    Flag,
    Enum,

    /// <summary>A free JSON object.</summary>
    Struct,

    /// <summary>Any JSON.</summary>
    Value,
    Message,
}

/// <summary>A field of a protobuf message.</summary>
/// <param name="Type">What one value of it is.</param>
/// <param name="Message">For <see cref="ProtoType.Message"/>.</param>
/// <param name="Repeated">A list. One value stands for a list of one, as in Google's own examples.</param>
/// <param name="IsMap">An object whose names are free.</param>
/// <param name="OneOf">For <see cref="ProtoType.Enum"/>: its names, in any case.</param>
internal sealed record ProtoField(ProtoType Type, ProtoMessage? Message = null, bool Repeated = false, bool IsMap = false, string[]? OneOf = null);

/// <summary>
/// Checks JSON as Google's servers parse it into protobuf: names in either spelling, numbers also as text, null as absent, and nothing
/// that the message does not have.
/// </summary>
internal sealed class ProtoMessage(string name)
{
    private readonly Dictionary<string, (string Snake, ProtoField Field)> _fields = new(StringComparer.Ordinal);

    /// <summary>Adds a field. Messages refer to each other, so fields are added until all is whole, and never after.</summary>
    public ProtoField this[params string[] names]
    {
        set
        {
            foreach (var camel in names)
            {
                var snake = ToSnake(camel);
                _fields[camel] = (snake, value);
                _fields[snake] = (snake, value);
            }
        }
    }

    /// <summary>Both spellings of all fields, for the door's check of the top level.</summary>
    public FieldTable ToTable() => new(_fields.Keys.ToDictionary(field => field, static _ => new Field(FieldType.Any)));

    /// <summary>A member by its camelCase name, in whichever spelling it was sent; null when absent.</summary>
    public static JsonElement? Find(JsonElement holder, string camel)
    {
        if (holder.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        return (holder.TryGetProperty(camel, out var value) || holder.TryGetProperty(ToSnake(camel), out value)) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    /// <summary>The entries of a repeated member; the value itself where one stands for a list.</summary>
    public static IEnumerable<JsonElement> List(JsonElement holder, string camel) =>
        Find(holder, camel) is not { } value ? [] : value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : [value];

    public static string? Text(JsonElement holder, string camel) => Find(holder, camel) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    public static bool Flag(JsonElement holder, string camel) => Find(holder, camel) is { ValueKind: JsonValueKind.True };

    /// <summary>A number, which may be sent as text.</summary>
    public static double? Number(JsonElement holder, string camel) => Find(holder, camel) is { } value ? ToNumber(value) : null;

    /// <param name="value">What was sent.</param>
    /// <param name="path">Where; empty for the body.</param>
    /// <exception cref="GoogleError">It is no such message.</exception>
    public void Check(JsonElement value, string path)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            throw GoogleError.BadValue(path, $"type.googleapis.com/google.ai.generativelanguage.v1beta.{name}", value);
        }

        foreach (var member in value.EnumerateObject())
        {
            if (!_fields.TryGetValue(member.Name, out var known))
            {
                throw GoogleError.Unknown(path, member.Name);
            }

            if (member.Value.ValueKind != JsonValueKind.Null)
            {
                CheckField(member.Value, known.Field, path.Length == 0 ? known.Snake : $"{path}.{known.Snake}");
            }
        }
    }

    private static void CheckField(JsonElement value, ProtoField field, string path)
    {
        if (field.IsMap && value.ValueKind == JsonValueKind.Object)
        {
            var index = 0;
            foreach (var entry in value.EnumerateObject())
            {
                CheckOne(entry.Value, field, $"{path}[{index++}].value");
            }
        }
        else if (field.Repeated && value.ValueKind == JsonValueKind.Array)
        {
            var index = 0;
            foreach (var entry in value.EnumerateArray())
            {
                CheckOne(entry, field, $"{path}[{index++}]");
            }
        }
        else if (value.ValueKind == JsonValueKind.Array && field.Type is not ProtoType.Value)
        {
            throw GoogleError.NotRepeated(path);
        }
        else
        {
            CheckOne(value, field, path);
        }
    }

    private static void CheckOne(JsonElement value, ProtoField field, string path)
    {
        var (fits, type) = field.Type switch
        {
            ProtoType.Text => (value.ValueKind == JsonValueKind.String, "TYPE_STRING"),
            ProtoType.Bytes => (value.ValueKind == JsonValueKind.String && IsBase64(value.GetString()!), "TYPE_BYTES"),
            ProtoType.Integer => (ToNumber(value) is { } number && Math.Floor(number) == number && Math.Abs(number) <= int.MaxValue, "TYPE_INT32"),
            ProtoType.Number => (ToNumber(value) is not null, "TYPE_DOUBLE"),
            ProtoType.Flag => (value.ValueKind is JsonValueKind.True or JsonValueKind.False, "TYPE_BOOL"),
            ProtoType.Enum => (value.ValueKind == JsonValueKind.String && field.OneOf!.Contains(value.GetString(), StringComparer.OrdinalIgnoreCase), "TYPE_ENUM"),
            ProtoType.Struct => (value.ValueKind == JsonValueKind.Object, "type.googleapis.com/google.protobuf.Struct"),
            ProtoType.Value => (true, ""),
            ProtoType.Message => (true, ""),
        };
        if (!fits)
        {
            throw GoogleError.BadValue(path, type, value);
        }

        if (field.Type == ProtoType.Message)
        {
            field.Message!.Check(value, path);
        }
    }

    private static double? ToNumber(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.GetDouble(),
        JsonValueKind.String when double.TryParse(value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
        _ => null,
    };

    /// <summary>Either alphabet, with or without padding.</summary>
    private static bool IsBase64(string text)
    {
        var clean = text.Replace('-', '+').Replace('_', '/').TrimEnd('=');
        return Convert.TryFromBase64String(clean.PadRight((clean.Length + 3) / 4 * 4, '='), new byte[clean.Length], out _);
    }

    private static string ToSnake(string camel)
    {
        var snake = new StringBuilder(camel.Length + 4);
        foreach (var unit in camel)
        {
            snake.Append(char.IsAsciiLetterUpper(unit) ? $"_{char.ToLowerInvariant(unit)}" : unit);
        }

        return snake.ToString();
    }
}
