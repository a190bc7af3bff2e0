using Gateway.Core.Errors;
using Gateway.Core.Journal;
using Gateway.Core.Money;
using Gateway.Router.Catalog;

namespace Gateway.Router.Pipeline;

/// <summary>
/// Writes what an exchange costs into the journal: INTENT before the dispatch, exactly one FINAL after it. Thread-safe; what
/// belongs to one exchange is kept in the exchange.
/// </summary>
internal sealed class UsageRecorder(IUsageJournal journal)
{
    /// <summary>Tokens that a body of so many bytes is taken for where nobody counts them.</summary>
    private const int BytesPerToken = 4;

    /// <summary>False: nothing may be dispatched.</summary>
    public bool IsWritable => journal.IsWritable;

    public static readonly GatewayError Unwritable = new(GatewayErrorKind.JournalFull, "The gateway cannot record usage right now, so it serves nothing that costs. Try again later.");

    public static long EstimateTokens(long bytes) => (bytes + BytesPerToken - 1) / BytesPerToken;

    /// <summary>The bytes of pictures and sound say nothing about tokens: for a form there is no estimate.</summary>
    private static long EstimateInput(LlmExchange exchange) => exchange.Form is null ? EstimateTokens(exchange.Body.Length) : 0;

    /// <summary>Records that <paramref name="deployment"/> is about to be asked.</summary>
    /// <exception cref="GatewayException">Not recorded: do not dispatch.</exception>
    public async ValueTask DispatchAsync(LlmExchange exchange, Deployment deployment)
    {
        var intent = Describe(exchange, deployment.Id) with { Price = deployment.Price, EstimatedInputTokens = EstimateInput(exchange) };
        try
        {
            await journal.AppendIntentAsync(intent);
        }
        catch (IOException exception)
        {
            throw new GatewayException(Unwritable, exception);
        }

        exchange.Intent = intent;
        exchange.Outcome.Deployment = deployment.Id;

        // Until something better is known: the Router broke, and the input may have been charged.
        exchange.Outcome.Ending = RequestEnding.UpstreamFailed;
        exchange.Outcome.Usage = new TokenUsage(intent.EstimatedInputTokens, 0, 0, 0, 0);
        exchange.Outcome.Flags |= UsageFlags.Estimated | UsageFlags.Incomplete;
    }

    /// <summary>Records a request that was refused before any dispatch and still belongs into the ledger.</summary>
    public ValueTask RefusedAsync(LlmExchange exchange, int status)
    {
        exchange.IsSettled = true;
        return AppendAsync(new UsageFinal
        {
            Intent = Describe(exchange, ""),
            Ending = RequestEnding.Refused,
            Status = status,
            Attempts = 0,
            DurationMs = (long)exchange.Elapsed.TotalMilliseconds,
        });
    }

    /// <summary>
    /// Records the end as the outcome stands now. Does nothing without an INTENT or the second time, so that every way out of
    /// the pipeline may call it.
    /// </summary>
    /// <exception cref="GatewayException">Not recorded: the client must not see a normal end.</exception>
    public ValueTask SettleAsync(LlmExchange exchange)
    {
        if (exchange.Intent is not { } intent || exchange.IsSettled)
        {
            return ValueTask.CompletedTask;
        }

        // Set before the write: a FINAL that failed in mid-write must not be written twice.
        exchange.IsSettled = true;
        var outcome = exchange.Outcome;
        if (intent.Price is null)
        {
            outcome.Flags |= UsageFlags.Unpriced;
        }

        outcome.CostNanoUsd = intent.Price?.Cost(outcome.Usage) ?? 0;
        return AppendAsync(new UsageFinal
        {
            Intent = intent,
            Ending = outcome.Ending,
            Status = outcome.Status,
            AnsweredModel = outcome.AnsweredModel,
            Usage = outcome.Usage,
            CostNanoUsd = outcome.CostNanoUsd,
            Flags = outcome.Flags | intent.Flags,
            Attempts = outcome.Attempts,
            DurationMs = (long)exchange.Elapsed.TotalMilliseconds,
            TimeToFirstTokenMs = exchange.TimeToFirstToken is { } ttft ? (long)ttft.TotalMilliseconds : -1,
        });
    }

    private ValueTask AppendAsync(UsageFinal final)
    {
        ValueTask append;
        try
        {
            append = journal.AppendFinalAsync(final);
        }
        catch (IOException exception)
        {
            // A journal that writes before it returns also fails before it returns.
            return ValueTask.FromException(new GatewayException(Unwritable, exception));
        }

        return append.IsCompletedSuccessfully ? append : WaitAsync(append);

        static async ValueTask WaitAsync(ValueTask append)
        {
            try
            {
                await append;
            }
            catch (IOException exception)
            {
                throw new GatewayException(Unwritable, exception);
            }
        }
    }

    private static UsageIntent Describe(LlmExchange exchange, string deployment) => new()
    {
        RequestId = exchange.RequestId,
        TimeUnixMs = exchange.ArrivedUnixMs,
        KeyId = exchange.Claims.KeyId,
        Team = exchange.Claims.Team,
        User = exchange.Claims.User,
        Operation = exchange.Endpoint.Operation,
        RequestedModel = exchange.ResolvedName,
        Deployment = deployment,
        Stream = exchange.Facts.Stream,
        Flags = exchange.Outcome.Flags,
    };
}
