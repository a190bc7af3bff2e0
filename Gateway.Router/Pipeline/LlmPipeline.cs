using Gateway.Core.Errors;
using Gateway.Core.Journal;
using Gateway.Core.Requests;
using Gateway.Router.Attempts;
using Gateway.Router.Catalog;

namespace Gateway.Router.Pipeline;

/// <summary>A stage and its place, as registered.</summary>
internal sealed record LlmStageRegistration(LlmPhase Phase, Func<IServiceProvider, ILlmStage> Create);

/// <summary>All stages, composed once at start; a request makes no delegate.</summary>
internal sealed class LlmPipeline
{
    private readonly LlmStageDelegate _run;
    private readonly ILlmCompletion[] _completions;
    private readonly ModelCatalog _catalog;
    private readonly UsageRecorder _recorder;
    private readonly TimeProvider _time;
    private readonly ILogger<LlmPipeline> _logger;

    public LlmPipeline(
        IServiceProvider services, IEnumerable<LlmStageRegistration> stages, IEnumerable<ILlmCompletion> completions,
        ModelCatalog catalog, UsageRecorder recorder, TimeProvider time, ILogger<LlmPipeline> logger)
    {
        LlmStageDelegate run = static _ => throw new InvalidOperationException("No stage answered the request.");
        foreach (var registration in stages.OrderBy(static stage => stage.Phase).Reverse())
        {
            var stage = registration.Create(services);
            var next = run;
            run = exchange => stage.InvokeAsync(exchange, next);
        }

        _run = run;
        _completions = [.. completions];
        _catalog = catalog;
        _recorder = recorder;
        _time = time;
        _logger = logger;
    }

    /// <summary>Serves one request to its end. Never throws.</summary>
    public async Task InvokeAsync(HttpContext http, LlmEndpoint endpoint)
    {
        var exchange = new LlmExchange(http, endpoint, _catalog.Current, _time);
        try
        {
            await RunStagesAsync(exchange);
        }
        catch (Exception exception)
        {
            // The client left while an error was written to it, or the like: there is nobody to tell.
            _logger.ExchangeAborted(exchange.RequestId, exception.GetType().Name);
            http.Abort();
        }
        finally
        {
            await FinishAsync(exchange);
        }
    }

    private async ValueTask RunStagesAsync(LlmExchange exchange)
    {
        try
        {
            await _run(exchange);
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
            _logger.StageFailed(exchange.RequestId, exception);
            await exchange.RefuseAsync(new GatewayError(GatewayErrorKind.Internal, "The gateway failed to handle this request. Its log names the request id."));
        }
    }

    /// <summary>A connection that ends in the middle of a body, or under a write, is seen before the server says that the request is aborted.</summary>
    private static bool IsClientGone(LlmExchange exchange, Exception exception) =>
        exception is ClientGoneException or BadHttpRequestException || (exception is OperationCanceledException && exchange.Http.RequestAborted.IsCancellationRequested);

    private async ValueTask FinishAsync(LlmExchange exchange)
    {
        try
        {
            // Whoever relayed the answer has settled it; this is for every other way out after an INTENT.
            await _recorder.SettleAsync(exchange);
        }
        catch (Exception exception)
        {
            // The journal keeps the INTENT; its recovery makes the FINAL.
            _logger.SettlementFailed(exchange.RequestId, exception);
        }

        exchange.ReleaseBody();
        if (exchange.Outcome.Error is { } error)
        {
            _logger.RequestFailed(error.Facts.Level, exchange.RequestId, error.Facts.Code, error.Facts.Domain, exchange.Outcome.Deployment);
        }

        exchange.Complete(_completions);
    }
}
