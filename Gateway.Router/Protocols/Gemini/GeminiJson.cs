using System.Text.Json;
using Gateway.Core.Errors;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Gemini;

/// <summary>Reads members of a client's body, or says which one has the wrong type. Null is as good as absent.</summary>
internal static class GeminiJson
{
    /// <summary>Google takes each name in both forms: <c>inline_data</c> and <c>inlineData</c>.</summary>
    public static string Camel(string name)
    {
        if (!name.Contains('_', StringComparison.Ordinal))
        {
            return name;
        }

        Span<char> camel = name.Length <= 64 ? stackalloc char[64] : new char[name.Length];
        var length = 0;
        var raises = false;
        foreach (var character in name)
        {
            if (character == '_' && length > 0)
            {
                raises = true;
                continue;
            }

            camel[length++] = raises ? char.ToUpperInvariant(character) : character;
            raises = false;
        }

        return camel[..length].ToString();
    }

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
            throw Wrong(path, "text; it holds half a surrogate pair");
        }
    }

    public static bool Flag(JsonElement value, SourcePath path) => value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong(path, "true or false"),
    };

    /// <summary>Whole numbers may be written as <c>40.0</c>.</summary>
    public static long Whole(JsonElement value, SourcePath path)
    {
        if (value.ValueKind == JsonValueKind.Number)
        {
            if (value.TryGetInt64(out var whole))
            {
                return whole;
            }

            if (value.TryGetDouble(out var number) && Math.Abs(number) < long.MaxValue / 2 && number == Math.Truncate(number))
            {
                return (long)number;
            }
        }

        throw Wrong(path, "a whole number");
    }

    public static double Number(JsonElement value, SourcePath path) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number) ? number : throw Wrong(path, "a number");

    public static JsonElement Object(JsonElement value, SourcePath path) => value.ValueKind == JsonValueKind.Object ? value : throw Wrong(path, "an object");

    public static JsonElement List(JsonElement value, SourcePath path) => value.ValueKind == JsonValueKind.Array ? value : throw Wrong(path, "a list");

    public static GatewayException Wrong(SourcePath path, string what) => new(GatewayErrorKind.InvalidRequest, $"{path} must be {what}.", path.ToString());

    public static GatewayException Bad(SourcePath path, string why) => new(GatewayErrorKind.InvalidRequest, why, path.ToString());
}
