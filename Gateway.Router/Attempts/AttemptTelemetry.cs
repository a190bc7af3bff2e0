using System.Diagnostics;
using System.Diagnostics.Metrics;
using Gateway.Core.Journal;
using Gateway.Core.Requests;
using Gateway.Router.Telemetry;

namespace Gateway.Router.Attempts;

/// <summary>One span per attempt, named and tagged as OpenTelemetry's conventions for generative AI say, and a count. No content, no key, no user.</summary>
internal sealed class AttemptTelemetry
{
    private readonly Counter<long> _attempts;

    public AttemptTelemetry(IMeterFactory meters) =>
        _attempts = meters.Create(RouterTraces.Name).CreateCounter<long>("gateway.upstream.attempts", "{attempt}", "Upstream calls, counted when they end.");

    /// <returns>Null when nobody listens.</returns>
    public static Activity? Start(Attempt attempt)
    {
        if (!RouterTraces.AreRead)
        {
            return null;
        }

        var deployment = attempt.Deployment;
        var address = deployment.Provider.BaseUrl;
        var operation = GenAiNames.Of(attempt.Exchange.Endpoint.Operation);
        var span = RouterTraces.Source.StartActivity($"{operation} {deployment.Model}", ActivityKind.Client);
        span?.SetTag("gen_ai.operation.name", operation)
            .SetTag("gen_ai.provider.name", deployment.GenAiProvider)
            .SetTag("gen_ai.request.model", deployment.Model)
            // The host alone: what else an address may hold (a user, a path, a query) is nobody's business.
            .SetTag("server.address", address.Host)
            .SetTag("server.port", address.Port)
            .SetTag("gateway.provider", deployment.Provider.Name)
            .SetTag("gateway.deployment", deployment.Id)
            .SetTag("gateway.attempt", attempt.Number)
            .SetTag("gateway.request.id", attempt.Exchange.RequestId.ToString());
        if (attempt.Exchange.Facts.OutputCap is > 0 and var cap)
        {
            span?.SetTag("gen_ai.request.max_tokens", cap);
        }

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
                { "gateway.ending", MetricNames.Of(outcome.Ending) },
            });
        }

        if (span is not null)
        {
            Describe(attempt, span);
        }
    }

    private static void Describe(Attempt attempt, Activity span)
    {
        var outcome = attempt.Outcome;
        span.SetTag("gen_ai.usage.input_tokens", outcome.Usage.Input)
            .SetTag("gen_ai.usage.output_tokens", outcome.Usage.Output)
            .SetTag("gateway.ending", MetricNames.Of(outcome.Ending));
        if (outcome.Usage.CachedInput > 0)
        {
            span.SetTag("gen_ai.usage.cache_read.input_tokens", outcome.Usage.CachedInput);
        }

        if (outcome.Usage.CacheWrite > 0)
        {
            span.SetTag("gen_ai.usage.cache_creation.input_tokens", outcome.Usage.CacheWrite);
        }

        if (outcome.UpstreamStatus > 0)
        {
            span.SetTag("http.response.status_code", outcome.UpstreamStatus);
        }

        if (outcome.AnsweredModel.Length > 0)
        {
            span.SetTag("gen_ai.response.model", outcome.AnsweredModel);
        }

        if (outcome.Ending is not (RequestEnding.Completed or RequestEnding.ClientGone or RequestEnding.Superseded))
        {
            span.Fail(outcome.Failure.Word() is { Length: > 0 } word ? word : MetricNames.Of(outcome.Ending));
        }
    }
}
