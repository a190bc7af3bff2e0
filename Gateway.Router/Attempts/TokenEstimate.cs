using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Gateway.Core;
using Gateway.Router.Catalog;
using Gateway.Router.Pipeline;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Attempts;

/// <summary>Counts the tokens of a request where the upstream has no counter of its own: from its bytes, and said to be an estimate.</summary>
internal static class TokenEstimate
{
    /// <summary>What providers charge around the text of a message.</summary>
    private const int TokensPerTurn = 4;

    /// <summary>A small image; larger ones cost more, by rules that differ between models.</summary>
    private const int TokensPerMedia = 85;

    public static async ValueTask AnswerAsync(LlmExchange exchange, Deployment deployment)
    {
        var client = ProtocolAdapters.Client(exchange.Endpoint.Protocol);
        var request = client.ReadChat(exchange.Document, exchange.Call, new TranslationNotes());
        var output = new ArrayBufferWriter<byte>(64);
        client.WriteTokenCount(Of(request), output);

        var response = exchange.Http.Response;
        response.StatusCode = exchange.Outcome.Status = StatusCodes.Status200OK;
        response.ContentType = "application/json";
        response.ContentLength = output.WrittenCount;
        response.Headers[GatewayHeaders.Usage] = "estimated";
        response.Headers[GatewayHeaders.Model] = deployment.HeaderModel;
        response.Headers[GatewayHeaders.Deployment] = deployment.HeaderId;
        response.BodyWriter.Write(output.WrittenSpan);
        await response.BodyWriter.FlushAsync(exchange.Http.RequestAborted);
    }

    /// <summary>Tokens of all that the model would read.</summary>
    public static long Of(NeutralRequest request)
    {
        var tokens = Of(request.System);
        foreach (var turn in request.Turns)
        {
            tokens += TokensPerTurn + Of(turn.Parts);
        }

        foreach (var tool in request.Tools)
        {
            tokens += TokensPerTurn + Of(tool.Name) + Of(tool.Description) + Of(tool.Parameters);
        }

        return tokens + Of(request.Output?.Schema);
    }

    private static long Of(IReadOnlyList<NeutralPart> parts)
    {
        var tokens = 0L;
        foreach (var part in parts)
        {
            tokens += part switch
            {
                TextPart text => Of(text.Text),
                RefusalPart refusal => Of(refusal.Text),
                ReasoningPart reasoning => Of(reasoning.Text),
                ToolCallPart call => Of(call.Name) + Of(call.Arguments),
                ToolResultPart result => Of(result.Parts),
                _ => TokensPerMedia,
            };
        }

        return tokens;
    }

    private static long Of(string? text) => text is null ? 0 : UsageRecorder.EstimateTokens(Encoding.UTF8.GetByteCount(text));

    private static long Of(JsonElement? schema) => schema is { } element ? UsageRecorder.EstimateTokens(JsonMarshal.GetRawUtf8Value(element).Length) : 0;
}
