using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Gateway.Core.Admission.Shared;
using Gateway.Core.Context;
using Gateway.Core.Errors;
using Gateway.Usage.Access;

namespace Gateway.Usage.Budgets;

/// <summary>What Edges that share no store ask: what was spent, and which of their requests are over.</summary>
internal sealed class BudgetEndpoints(ContextGuard guard, BudgetBook book)
{
    /// <summary>The largest of either question has far less.</summary>
    private const int MaxBytes = 1024 * 1024;

    private static readonly GatewayError TooLarge = new(GatewayErrorKind.BodyTooLarge, $"A question has at most {MaxBytes} bytes.");
    private static readonly GatewayError Malformed = new(GatewayErrorKind.InvalidRequest, "The body is not the JSON of this question.");
    private static readonly GatewayError Incomplete = new(GatewayErrorKind.ServiceUnavailable, "What was spent is still being read.", RetryAfter: TimeSpan.FromSeconds(1));
    private static readonly GatewayError TooMany = new(GatewayErrorKind.InvalidRequest, $"A question has at most {UsageContract.Most} entries, and none of them is null.");

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost(UsageContract.BudgetsPath, SpentAsync);
        routes.MapPost(UsageContract.SettledPath, SettledAsync);
    }

    private async Task SpentAsync(HttpContext context)
    {
        if (await ReadAsync(context, UsageContractJson.Default.SpentQuery) is not { } query)
        {
            return;
        }

        if (query is not { Organisation: not null, Slots.Count: <= UsageContract.Most } || query.Slots.Any(static slot => slot.Id is null))
        {
            await OpenAIErrorWriter.WriteAsync(context, TooMany);
            return;
        }

        if (!book.IsComplete)
        {
            await OpenAIErrorWriter.WriteAsync(context, Incomplete);
            return;
        }

        var reply = new SpentReply(book.SpentIn(query.Organisation, query.Slots));
        await context.Response.WriteAsJsonAsync(reply, UsageContractJson.Default.SpentReply, contentType: null, context.RequestAborted);
    }

    private async Task SettledAsync(HttpContext context)
    {
        if (await ReadAsync(context, UsageContractJson.Default.SettledQuery) is not { } query)
        {
            return;
        }

        if (query is not { Requests.Count: <= UsageContract.Most })
        {
            await OpenAIErrorWriter.WriteAsync(context, TooMany);
            return;
        }

        var settled = new List<SettledRequest>();
        foreach (var id in query.Requests)
        {
            if (book.Find(id) is { } end)
            {
                settled.Add(new SettledRequest(id, end.CostNanoUsd, end.Tokens));
            }
        }

        await context.Response.WriteAsJsonAsync(new SettledReply(settled), UsageContractJson.Default.SettledReply, contentType: null, context.RequestAborted);
    }

    /// <returns>Null when the answer is written.</returns>
    private async Task<T?> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type)
        where T : class
    {
        if (!await guard.AdmitAsync(context, ContextRole.Service))
        {
            return null;
        }

        if (context.Request.ContentLength > MaxBytes)
        {
            await OpenAIErrorWriter.WriteAsync(context, TooLarge);
            return null;
        }

        try
        {
            if (await JsonSerializer.DeserializeAsync(context.Request.Body, type, context.RequestAborted) is { } query)
            {
                return query;
            }
        }
        catch (JsonException)
        {
            // Answered below.
        }

        await OpenAIErrorWriter.WriteAsync(context, Malformed);
        return null;
    }
}
