using System.Text.Json;

namespace Gateway.Simulator.Protocols.Bedrock;

/// <summary>A refusal as Bedrock words it: the text in the body, the exception's name in a header.</summary>
internal sealed class BedrockError(int status, string message, string type) : ProviderException(status, message)
{
    private const string Validation = "ValidationException";

    /// <summary>The exception's name; inside a stream it begins with a small letter.</summary>
    public string Type => type;

    public static BedrockError Invalid(string message) => new(StatusCodes.Status400BadRequest, message, Validation);

    /// <summary>What Anthropic's model behind the interface refuses.</summary>
    public static BedrockError OfModel(string message) => Invalid($"The model returned the following errors: {message}");

    /// <summary>A value that breaks a constraint of the service's model.</summary>
    public static BedrockError Constraint(string path, string value, string constraint) =>
        Invalid($"1 validation error detected: Value {value} at '{path}' failed to satisfy constraint: {constraint}");

    public static BedrockError Serialization(string message) => new(StatusCodes.Status400BadRequest, message, "SerializationException");

    public static BedrockError Denied(string message, string type) => new(StatusCodes.Status403Forbidden, message, type);

    /// <summary>The usual error of a status, for scripts.</summary>
    public static BedrockError Scripted(int status, string? type) => status switch
    {
        400 => new(status, "The request was invalid.", type ?? Validation),
        401 or 403 => new(status, "You don't have access to the model with the specified model ID.", type ?? "AccessDeniedException"),
        404 => new(status, "The provided model identifier is not found.", type ?? "ResourceNotFoundException"),
        408 => new(status, "Model has timed out in processing the request.", type ?? "ModelTimeoutException"),
        424 => new(status, "The system encountered an unexpected error during processing.", type ?? "ModelErrorException"),
        429 => new(status, "Too many requests, please wait before trying again.", type ?? "ThrottlingException"),
        503 or 529 => new(status, "Bedrock is unable to process your request.", type ?? "ServiceUnavailableException"),
        >= 500 => new(status, "The system encountered an unexpected error during processing. Try your request again.", type ?? "InternalServerException"),
        _ => new(status, "The request was refused.", type ?? Validation),
    };

    public override void WriteBody(Utf8JsonWriter json, string number)
    {
        json.WriteStartObject();
        json.WriteString("message"u8, Message);
        json.WriteEndObject();
    }

    public override void WriteHeaders(IHeaderDictionary headers) => headers["x-amzn-errortype"] = type;
}
