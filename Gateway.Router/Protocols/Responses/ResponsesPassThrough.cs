using System.Text.Json;
using Gateway.Core.Requests;
using Gateway.Router.Catalog;
using Gateway.Router.Pipeline;

namespace Gateway.Router.Protocols.Responses;

/// <summary>Responses requests to upstreams that have the endpoint: bytes pass, and are followed for usage, errors and the end.</summary>
internal static class ResponsesPassThrough
{
    public static string PathFor(LlmOperation operation) => operation switch
    {
        LlmOperation.Responses => "/responses",
        LlmOperation.ResponsesInputTokens => "/responses/input_tokens",
        _ => throw new ArgumentOutOfRangeException(nameof(operation), operation, "Not an operation of responses."),
    };

    /// <summary>Only the model's name changes; usage stands in every answer of this protocol.</summary>
    public static SplicedBody Rewrite(LlmExchange exchange, Deployment deployment) => SplicedBody.ForModel(exchange, deployment);

    public static IAnswerReader ReadAnswer(LlmOperation operation) =>
        operation == LlmOperation.ResponsesInputTokens ? new OpenAI.OpenAIAnswerReader() : new DecodedAnswerReader(new ResponsesDecoder(translation: null));

    public static IEventReader ReadEvents() => new ResponsesEventReader();

    /// <exception cref="InvalidDataException">The document is no count.</exception>
    public static long ReadTokenCount(ReadOnlySpan<byte> document)
    {
        try
        {
            var reader = new Utf8JsonReader(document);
            using var parsed = JsonDocument.ParseValue(ref reader);
            if (parsed.RootElement.ValueKind == JsonValueKind.Object && parsed.RootElement.TryGetProperty("input_tokens", out var tokens)
                && tokens.ValueKind == JsonValueKind.Number && tokens.TryGetInt64(out var count) && count >= 0)
            {
                return count;
            }
        }
        catch (JsonException)
        {
            // Told below.
        }

        throw new InvalidDataException("The answer is no token count.");
    }
}
