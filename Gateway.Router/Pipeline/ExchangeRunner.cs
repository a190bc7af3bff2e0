using Gateway.Core.Errors;
using Gateway.Core.Journal;
using Gateway.Router.Attempts;
using Gateway.Router.Budgets;

namespace Gateway.Router.Pipeline;

/// <summary>Takes an exchange through stages to its end: errors become answers, the record is settled, whoever waits for the end hears of it. Thread-safe, no state.</summary>
internal sealed class ExchangeRunner(IEnumerable<ILlmCompletion> completions, UsageRecorder recorder, RequestHolds holds, ILogger<LlmPipeline> logger)
{
    private readonly ILlmCompletion[] _completions = [.. completions];

    /// <summary>Serves one exchange to its end. Never throws.</summary>
    public async Task RunAsync(LlmExchange exchange, LlmStageDelegate stages)
    {
        try
        {
            await RunStagesAsync(exchange, stages);
        }
        catch (Exception exception)
        {
            // The client left while an error was written to it, or the like: there is nobody to tell.
            logger.ExchangeAborted(exchange.RequestId, exception.GetType().Name);
            exchange.Http.Abort();
        }
        finally
        {
            await FinishAsync(exchange);
        }
    }

    private async ValueTask RunStagesAsync(LlmExchange exchange, LlmStageDelegate stages)
    {
        try
        {
            await stages(exchange);
        }
        catch (GatewayException exception)
        {
            await exchange.RefuseAsync(exception.Error);
        }
        catch (Exception exception) when (IsClientGone(exchange, exception))
        {
            exchange.Outcome.Ending = RequestEnding.ClientGone;
            exchange.Http.Abort();
        }
        catch (Exception exception)
        {
            logger.StageFailed(exchange.RequestId, exception);
            await exchange.RefuseAsync(new GatewayError(GatewayErrorKind.Internal, "The gateway failed to handle this request. Its log names the request id."));
        }
    }

    /// <summary>A connection that ends in the middle of a body, or under a write, is seen before the server says that the request is aborted.</summary>
    private static bool IsClientGone(LlmExchange exchange, Exception exception) =>
        exception is ClientGoneException or BadHttpRequestException || (exception is OperationCanceledException && exchange.Http.RequestAborted.IsCancellationRequested);

    private async ValueTask FinishAsync(LlmExchange exchange)
    {
        var isRecorded = true;
        try
        {
            // Whoever relayed the answer has settled it; this is for every other way out after an INTENT.
            await recorder.SettleAsync(exchange);
        }
        catch (Exception exception)
        {
            // The journal keeps the INTENT; its recovery makes the FINAL.
            logger.SettlementFailed(exchange.RequestId, exception);
            isRecorded = false;
        }

        if (exchange.Hold is { } hold)
        {
            // Behind the FINAL, whatever the ending was: what the shared state has, the ledger has or will have.
            holds.End(exchange, hold, isRecorded);
        }

        exchange.ReleaseBody();
        if (exchange.Outcome.Error is { } error)
        {
            logger.RequestFailed(error.Facts.Level, exchange.RequestId, error.Facts.Code, error.Facts.Domain, exchange.Outcome.Deployment);
        }

        exchange.Complete(_completions);
    }
}
