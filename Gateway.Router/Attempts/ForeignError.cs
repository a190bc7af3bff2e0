using System.Buffers;
using System.Text.Json;
using Gateway.Core.Errors;
using Gateway.Router.Pipeline;

namespace Gateway.Router.Attempts;

/// <summary>Answers for an upstream whose error is not in the shape of its protocol. The status stays; the body is ours.</summary>
internal static class ForeignError
{
    private const int MaxText = 500;

    /// <summary>Makes the body, and sets what the head says about it. The head's status is already the client's.</summary>
    public static ReadOnlyMemory<byte> Translate(LlmExchange exchange, ReadOnlySpan<byte> body)
    {
        var response = exchange.Http.Response;
        var status = response.StatusCode;
        var kind = status is >= 500 or StatusCodes.Status408RequestTimeout or StatusCodes.Status429TooManyRequests ? GatewayErrorKind.UpstreamInvalidResponse : GatewayErrorKind.InvalidRequest;
        var error = new GatewayError(kind, Text(body) is { } text
            ? $"The model provider answered with status {status}: {text}" : $"The model provider answered with status {status} and no readable error.");
        exchange.Outcome.Error = error;
        var output = new ArrayBufferWriter<byte>();
        ErrorWriters.WriteBody(exchange.Endpoint.Protocol, output, ErrorReply.Of(error), exchange.RequestId.ToString());
        response.ContentType = "application/json";
        return output.WrittenMemory;
    }

    /// <summary>What servers say that have a JSON error of their own: <c>message</c> (vLLM) or <c>detail</c> (Mistral).</summary>
    private static string? Text(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return null;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var tells = reader.ValueTextEquals("message"u8) || reader.ValueTextEquals("detail"u8);
                reader.Read();
                if (tells && reader.TokenType == JsonTokenType.String && reader.GetString() is { Length: > 0 } text)
                {
                    return text.Length > MaxText ? text[..MaxText] : text;
                }

                reader.Skip();
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // No JSON, or text that is no text: a page.
        }

        return null;
    }
}
