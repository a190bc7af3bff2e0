using Gateway.Core.Errors;
using Gateway.Core.Journal;
using Gateway.Core.Money;
using Gateway.Router.Attempts;
using Gateway.Router.Telemetry;

namespace Gateway.Router.Pipeline;

/// <summary>
/// Writes what an exchange costs into the journal: INTENT before the dispatch, exactly one FINAL after it. Thread-safe; what
/// belongs to one exchange is kept in the exchange.
/// </summary>
internal sealed class UsageRecorder(IUsageJournal journal, TracedRequests? traced = null)
{
    /// <summary>Tokens that a body of so many bytes is taken for where nobody counts them.</summary>
    private const int BytesPerToken = 4;

    /// <summary>False: nothing may be dispatched.</summary>
    public bool IsWritable => journal.IsWritable;

    public static readonly GatewayError Unwritable = new(GatewayErrorKind.JournalFull, "The gateway cannot record usage right now, so it serves nothing that costs. Try again later.");

    public static long EstimateTokens(long bytes) => (bytes + BytesPerToken - 1) / BytesPerToken;

    /// <summary>The bytes of pictures and sound say nothing about tokens: for a form there is no estimate.</summary>
    private static long EstimateInput(LlmExchange exchange) => exchange.Form is null ? EstimateTokens(exchange.Body.Length) : 0;

    /// <summary>Records that a call is about to be made. Without it the request is not charged for, as for token counts.</summary>
    /// <exception cref="GatewayException">Not recorded: do not dispatch.</exception>
    public async ValueTask DispatchAsync(Attempt attempt)
    {
        var exchange = attempt.Exchange;
        var deployment = attempt.Deployment;
        var intent = Describe(exchange, deployment.Id) with
        {
            PriceVersion = deployment.PriceVersion,
            EstimatedInputTokens = exchange.Intent?.EstimatedInputTokens ?? EstimateInput(exchange),
            Attempt = attempt.Number,
        };
        intent = intent with { Price = deployment.Plan?.For(intent.EstimatedInputTokens) };
        if (exchange.Intent is not null)
        {
            intent = intent with { CarriedUsage = exchange.UsageBefore(attempt), CarriedNanoUsd = exchange.CostBefore(attempt) };
        }

        try
        {
            await journal.AppendIntentAsync(intent);
        }
        catch (IOException exception)
        {
            throw new GatewayException(Unwritable, exception);
        }

        attempt.Intent = exchange.Intent = intent;
        exchange.Outcome.Deployment = deployment.Id;

        // Until something better is known: the Router broke, and the input may have been charged.
        attempt.Outcome.Usage = new TokenUsage(intent.EstimatedInputTokens, 0, 0, 0, 0);
    }

    /// <summary>Records a request that was refused before any dispatch and still belongs into the ledger.</summary>
    public ValueTask RefusedAsync(LlmExchange exchange, int status)
    {
        exchange.IsSettled = true;
        return RecordAsync(exchange, new UsageFinal
        {
            Intent = Describe(exchange, ""),
            Ending = RequestEnding.Refused,
            Status = status,
            Attempts = 0,
            DurationMs = (long)exchange.Elapsed.TotalMilliseconds,
        });
    }

    /// <summary>Records the end of a request that the last of its calls did not settle: an error of ours on the way.</summary>
    /// <exception cref="GatewayException">Not recorded.</exception>
    public ValueTask SettleAsync(LlmExchange exchange)
    {
        if (exchange.LastAttempt is not { } last || exchange.IsSettled)
        {
            return ValueTask.CompletedTask;
        }

        // What became of the call stays as it is: it may have been over long before the client left.
        last.Outcome.Status = exchange.Outcome.Status;
        return SettleAsync(last, exchange.Outcome.Ending == RequestEnding.ClientGone ? RequestEnding.ClientGone : null);
    }

    /// <summary>
    /// Records the end as the call that answers, or is the last, stands now; every earlier call is over. Does nothing the second
    /// time, so that every way out may call it.
    /// </summary>
    /// <param name="ending">Of the request, where it is not that of the call.</param>
    /// <exception cref="GatewayException">Not recorded: the client must not see a normal end.</exception>
    public ValueTask SettleAsync(Attempt attempt, RequestEnding? ending = null)
    {
        var exchange = attempt.Exchange;
        if (exchange.IsSettled)
        {
            return ValueTask.CompletedTask;
        }

        if (attempt.Race is { } race && race.OtherEnded(attempt) is { IsCompleted: false } other)
        {
            return SettleAfterAsync(other, attempt, ending);
        }

        // Set before the write: a FINAL that failed in mid-write must not be written twice.
        exchange.IsSettled = true;
        var outcome = exchange.Adopt(attempt);
        outcome.Ending = ending ?? outcome.Ending;
        if (attempt.Intent is not { } intent)
        {
            return ValueTask.CompletedTask;
        }

        return RecordAsync(exchange, new UsageFinal
        {
            Intent = intent with { Price = attempt.Price },
            Ending = outcome.Ending,
            Status = outcome.Status,
            AnsweredModel = outcome.AnsweredModel,
            Usage = outcome.Usage,
            CostNanoUsd = outcome.CostNanoUsd,
            Flags = outcome.Flags | intent.Flags,
            ServiceTier = attempt.Outcome.Tier.Word(),
            Attempts = outcome.Attempts,
            AttemptRecords = exchange.DescribeAttempts(),
            DurationMs = (long)exchange.Elapsed.TotalMilliseconds,
            TimeToFirstTokenMs = exchange.TimeToFirstToken is { } ttft ? (long)ttft.TotalMilliseconds : -1,
        });
    }

    private async ValueTask SettleAfterAsync(Task other, Attempt attempt, RequestEnding? ending)
    {
        await other;
        await SettleAsync(attempt, ending);
    }

    private ValueTask RecordAsync(LlmExchange exchange, UsageFinal final) => RouterTraces.AreRead ? TraceAsync(exchange, final) : AppendAsync(final);

    /// <summary>The settlement as a step of the request's trace; the shipment of the record links to it.</summary>
    private async ValueTask TraceAsync(LlmExchange exchange, UsageFinal final)
    {
        using var span = RouterTraces.Start("record usage", exchange);
        span?.SetTag("gateway.ending", MetricNames.Of(final.Ending))
            .SetTag("gateway.attempts", final.Attempts)
            .SetTag("gateway.cost_nano_usd", final.CostNanoUsd);
        if (span is { Recorded: true })
        {
            // Before the record is written: once it is, it may be shipped.
            traced?.Add(final.Intent.RequestId, span.Context);
        }

        try
        {
            await AppendAsync(final);
        }
        catch (GatewayException)
        {
            span?.Fail(Unwritable.Facts.Code);
            throw;
        }
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
        Owner = exchange.Claims.Owner,
        Organisation = exchange.Claims.Ticket?.Organisation ?? "",
        Budgets = exchange.Claims.Ticket?.Budgets ?? [],
        Operation = exchange.Endpoint.Operation,
        RequestedModel = exchange.ResolvedName,
        Deployment = deployment,
        Tags = exchange.Claims.Tags,
        Stream = exchange.Facts.Stream,
        Flags = exchange.Outcome.Flags,
    };
}
