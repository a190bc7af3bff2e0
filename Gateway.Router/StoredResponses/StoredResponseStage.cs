using System.Text.Json;
using Gateway.Core.Requests;
using Gateway.Router.Pipeline;
using Gateway.Router.Protocols.Responses;
using Microsoft.Extensions.Options;

namespace Gateway.Router.StoredResponses;

/// <summary>
/// Loads what a responses request continues, and keeps the answer, where the model's provider does neither. Other requests pass without
/// a look at their body.
/// </summary>
internal sealed class StoredResponseStage(IResponseStore store, IOptions<StoredResponseOptions> options, ILogger<StoredResponseStage> logger) : ILlmStage
{
    public ValueTask InvokeAsync(LlmExchange exchange, LlmStageDelegate next) =>
        exchange.Endpoint.Protocol == LlmProtocol.Responses && MayBeTranslated(exchange) ? ServeAsync(exchange, next) : next(exchange);

    private static bool MayBeTranslated(LlmExchange exchange)
    {
        foreach (var deployment in exchange.Candidates)
        {
            if (!deployment.Protocol.PassesThrough(exchange.Call, deployment.Traits))
            {
                return true;
            }
        }

        return false;
    }

    private async ValueTask ServeAsync(LlmExchange exchange, LlmStageDelegate next)
    {
        var keyId = exchange.Claims.KeyId;
        StoredResponse? previous = null;
        if (exchange.Document.TryGetProperty("previous_response_id", out var id) && id.ValueKind == JsonValueKind.String)
        {
            // One that is not there is told by who reads the request: it may still pass through, to a provider that has it.
            previous = await store.LoadAsync(keyId, JsonWords.Text(id), exchange.Http.RequestAborted);
        }

        var conversation = new ResponseConversation(previous, Keep);
        exchange.Call = exchange.Call with { Conversation = conversation };
        try
        {
            await next(exchange);
        }
        finally
        {
            // Begun before the client saw the end of its answer; the request is over only when it is done.
            await conversation.Keeping;
        }

        Task Keep(StoredResponse response)
        {
            if (response.Bytes > options.Value.MaxBytes)
            {
                logger.TooLarge(exchange.RequestId, response.Bytes);
                return Task.CompletedTask;
            }

            return store.SaveAsync(keyId, response, CancellationToken.None).AsTask();
        }
    }
}
