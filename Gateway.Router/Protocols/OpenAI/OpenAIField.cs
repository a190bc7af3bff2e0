using System.Text.Json;
using Gateway.Core.Errors;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.OpenAI;

/// <summary>Reads values of a client's body: what has the wrong type is a 400 that names the field.</summary>
internal static class OpenAIField
{
    public static bool IsAbsent(JsonElement value) => value.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined;

    /// <exception cref="GatewayException">It is no string.</exception>
    public static string Text(JsonElement value, SourcePath path)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            throw Wrong(path, "a string");
        }

        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Wrong(path, "text: it holds one half of a surrogate pair");
        }
    }

    /// <returns>Null when absent.</returns>
    public static string? OptionalText(JsonElement value, SourcePath path) => IsAbsent(value) ? null : Text(value, path);

    public static bool? OptionalFlag(JsonElement value, SourcePath path) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.Undefined => null,
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong(path, "true or false"),
    };

    public static double? OptionalNumber(JsonElement value, SourcePath path) =>
        IsAbsent(value) ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number) ? number
        : throw Wrong(path, "a number");

    public static long? OptionalInteger(JsonElement value, SourcePath path)
    {
        if (IsAbsent(value))
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.Number)
        {
            if (value.TryGetInt64(out var whole))
            {
                return whole;
            }

            // Some writers have only one kind of number: 40.0 is an integer.
            const double Exact = 1L << 53;
            if (value.TryGetDouble(out var number) && Math.Abs(number) < Exact && number == Math.Truncate(number))
            {
                return (long)number;
            }
        }

        throw Wrong(path, "an integer");
    }

    /// <returns>Undefined when absent.</returns>
    public static JsonElement OptionalObject(JsonElement value, SourcePath path) =>
        IsAbsent(value) ? default : value.ValueKind == JsonValueKind.Object ? value : throw Wrong(path, "an object");

    public static JsonElement Object(JsonElement value, SourcePath path) =>
        value.ValueKind == JsonValueKind.Object ? value : throw Wrong(path, "an object");

    public static JsonElement List(JsonElement value, SourcePath path) =>
        value.ValueKind == JsonValueKind.Array ? value : throw Wrong(path, "an array");

    /// <summary>A member, Undefined when it is not there.</summary>
    public static JsonElement Member(JsonElement parent, ReadOnlySpan<byte> name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) ? value : default;

    /// <param name="what">Continues "must be".</param>
    public static GatewayException Wrong(SourcePath path, string what)
    {
        var field = path.ToString();
        return new GatewayException(GatewayErrorKind.InvalidRequest, $"'{field}' must be {what}.", field);
    }

    public static GatewayException Invalid(SourcePath path, string message) => new(GatewayErrorKind.InvalidRequest, message, path.ToString());
}
