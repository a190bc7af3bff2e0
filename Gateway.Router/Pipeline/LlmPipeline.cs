using Gateway.Core.Requests;
using Gateway.Router.Catalog;

namespace Gateway.Router.Pipeline;

/// <summary>A stage and its place, as registered.</summary>
internal sealed record LlmStageRegistration(LlmPhase Phase, Func<IServiceProvider, ILlmStage> Create);

/// <summary>All stages, composed once at start; a request makes no delegate.</summary>
internal sealed class LlmPipeline
{
    private readonly LlmStageDelegate _run;
    private readonly ModelCatalog _catalog;
    private readonly ExchangeRunner _runner;
    private readonly TimeProvider _time;

    public LlmPipeline(IServiceProvider services, IEnumerable<LlmStageRegistration> stages, ModelCatalog catalog, ExchangeRunner runner, TimeProvider time)
    {
        LlmStageDelegate run = static _ => throw new InvalidOperationException("No stage answered the request.");
        foreach (var registration in stages.OrderBy(static stage => stage.Phase).Reverse())
        {
            var stage = registration.Create(services);
            var next = run;
            run = exchange => stage.InvokeAsync(exchange, next);
        }

        _run = run;
        _catalog = catalog;
        _runner = runner;
        _time = time;
    }

    /// <summary>Serves one request to its end. Never throws.</summary>
    public Task InvokeAsync(HttpContext http, LlmEndpoint endpoint) => _runner.RunAsync(new LlmExchange(http, endpoint, _catalog.Current, _time), _run);
}
