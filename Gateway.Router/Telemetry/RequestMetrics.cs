using System.Diagnostics;
using System.Diagnostics.Metrics;
using Gateway.Core.Errors;
using Gateway.Core.Journal;
using Gateway.Core.Requests;
using Gateway.Router.Attempts;
using Gateway.Router.Pipeline;

namespace Gateway.Router.Telemetry;

/// <summary>
/// What OpenTelemetry's conventions for generative AI measure, and errors, when an exchange is over. Names, units and bounds are the conventions'
/// (docs/gen-ai/gen-ai-metrics.md); each attribute is bounded by the document. Thread-safe.
/// </summary>
internal sealed class RequestMetrics : ILlmCompletion
{
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _firstToken;
    private readonly Histogram<double> _perToken;
    private readonly Histogram<long> _usage;
    private readonly Counter<long> _errors;
    private readonly SpendCounters _spend;

    public RequestMetrics(IMeterFactory meters, SpendCounters spend)
    {
        var meter = meters.Create(RouterTraces.Name);
        _spend = spend;
        _duration = meter.CreateHistogram("gen_ai.server.request.duration", "s", "Arrival at the Router to the last byte to the Edge.", advice: Bounds(
            0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92));
        _firstToken = meter.CreateHistogram("gen_ai.server.time_to_first_token", "s", "Arrival at the Router to the first content byte from the upstream.", advice: Bounds(
            0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10));
        _perToken = meter.CreateHistogram("gen_ai.server.time_per_output_token", "s", "First content byte to the end of a completed stream, for each output token after the first.", advice: Bounds(
            0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5));
        _usage = meter.CreateHistogram("gen_ai.client.token.usage", "{token}", "Tokens charged for one upstream call.", advice: new InstrumentAdvice<long>
        {
            HistogramBucketBoundaries = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864],
        });
        _errors = meter.CreateCounter<long>("llm.errors", "{error}", "Requests that ended in an error which the Router told or passed on, by its code and by who has to act.");
    }

    public void Completed(LlmExchange exchange, in LlmSummary summary)
    {
        var model = MetricNames.ModelOf(exchange);
        var operation = GenAiNames.Of(exchange.Endpoint.Operation);
        for (var i = 0; i < summary.Attempts; i++)
        {
            Charged(exchange.AttemptAt(i), model, operation);
        }

        var (code, domain) = ErrorOf(exchange, in summary);
        if (code is not null && _errors.Enabled)
        {
            _errors.Add(1, new TagList { { "code", code }, { "domain", domain }, { "model", model } });
        }

        if (_duration.Enabled)
        {
            Timed(exchange, in summary, model, operation, code);
        }
    }

    private static InstrumentAdvice<double> Bounds(params double[] bounds) => new() { HistogramBucketBoundaries = bounds };

    /// <summary>Each call counts for the deployment that had it: their sum is what the ledger has.</summary>
    private void Charged(Attempt attempt, string model, string operation)
    {
        if (attempt.Intent is null)
        {
            return;
        }

        var usage = attempt.Outcome.Usage;
        _spend.Add(model, attempt.Deployment, in usage, attempt.CostNanoUsd);
        if (!_usage.Enabled)
        {
            return;
        }

        if (usage.Input > 0)
        {
            _usage.Record(usage.Input, Place(attempt, model, operation, "input"));
        }

        if (usage.Output > 0)
        {
            _usage.Record(usage.Output, Place(attempt, model, operation, "output"));
        }
    }

    private static TagList Place(Attempt? attempt, string model, string operation, string? type)
    {
        var deployment = attempt?.Deployment;
        var tags = new TagList
        {
            { "gen_ai.operation.name", operation },
            { "gen_ai.provider.name", deployment?.GenAiProvider ?? MetricNames.None },
            { "gen_ai.request.model", model },
            { "gen_ai.response.model", deployment?.MetricModel ?? MetricNames.None },
            { "gateway.deployment", deployment?.MetricName ?? MetricNames.None },
        };
        if (type is not null)
        {
            tags.Add("gen_ai.token.type", type);
        }

        return tags;
    }

    private void Timed(LlmExchange exchange, in LlmSummary summary, string model, string operation, string? error)
    {
        var answering = exchange.Answering;
        var tags = Place(answering, model, operation, type: null);
        if (summary.TimeToFirstToken is { } firstToken)
        {
            _firstToken.Record(firstToken.TotalSeconds, tags);
            if (exchange.Facts.Stream && summary.Ending == RequestEnding.Completed && answering is { Outcome.Usage.Output: > 1 and var tokens })
            {
                _perToken.Record((summary.Duration - firstToken).TotalSeconds / (tokens - 1), tags);
            }
        }

        tags.Add("gateway.ending", MetricNames.Of(summary.Ending));
        if (error is not null)
        {
            tags.Add("error.type", error);
        }

        _duration.Record(summary.Duration.TotalSeconds, tags);
    }

    /// <summary>Nothing for a client that left: that is nobody's error.</summary>
    private static (string? Code, string? Domain) ErrorOf(LlmExchange exchange, in LlmSummary summary)
    {
        if (summary.Ending is RequestEnding.Completed or RequestEnding.ClientGone)
        {
            return default;
        }

        return exchange.Outcome.Error is { } error ? (error.Facts.Code, error.Facts.Domain.Word()) : (MetricNames.Of(summary.Ending), summary.Ending switch
        {
            RequestEnding.BudgetCut or RequestEnding.Refused => FaultDomain.Policy.Word(),
            RequestEnding.DeadlineExceeded => FaultDomain.Caller.Word(),
            _ => FaultDomain.Upstream.Word(),
        });
    }
}
