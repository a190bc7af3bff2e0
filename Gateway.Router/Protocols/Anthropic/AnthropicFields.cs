using System.Text.Json;
using Gateway.Core.Errors;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Anthropic;

/// <summary>Typed reads of a client's body: a wrong type is the client's mistake, named with its path.</summary>
internal static class AnthropicFields
{
    public static bool IsNull(JsonElement value) => value.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined;

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
        catch (InvalidOperationException exception)
        {
            throw new GatewayException(new GatewayError(GatewayErrorKind.InvalidRequest, $"{path} holds half a character (an unpaired surrogate).", path.ToString()), exception);
        }
    }

    /// <summary>A string member, or null when it is absent or null.</summary>
    public static string? OptionalText(JsonElement owner, ReadOnlySpan<byte> name, SourcePath path) =>
        owner.TryGetProperty(name, out var value) && !IsNull(value) ? Text(value, path) : null;

    public static string RequiredText(JsonElement owner, ReadOnlySpan<byte> name, SourcePath path) =>
        OptionalText(owner, name, path) ?? throw Missing(path);

    public static bool Flag(JsonElement value, SourcePath path) => value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong(path, "true or false"),
    };

    public static bool? OptionalFlag(JsonElement owner, ReadOnlySpan<byte> name, SourcePath path) =>
        owner.TryGetProperty(name, out var value) && !IsNull(value) ? Flag(value, path) : null;

    public static double Number(JsonElement value, SourcePath path) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number) ? number : throw Wrong(path, "a number");

    /// <summary>A whole number, also when it is written as 40.0.</summary>
    public static long Whole(JsonElement value, SourcePath path)
    {
        if (value.ValueKind == JsonValueKind.Number)
        {
            if (value.TryGetInt64(out var whole))
            {
                return whole;
            }

            if (value.TryGetDouble(out var number) && number == Math.Floor(number) && Math.Abs(number) < long.MaxValue)
            {
                return (long)number;
            }
        }

        throw Wrong(path, "a whole number");
    }

    public static JsonElement Object(JsonElement value, SourcePath path) => value.ValueKind == JsonValueKind.Object ? value : throw Wrong(path, "an object");

    public static JsonElement List(JsonElement value, SourcePath path) => value.ValueKind == JsonValueKind.Array ? value : throw Wrong(path, "a list");

    public static GatewayException Wrong(SourcePath path, string right) => new(GatewayErrorKind.InvalidRequest, $"{path} must be {right}.", path.ToString());

    public static GatewayException Missing(SourcePath path) => new(GatewayErrorKind.InvalidRequest, $"{path} is required.", path.ToString());
}
