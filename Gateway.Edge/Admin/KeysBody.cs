using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Core.Configuration;
using Gateway.Core.Configuration.Documents;
using Gateway.Core.Errors;
using Gateway.Edge.Endpoints;

namespace Gateway.Edge.Admin;

/// <summary>Reads the bodies of calls about keys: what is not a member of a key. The members themselves are read as the document's are.</summary>
internal static class KeysBody
{
    private static readonly TimeSpan MaxOverlap = TimeSpan.FromDays(30);

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    /// <returns>Null when there is no body.</returns>
    /// <exception cref="GatewayException">It is no JSON object.</exception>
    public static async Task<JsonObject?> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var body = await PooledBody.ReadAsync(request, VirtualKeyDocument.MaxBytes, cancellationToken);
        try
        {
            return body.Memory.IsEmpty ? null
                : JsonNode.Parse(body.Memory.Span, documentOptions: Strict) as JsonObject ?? throw Wrong(null, "The body must be a JSON object.");
        }
        catch (JsonException)
        {
            throw Wrong(null, "The body is not valid JSON, or has a member twice. Send an object with the members of a key, for example {\"models\": [\"*\"]}.");
        }
        finally
        {
            body.Return();
        }
    }

    public static GatewayException Missing() => Wrong(null, "The body is missing. Send a JSON object with the members of a key, for example {\"models\": [\"*\"]}.");

    /// <summary>Takes <c>version</c> out of the body.</summary>
    public static long? TakeVersion(JsonObject body)
    {
        const string Name = "version";
        if (!Take(body, Name, out var value))
        {
            return null;
        }

        return value is JsonValue number && number.TryGetValue(out long version) && version > 0 ? version : throw Wrong(Name, "'version' must be the version of the key as the gateway last said it, a whole number.");
    }

    /// <summary>Takes <c>overlap</c> out of the body: how long the old secret goes on. Zero when it is not there.</summary>
    public static TimeSpan TakeOverlap(JsonObject body)
    {
        const string Name = "overlap";
        if (!Take(body, Name, out var value))
        {
            return TimeSpan.Zero;
        }

        return value is JsonValue text && text.TryGetValue(out string? duration) && TryReadDuration(duration, out var overlap) && overlap <= MaxOverlap
            ? overlap
            : throw Wrong(Name, $"'overlap' must be a duration from 0s to {MaxOverlap.TotalDays:0}d as text: a whole number and ms, s, m, h or d, for example \"24h\".");
    }

    /// <exception cref="GatewayException">Something is left that nobody took.</exception>
    public static void RefuseOthers(JsonObject body, params string[] known)
    {
        if (body.Count > 0)
        {
            var name = body.First().Key is { Length: <= 64 } all ? all : body.First().Key[..64];
            throw Wrong(name, $"'{name}' is not known. {(Nearest.Of(name, known) is { } near ? $"Did you mean '{near}'?" : $"There is {string.Join(", ", known)}.")}");
        }
    }

    private static bool Take(JsonObject body, string name, out JsonNode? value) => body.TryGetPropertyValue(name, out value) && body.Remove(name) && value is not null;

    private static bool TryReadDuration(string text, out TimeSpan duration)
    {
        var unit = text.AsSpan().TrimStart("0123456789");
        duration = TimeSpan.Zero;
        var milliseconds = unit switch { "ms" => 1L, "s" => 1000, "m" => 60_000, "h" => 3_600_000, "d" => 86_400_000, _ => 0 };
        if (milliseconds == 0 || !int.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var count))
        {
            return false;
        }

        duration = TimeSpan.FromMilliseconds(count * milliseconds);
        return true;
    }

    private static GatewayException Wrong(string? field, string message) => new(GatewayErrorKind.InvalidRequest, message, field);
}
