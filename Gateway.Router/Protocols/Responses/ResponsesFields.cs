using System.Text.Json;
using Gateway.Core.Errors;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Responses;

/// <summary>Reads members of a request with their types. A wrong type is a 400 that names the field; null is absent.</summary>
internal static class ResponsesFields
{
    /// <summary>Whether a member is there and not null.</summary>
    public static bool TryGet(JsonElement parent, string name, out JsonElement value) =>
        parent.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null;

    public static string? OptionalString(JsonElement parent, string name, SourcePath path) => TryGet(parent, name, out var value) ? String(value, path) : null;

    public static string RequiredString(JsonElement parent, string name, SourcePath path) => OptionalString(parent, name, path) ?? throw Missing(path, "a string");

    public static string String(JsonElement value, SourcePath path) => value.ValueKind == JsonValueKind.String ? Text(value, path) : throw Wrong(path, "a string");

    public static bool? OptionalBool(JsonElement parent, string name, SourcePath path) => !TryGet(parent, name, out var value) ? null : value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong(path, "true or false"),
    };

    public static double? OptionalNumber(JsonElement parent, string name, SourcePath path) =>
        !TryGet(parent, name, out var value) ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number) ? number
        : throw Wrong(path, "a number");

    /// <summary>Also takes 40.0: some clients have no integers.</summary>
    public static long? OptionalInteger(JsonElement parent, string name, SourcePath path)
    {
        if (OptionalNumber(parent, name, path) is not { } number)
        {
            return null;
        }

        const double Most = 1L << 53;
        return number == Math.Floor(number) && Math.Abs(number) <= Most ? (long)number : throw Wrong(path, "a whole number");
    }

    public static bool TryGetObject(JsonElement parent, string name, SourcePath path, out JsonElement value) =>
        TryGet(parent, name, out value) && (value.ValueKind == JsonValueKind.Object ? true : throw Wrong(path, "an object"));

    public static bool TryGetList(JsonElement parent, string name, SourcePath path, out JsonElement value) =>
        TryGet(parent, name, out value) && (value.ValueKind == JsonValueKind.Array ? true : throw Wrong(path, "a list"));

    public static void MustBeObject(JsonElement value, SourcePath path)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            throw Wrong(path, "an object");
        }
    }

    public static GatewayException Wrong(SourcePath path, string expected) => Invalid(path, $"{path} must be {expected}.");

    public static GatewayException Missing(SourcePath path, string expected) => Invalid(path, $"{path} is missing; it must be {expected}.");

    public static GatewayException Invalid(SourcePath path, string message) => new(GatewayErrorKind.InvalidRequest, message, path.ToString());

    private static string Text(JsonElement value, SourcePath path)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // "\ud800" alone is no text in any encoding.
            throw Invalid(path, $"{path} holds half of a surrogate pair, which is no text.");
        }
    }
}
