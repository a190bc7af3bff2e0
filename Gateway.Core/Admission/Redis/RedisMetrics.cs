using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Gateway.Core.Admission.Redis;

/// <summary>Instruments of the connection to Redis. Tags are names of scripts and reasons from closed lists, never keys.</summary>
internal sealed class RedisMetrics
{
    public const string MeterName = "Gateway.Redis";

    private readonly Histogram<double> _duration;
    private readonly Counter<long> _failures;
    private readonly Counter<long> _transitions;
    private volatile int _open = 1;

    public RedisMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _duration = meter.CreateHistogram("gateway.redis.call.duration", "s", "Scripts in Redis, from the call to its answer or deadline, by script and whether it was answered.", advice: new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05],
        });
        _failures = meter.CreateCounter<long>("gateway.redis.call.failures", "{call}", "Calls without an answer: deadline, crowded (too many in flight), connection, server (Redis refused), garbage, or open (not asked).");
        _transitions = meter.CreateCounter<long>("gateway.redis.breaker.transitions", "{transition}", "Times that Redis was given up (opened) and used again (closed).");
        meter.CreateObservableGauge("gateway.redis.breaker.open", () => _open, "{state}", "1 while Redis is configured but not asked.");
    }

    public void Called(RedisScript script, TimeSpan took, bool answered)
    {
        if (_duration.Enabled)
        {
            _duration.Record(took.TotalSeconds, new TagList { { "gateway.script", script.Name }, { "gateway.answered", answered ? "yes" : "no" } });
        }
    }

    public void Failed(RedisFailure failure) => Failed(failure switch
    {
        RedisFailure.None => "none",
        RedisFailure.Deadline => "deadline",
        RedisFailure.Starved => "starved",
        RedisFailure.Crowded => "crowded",
        RedisFailure.Connection => "connection",
        RedisFailure.Server => "server",
        RedisFailure.Garbage => "garbage",
    });

    public void NotAsked() => Failed("open");

    public void SetOpen(bool open)
    {
        _open = open ? 1 : 0;
        _transitions.Add(1, new KeyValuePair<string, object?>("gateway.transition", open ? "opened" : "closed"));
    }

    private void Failed(string reason) => _failures.Add(1, new KeyValuePair<string, object?>("gateway.reason", reason));
}
