using System.Text.Json;
using Gateway.Core.Errors;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Ollama;

/// <summary>Typed access to a client's body. Null counts as absent; another type is a 400 that names the field.</summary>
internal static class OllamaFields
{
    public static string? Text(JsonElement value, SourcePath path)
    {
        if (value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.String)
        {
            throw Wrong(path, "a string");
        }

        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            throw new GatewayException(GatewayErrorKind.InvalidRequest, $"'{path}' holds characters that are no Unicode text.", path.ToString());
        }
    }

    /// <summary>A member that may be absent.</summary>
    public static string? Text(JsonElement parent, ReadOnlySpan<byte> name, SourcePath path) => parent.TryGetProperty(name, out var value) ? Text(value, path) : null;

    public static double? Number(JsonElement value, SourcePath path) => value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.Number when value.TryGetDouble(out var number) && double.IsFinite(number) => number,
        _ => throw Wrong(path, "a number"),
    };

    /// <summary>An integer, also where it is written <c>40.0</c>.</summary>
    public static long? Integer(JsonElement value, SourcePath path)
    {
        const double Most = 1L << 53;
        return value.ValueKind switch
        {
            JsonValueKind.Null => null,
            JsonValueKind.Number when value.TryGetInt64(out var integer) => integer,
            JsonValueKind.Number when value.TryGetDouble(out var number) && Math.Floor(number) == number && Math.Abs(number) <= Most => (long)number,
            _ => throw Wrong(path, "an integer"),
        };
    }

    public static bool? Flag(JsonElement value, SourcePath path) => value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong(path, "true or false"),
    };

    /// <returns>False for null.</returns>
    public static bool IsObject(JsonElement value, SourcePath path) => Is(value, JsonValueKind.Object, path, "an object");

    /// <returns>False for null.</returns>
    public static bool IsArray(JsonElement value, SourcePath path) => Is(value, JsonValueKind.Array, path, "an array");

    public static GatewayException Wrong(SourcePath path, string what) => new(GatewayErrorKind.InvalidRequest, $"'{path}' must be {what}.", path.ToString());

    private static bool Is(JsonElement value, JsonValueKind kind, SourcePath path, string what) =>
        value.ValueKind == kind || (value.ValueKind == JsonValueKind.Null ? false : throw Wrong(path, what));
}
