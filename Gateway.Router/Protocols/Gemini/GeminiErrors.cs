using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Gateway.Router.Protocols.Gemini;

/// <summary>Reads <c>{"error":{code,message,status,details}}</c>, also where it stands in an array (streams without <c>alt=sse</c>).</summary>
internal static partial class GeminiErrors
{
    private const int MaxText = 500;

    /// <summary>Reads an error document. Never throws.</summary>
    /// <param name="status">The HTTP status; 200 for errors inside an answer, whose status the document then gives.</param>
    public static UpstreamError Read(int status, ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            using var document = JsonDocument.ParseValue(ref reader);
            return Find(document.RootElement) is { } error ? Read(status, error) : Unreadable(status);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return Unreadable(status);
        }
    }

    private static UpstreamError Unreadable(int status) => new(Inside(status, null, null), null, null, null, null);

    private static JsonElement? Find(JsonElement root)
    {
        if (root.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in root.EnumerateArray())
            {
                if (Find(item) is { } error)
                {
                    return error;
                }
            }

            return null;
        }

        return root.ValueKind == JsonValueKind.Object && root.TryGetProperty("error", out var found) && found.ValueKind == JsonValueKind.Object ? found : null;
    }

    private static UpstreamError Read(int http, JsonElement error)
    {
        var type = Text(error, "status");
        var message = Text(error, "message");
        long? code = error.TryGetProperty("code", out var number) && number.ValueKind == JsonValueKind.Number && number.TryGetInt64(out var value) ? value : null;
        var status = Inside(http, code, type);
        TimeSpan? retryAfter = null;
        string? reason = null;
        string? quota = null;
        if (error.TryGetProperty("details", out var details) && details.ValueKind == JsonValueKind.Array)
        {
            foreach (var detail in details.EnumerateArray())
            {
                if (detail.ValueKind == JsonValueKind.Object)
                {
                    reason ??= Text(detail, "reason");
                    retryAfter ??= Seconds(Text(detail, "retryDelay"));
                    quota ??= DailyQuota(detail);
                }
            }
        }

        // A key that Google does not know is a 400 there; for everybody else it is a 401.
        status = reason is "API_KEY_INVALID" or "API_KEY_EXPIRED" ? StatusCodes.Status401Unauthorized : status;
        retryAfter ??= message is not null && RetryIn().Match(message) is { Success: true } match ? Seconds(match.Groups[1].Value) : null;
        return new UpstreamError(status, type, Code(status, reason, quota, message), Cut(message), null) { RetryAfter = retryAfter };
    }

    private static int Inside(int http, long? code, string? type) =>
        http is not 200 ? http
        : code is >= 400 and <= 599 ? (int)code.Value
        : type switch
        {
            "INVALID_ARGUMENT" or "FAILED_PRECONDITION" or "OUT_OF_RANGE" => 400,
            "UNAUTHENTICATED" => 401,
            "PERMISSION_DENIED" => 403,
            "NOT_FOUND" => 404,
            "ABORTED" or "ALREADY_EXISTS" => 409,
            "RESOURCE_EXHAUSTED" => 429,
            "DEADLINE_EXCEEDED" => 504,
            "UNAVAILABLE" => 503,
            _ => 500,
        };

    /// <summary>The code in OpenAI's words, as clients of every protocol may see it.</summary>
    private static string? Code(int status, string? reason, string? quota, string? message) => status switch
    {
        400 when message is not null && message.Contains("input token count", StringComparison.OrdinalIgnoreCase) => "context_length_exceeded",
        401 => "invalid_api_key",
        404 => "model_not_found",
        429 => quota is null ? "rate_limit_exceeded" : "insufficient_quota",
        _ => reason,
    };

    /// <summary>A quota per day will not be there again after a short wait.</summary>
    private static string? DailyQuota(JsonElement detail)
    {
        if (detail.TryGetProperty("violations", out var violations) && violations.ValueKind == JsonValueKind.Array)
        {
            foreach (var violation in violations.EnumerateArray())
            {
                if (violation.ValueKind == JsonValueKind.Object && Text(violation, "quotaId") is { } id && id.Contains("PerDay", StringComparison.Ordinal))
                {
                    return id;
                }
            }
        }

        return null;
    }

    private static TimeSpan? Seconds(string? duration) =>
        duration is [.. var number, 's'] && double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds < TimeSpan.FromDays(1).TotalSeconds
            ? TimeSpan.FromSeconds(seconds) : null;

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;

    private static string? Cut(string? text) => text is { Length: > MaxText } ? text[..MaxText] : text;

    [GeneratedRegex(@"retry in (\d+(?:\.\d+)?s)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex RetryIn();
}
