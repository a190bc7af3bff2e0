using System.Text.Json;

namespace Gateway.Simulator.Protocols.Ollama;

/// <summary>A refusal as Ollama writes it: one sentence.</summary>
internal sealed class OllamaError(int status, string message) : ProviderException(status, message)
{
    public override string ContentType => "application/json; charset=utf-8";

    public override void WriteBody(Utf8JsonWriter json, string number)
    {
        json.WriteStartObject();
        json.WriteString("error"u8, Message);
        json.WriteEndObject();
    }

    public static OllamaError Invalid(string message) => new(400, message);

    public static OllamaError NoModel(string model) => new(404, $"model '{model}' not found");

    /// <summary>What Go's decoder says of a value that the struct cannot hold.</summary>
    /// <param name="path">The struct and the path inside it, such as <c>ChatRequest.messages.content</c>.</param>
    /// <param name="value">What was sent.</param>
    /// <param name="type">Go's name of the type.</param>
    public static OllamaError WrongType(string path, JsonElement value, string type) =>
        Invalid($"json: cannot unmarshal {KindOf(value)} into Go struct field {path} of type {type}");

    /// <summary>The usual error of a status, for scripts.</summary>
    public static OllamaError Scripted(int status, string? code) => new(status, (status, code) switch
    {
        (_, { } text) => text,
        (401, _) => "unauthorized",
        (404, _) => "model not found",
        (429, _) => "too many concurrent requests",
        (500, _) => "an error was encountered while running the model: unexpected EOF",
        (503, _) => "server busy, please try again.  maximum pending requests exceeded",
        _ => "the request was refused",
    });

    private static string KindOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => "string",
        JsonValueKind.Number => "number",
        JsonValueKind.True or JsonValueKind.False => "bool",
        JsonValueKind.Array => "array",
        JsonValueKind.Object => "object",
        _ => "null",
    };
}
