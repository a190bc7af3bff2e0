using System.Diagnostics;
using System.Diagnostics.Metrics;
using Gateway.Core.Journal;
using Gateway.Core.Requests;
using Gateway.Router.Pipeline;

namespace Gateway.Router.Attempts;

/// <summary>One span per attempt; request metrics when an exchange is over. No content, no key, no user.</summary>
internal sealed class AttemptTelemetry : ILlmCompletion, IDisposable
{
    public const string Name = "Gateway.Router";

    private readonly ActivitySource _source = new(Name);
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _firstToken;
    private readonly Counter<long> _attempts;
    private readonly Counter<long> _tokens;

    public AttemptTelemetry(IMeterFactory meters)
    {
        var meter = meters.Create(Name);
        _duration = meter.CreateHistogram<double>("gen_ai.server.request.duration", "s", "Arrival at the Router to the last byte to the Edge.");
        _firstToken = meter.CreateHistogram<double>("gen_ai.server.time_to_first_token", "s", "Arrival at the Router to the first content byte from the upstream.");
        _attempts = meter.CreateCounter<long>("gateway.upstream.attempts", "{attempt}", "Upstream calls, counted when they end.");
        _tokens = meter.CreateCounter<long>("gateway.tokens", "{token}", "Tokens charged, input and output.");
    }

    public void Dispose() => _source.Dispose();

    /// <returns>Null when nobody listens.</returns>
    public Activity? Start(Attempt attempt)
    {
        if (!_source.HasListeners())
        {
            return null;
        }

        var deployment = attempt.Deployment;
        var operation = OperationName(attempt.Exchange.Endpoint.Operation);
        var span = _source.StartActivity($"{operation} {deployment.Model}", ActivityKind.Client);
        span?.SetTag("gen_ai.operation.name", operation)
            .SetTag("gen_ai.provider.name", deployment.Provider.Name)
            .SetTag("gen_ai.request.model", deployment.Model)
            .SetTag("gateway.deployment", deployment.Id)
            .SetTag("gateway.attempt", attempt.Number)
            .SetTag("gateway.request.id", attempt.Exchange.RequestId.ToString("N"));
        return span;
    }

    public void Ended(Attempt attempt, Activity? span)
    {
        var outcome = attempt.Outcome;
        if (_attempts.Enabled)
        {
            _attempts.Add(1, new TagList
            {
                { "gateway.deployment", attempt.Deployment.MetricName },
                { "gateway.ending", EndingName(outcome.Ending) },
            });
        }

        if (span is null)
        {
            return;
        }

        span.SetTag("gen_ai.usage.input_tokens", outcome.Usage.Input)
            .SetTag("gen_ai.usage.output_tokens", outcome.Usage.Output)
            .SetTag("gateway.ending", EndingName(outcome.Ending));
        if (outcome.AnsweredModel.Length > 0)
        {
            span.SetTag("gen_ai.response.model", outcome.AnsweredModel);
        }

        if (outcome.Ending is not (RequestEnding.Completed or RequestEnding.ClientGone))
        {
            span.SetStatus(ActivityStatusCode.Error);
            span.SetTag("error.type", outcome.Failure.Word() is { Length: > 0 } word ? word : EndingName(outcome.Ending));
        }
    }

    public void Completed(LlmExchange exchange, in LlmSummary summary)
    {
        if (!_duration.Enabled && !_firstToken.Enabled && !_tokens.Enabled)
        {
            return;
        }

        var deployment = exchange.Answering?.Deployment.MetricName ?? "none";
        var operation = OperationName(exchange.Endpoint.Operation);
        var tags = new TagList
        {
            { "gen_ai.operation.name", operation },
            { "gateway.deployment", deployment },
            { "gateway.ending", EndingName(summary.Ending) },
        };
        _duration.Record(summary.Duration.TotalSeconds, tags);
        if (summary.TimeToFirstToken is { } firstToken)
        {
            _firstToken.Record(firstToken.TotalSeconds, new TagList { { "gen_ai.operation.name", operation }, { "gateway.deployment", deployment } });
        }

        _tokens.Add(summary.Usage.Input, new TagList { { "gen_ai.token.type", "input" }, { "gateway.deployment", deployment } });
        _tokens.Add(summary.Usage.Output, new TagList { { "gen_ai.token.type", "output" }, { "gateway.deployment", deployment } });
    }

    private static string OperationName(LlmOperation operation) => operation switch
    {
        LlmOperation.Completions or LlmOperation.OllamaGenerate => "text_completion",
        LlmOperation.GenerateContent => "generate_content",
        _ => LlmOperations.KindOf(operation) switch
        {
            LlmKind.Chat => "chat",
            LlmKind.Embed => "embeddings",
            LlmKind.CountTokens => "count_tokens",
            LlmKind.Moderate => "moderations",
            LlmKind.Image => "image",
            LlmKind.Audio => "audio",
            LlmKind.Rerank => "rerank",
            LlmKind.Files => "files",
        },
    };

    private static string EndingName(RequestEnding ending) => ending switch
    {
        RequestEnding.Completed => "completed",
        RequestEnding.UpstreamError => "upstream_error",
        RequestEnding.UpstreamFailed => "upstream_failed",
        RequestEnding.ClientGone => "client_gone",
        RequestEnding.DeadlineExceeded => "deadline_exceeded",
        RequestEnding.Refused => "refused",
        RequestEnding.Recovered => "recovered",
        RequestEnding.Superseded => "superseded",
        RequestEnding.BudgetCut => "budget_cut",
    };
}
