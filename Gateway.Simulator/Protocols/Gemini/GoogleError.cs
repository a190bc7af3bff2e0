using System.Text.Json;

namespace Gateway.Simulator.Protocols.Gemini;

/// <summary>A refusal in the shape of Google's APIs: a status name beside the number, and details by type.</summary>
internal sealed class GoogleError(int status, string message, string? name = null) : ProviderException(status, message)
{
    private const string TypePrefix = "type.googleapis.com/google.rpc.";
    private const string Domain = "googleapis.com";

    public override string ContentType => "application/json; charset=UTF-8";

    /// <summary>The field of a BadRequest detail; null for none.</summary>
    public string? Field { get; init; }

    /// <summary>The reason of an ErrorInfo detail; null for none.</summary>
    public string? Reason { get; init; }

    /// <summary>The id of the quota that a QuotaFailure detail names; null for none.</summary>
    public string? Quota { get; init; }

    /// <summary>The delay of a RetryInfo detail, such as <c>48s</c>. Google sends no header for it.</summary>
    public string? RetryDelay { get; set; }

    public override void WriteBody(Utf8JsonWriter json, string number)
    {
        json.WriteStartObject();
        json.WriteStartObject("error"u8);
        json.WriteNumber("code"u8, Status);
        json.WriteString("message"u8, Message);
        json.WriteString("status"u8, name ?? NameOf(Status));
        if (Field is not null || Reason is not null || Quota is not null || RetryDelay is not null)
        {
            json.WriteStartArray("details"u8);
            WriteDetails(json);
            json.WriteEndArray();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    public static GoogleError Invalid(string message) => new(400, message);

    /// <summary>A rule that a whole message breaks, in the form of Google's list of violations.</summary>
    public static GoogleError Violation(string path, string why) => new(400, $"* {path}: {why}\n") { Field = path };

    public static GoogleError Unknown(string path, string name)
    {
        var place = path.Length == 0 ? "" : $" at '{path}'";
        return new(400, $"Invalid JSON payload received. Unknown name \"{name}\"{place}: Cannot find field.") { Field = path };
    }

    public static GoogleError BadValue(string path, string type, JsonElement value) =>
        new(400, $"Invalid value at '{path}' ({type}), {(value.ValueKind is JsonValueKind.Object or JsonValueKind.Array ? "it is no such value" : value.GetRawText())}") { Field = path };

    public static GoogleError NotRepeated(string path) =>
        new(400, $"Invalid JSON payload received. Unknown name \"{path[(path.LastIndexOf('.') + 1)..]}\" at '{path}': Proto field is not repeating, cannot start list.") { Field = path };

    public static GoogleError NotJson() => new(400, "Invalid JSON payload received. Expected an object.");

    public static GoogleError NoMethod(string path) => new(404, $"The requested URL {path} was not found on this server.");

    public static GoogleError NoModel(string model) => new(404,
        $"models/{model} is not found for API version v1beta, or is not supported for generateContent. Call ListModels to see the list of available models and their supported methods.");

    public static GoogleError NoKey() => new(403,
        "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.");

    /// <summary>A bad key is a bad argument here, not a lack of authentication.</summary>
    public static GoogleError WrongKey() => new(400, "API key not valid. Please pass a valid API key.") { Reason = "API_KEY_INVALID" };

    public static GoogleError NoToken() => new(401,
        "Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other valid authentication credential.")
    { Reason = "CREDENTIALS_MISSING" };

    public static GoogleError WrongToken() => new(401,
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.")
    { Reason = "ACCESS_TOKEN_TYPE_UNSUPPORTED" };

    /// <summary>The usual error of a status, for scripts.</summary>
    public static GoogleError Scripted(int status, string? code) => (status, code) switch
    {
        (400, "API_KEY_INVALID") => WrongKey(),
        (429, "insufficient_quota") => new(status, "You exceeded your current quota, please check your plan and billing details.") { Quota = "GenerateRequestsPerDayPerProjectPerModel-FreeTier" },
        (429, _) => new(status, "Resource has been exhausted (e.g. check quota).", code) { Quota = "GenerateContentRequestsPerMinutePerProjectPerModel" },
        (500, _) => new(status, "An internal error has occurred.", code),
        (503, _) => new(status, "The model is overloaded. Please try again later.", code),
        (504, _) => new(status, "The request timed out. Please try again.", code),
        _ => new(status, "The request was refused.", code),
    };

    private static string NameOf(int status) => status switch
    {
        400 => "INVALID_ARGUMENT",
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        409 => "ABORTED",
        429 => "RESOURCE_EXHAUSTED",
        499 => "CANCELLED",
        501 => "UNIMPLEMENTED",
        503 => "UNAVAILABLE",
        504 => "DEADLINE_EXCEEDED",
        >= 500 => "INTERNAL",
        _ => "FAILED_PRECONDITION",
    };

    private void WriteDetails(Utf8JsonWriter json)
    {
        if (Field is not null)
        {
            StartDetail(json, "BadRequest");
            json.WriteStartArray("fieldViolations"u8);
            json.WriteStartObject();
            json.WriteString("field"u8, Field);
            json.WriteString("description"u8, Message);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }

        if (Reason is not null)
        {
            StartDetail(json, "ErrorInfo");
            json.WriteString("reason"u8, Reason);
            json.WriteString("domain"u8, Domain);
            json.WriteEndObject();
        }

        if (Quota is not null)
        {
            StartDetail(json, "QuotaFailure");
            json.WriteStartArray("violations"u8);
            json.WriteStartObject();
            json.WriteString("quotaId"u8, Quota);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }

        if (RetryDelay is not null)
        {
            StartDetail(json, "RetryInfo");
            json.WriteString("retryDelay"u8, RetryDelay);
            json.WriteEndObject();
        }
    }

    private static void StartDetail(Utf8JsonWriter json, string type)
    {
        json.WriteStartObject();
        json.WriteString("@type"u8, TypePrefix + type);
    }
}
