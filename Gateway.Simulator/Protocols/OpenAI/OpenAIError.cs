using System.Text.Json;

namespace Gateway.Simulator.Protocols.OpenAI;

/// <summary>A refusal as OpenAI words it; carries status and error object to the one place that writes it.</summary>
internal class OpenAIError(int status, string message, string type, string? param, string? code) : ProviderException(status, message)
{
    private const string InvalidRequest = "invalid_request_error";

    public string? Code => code;

    public override void WriteBody(Utf8JsonWriter json, string number)
    {
        json.WriteStartObject();
        json.WritePropertyName("error"u8);
        WriteDetail(json);
        json.WriteEndObject();
    }

    /// <summary>Writes the object that stands under <c>error</c>.</summary>
    public virtual void WriteDetail(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("message"u8, Message);
        json.WriteString("type"u8, type);
        json.WriteString("param"u8, param);
        json.WriteString("code"u8, code);
        json.WriteEndObject();
    }

    /// <summary>A 400 whose text says it all.</summary>
    public static OpenAIError Bad(string message, string? param, string? code) => new(400, message, InvalidRequest, param, code);

    public static OpenAIError NotJson() => new(400,
        "We could not parse the JSON body of your request. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.", InvalidRequest, null, null);

    public static OpenAIError Unknown(string name) => new(400, $"Unknown parameter: '{name}'.", InvalidRequest, name, "unknown_parameter");

    public static OpenAIError Missing(string name) => new(400, $"Missing required parameter: '{name}'.", InvalidRequest, name, "missing_required_parameter");

    public static OpenAIError WrongType(string name, string expected, string got) =>
        new(400, $"Invalid type for '{name}': expected {expected}, but got {got} instead.", InvalidRequest, name, "invalid_type");

    public static OpenAIError Invalid(string name, string why, string code = "invalid_value") => new(400, $"Invalid '{name}': {why}", InvalidRequest, name, code);

    public static OpenAIError NotOneOf(string name, string value, IReadOnlyList<string> list) =>
        new(400, $"Invalid value: '{value}'. Supported values are: {string.Join(", ", list.Select(entry => $"'{entry}'"))}.", InvalidRequest, name, "invalid_value");

    public static OpenAIError NotFound(string message, string? param) => new(404, message, InvalidRequest, param, null);

    public static OpenAIError Unsupported(string name) =>
        new(400, $"Unsupported parameter: '{name}' is not supported with this model.", InvalidRequest, name, "unsupported_parameter");

    public static OpenAIError BadDirective(string message) => new(400, message, InvalidRequest, null, "invalid_directive");

    public static OpenAIError NoKey() => new(401,
        "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
        InvalidRequest, null, null);

    /// <summary>Unlike the real one it shows no part of the key: what a test run logs should be safe to share.</summary>
    public static OpenAIError WrongKey() => new(401, "Incorrect API key provided.", InvalidRequest, null, "invalid_api_key");

    public static OpenAIError NoModel(string model) => new(404, $"The model '{model}' does not exist or you do not have access to it.", InvalidRequest, "model", "model_not_found");

    /// <summary>The usual error of a status, for scripts.</summary>
    public static OpenAIError Scripted(int status, string? code) => status switch
    {
        400 => new(status, "The request was invalid.", InvalidRequest, null, code),
        401 => new(status, "Incorrect API key provided.", InvalidRequest, null, code ?? "invalid_api_key"),
        403 => new(status, "You are not allowed to do this.", InvalidRequest, null, code ?? "permission_denied"),
        404 => new(status, "The model does not exist or you do not have access to it.", InvalidRequest, "model", code ?? "model_not_found"),
        429 when code == "insufficient_quota" => new(status, "You exceeded your current quota, please check your plan and billing details.", code, null, code),
        429 => new(status, "Rate limit reached for requests.", "requests", null, code ?? "rate_limit_exceeded"),
        503 => new(status, "The engine is currently overloaded, please try again later.", "server_error", null, code ?? "overloaded"),
        >= 500 => new(status, "The server had an error while processing your request. Sorry about that!", "server_error", null, code),
        _ => new(status, "The request was refused.", InvalidRequest, null, code),
    };
}
