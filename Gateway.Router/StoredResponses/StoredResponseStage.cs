using System.Text.Json;
using Gateway.Core.Errors;
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
    /// <summary>Items of one request that may stand for others.</summary>
    private const int MaxReferences = 1000;

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
            var previousId = JsonWords.Text(id);
            previous = StoredResponse.IsId(previousId) ? await store.LoadAsync(keyId, previousId, exchange.Http.RequestAborted) : null;
        }

        var items = await LoadItemsAsync(exchange, keyId);
        var conversation = new ResponseConversation(previous, items, Keep);
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

    /// <summary>Loads the items that the input only names. Those that are not there are told by who reads the request.</summary>
    /// <returns>Null when it names none.</returns>
    /// <exception cref="GatewayException">Written out, the input would be longer than a talk may be.</exception>
    private async ValueTask<IReadOnlyDictionary<string, JsonElement>?> LoadItemsAsync(LlmExchange exchange, string keyId)
    {
        if (ReadReferences(exchange.Document) is not { } references)
        {
            return null;
        }

        var loaded = await store.LoadItemsAsync(keyId, references.Keys, exchange.Http.RequestAborted);
        var items = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        long bytes = 0;
        foreach (var (itemId, item) in loaded)
        {
            bytes += (long)item.Length * references[itemId];
            if (bytes > options.Value.MaxBytes)
            {
                throw new GatewayException(GatewayErrorKind.InvalidRequest, $"input: the items that it refers to are longer than {options.Value.MaxBytes} bytes. Refer to fewer.", "input");
            }

            items[itemId] = JsonElement.Parse(item.Span);
        }

        return items;
    }

    /// <returns>How often each item is referred to; null for no references.</returns>
    private static Dictionary<string, int>? ReadReferences(JsonElement body)
    {
        if (!body.TryGetProperty("input", out var input) || input.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        Dictionary<string, int>? references = null;
        var count = 0;
        foreach (var item in input.EnumerateArray())
        {
            if (ResponsesItemReader.IsReference(item) && JsonWords.Word(item, "id") is { } itemId && StoredResponse.IsId(itemId))
            {
                if (++count > MaxReferences)
                {
                    throw new GatewayException(GatewayErrorKind.InvalidRequest, $"input: at most {MaxReferences} of its items may be references.", "input");
                }

                references ??= new Dictionary<string, int>(StringComparer.Ordinal);
                references[itemId] = references.GetValueOrDefault(itemId) + 1;
            }
        }

        return references;
    }
}
