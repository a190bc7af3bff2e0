using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using Gateway.Core.Catalog;
using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Edge.Endpoints;

namespace Gateway.Edge.Telemetry;

/// <summary>
/// Requests to models as clients see them: every one that came, refused ones included. Models are names of the document; no key, user or address is a label. Thread-safe.
/// </summary>
internal sealed class LlmMetrics
{
    /// <summary>Where no model was read, or none is needed.</summary>
    public const string NoModel = "none";

    /// <summary>Stands for every name that the document does not have.</summary>
    private const string OtherModel = "other";

    /// <summary>What others have made the word for a client that left before it was answered.</summary>
    public const int ClientGone = 499;

    private static readonly string[] Statuses = [.. Enumerable.Range(100, 500).Select(static status => status.ToString(CultureInfo.InvariantCulture))];

    private readonly Counter<long> _requests;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _errors;
    private readonly Histogram<double> _overhead;
    private int _active;

    public LlmMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(EdgeMetrics.MeterName);
        _requests = meter.CreateCounter<long>("llm.requests", "{request}", "Requests to models, counted when they end, by the status that the client was sent; 499 when it left before.");
        _duration = meter.CreateHistogram("llm.request.duration", "s", "Arrival of a request to a model at the Edge to the last byte to the client.", advice: new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600],
        });
        _errors = meter.CreateCounter<long>("llm.errors", "{error}", "Errors of requests to models that the Edge itself told, by their code and by who has to act. Those of Routers are counted there.");
        _overhead = meter.CreateHistogram("gateway.overhead", "s", "Arrival at the Edge to the head of the answer, without the time that the upstream took for its own.", advice: new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.0001, 0.00025, 0.0005, 0.00075, 0.001, 0.0015, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
        });
        meter.CreateObservableUpDownCounter("llm.active.connections", () => Volatile.Read(ref _active), "{connection}", "Requests to models that are being served, open streams included.");
    }

    /// <summary>The label of a model.</summary>
    /// <param name="target">What the request's name leads to; null for nothing.</param>
    public static string ModelOf(ModelTarget? target) => target?.Group?.Name ?? OtherModel;

    /// <summary>The endpoint of a request that asks a model; null for all others.</summary>
    public static LlmEndpoint? EndpointOf(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<EdgePolicy>()?.Llm;

    public void Began() => Interlocked.Increment(ref _active);

    /// <summary>A request that <see cref="Began"/> is over.</summary>
    /// <param name="status">What the client was sent.</param>
    public void Ended(LlmOperation operation, string model, int status, TimeSpan took)
    {
        Interlocked.Decrement(ref _active);
        Count(operation, model, status);
        if (_duration.Enabled)
        {
            _duration.Record(took.TotalSeconds, new TagList { { "operation", GenAiNames.Of(operation) }, { "model", model }, { "outcome", OutcomeOf(status) } });
        }
    }

    /// <summary>A request that was refused before anything of it was read.</summary>
    public void Refused(LlmOperation operation, GatewayError error)
    {
        Count(operation, NoModel, error.Facts.Status);
        Failed(error, NoModel);
    }

    public void Failed(GatewayError error, string model)
    {
        if (_errors.Enabled)
        {
            var facts = error.Facts;
            _errors.Add(1, new TagList { { "code", facts.Code }, { "domain", facts.Domain.Word() }, { "model", model } });
        }
    }

    /// <param name="own">Not known where the service did not say what its upstream took.</param>
    public void Answered(TimeSpan? own)
    {
        if (own is { } time && _overhead.Enabled)
        {
            _overhead.Record(time.TotalSeconds);
        }
    }

    private static string OutcomeOf(int status) => status switch
    {
        < 400 => "ok",
        ClientGone => "gone",
        < 500 => "refused",
        _ => "failed",
    };

    private void Count(LlmOperation operation, string model, int status)
    {
        if (_requests.Enabled)
        {
            _requests.Add(1, new TagList { { "operation", GenAiNames.Of(operation) }, { "model", model }, { "status", status is >= 100 and < 600 ? Statuses[status - 100] : "0" } });
        }
    }
}
