using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Gateway.Edge;

/// <summary>Instruments of the Edge. No key, user or client-made path is ever a tag.</summary>
internal sealed class EdgeMetrics
{
    public const string MeterName = "Gateway.Edge";
    public const string DecidedByRedis = "redis";
    public const string DecidedLocally = "local";
    public const string DecidedByMemory = "memory";
    public const string DecidedByLease = "lease";

    private readonly Counter<long> _decisions;
    private volatile int _degraded;

    public EdgeMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _decisions = meter.CreateCounter<long>("gateway.edge.rate_limit.decisions", "{decision}", "Rate-limit decisions: admitted or refused, decided by redis, lease (taken from Redis before), local (no Redis) or memory (refused again without asking Redis).");
        meter.CreateObservableGauge("gateway.edge.redis.degraded", () => _degraded, "{state}", "1 while Redis is configured but limits are decided locally.");
    }

    public void RateDecision(bool admitted, string by)
    {
        if (_decisions.Enabled)
        {
            _decisions.Add(1, new TagList { { "gateway.outcome", admitted ? "admitted" : "refused" }, { "gateway.decided_by", by } });
        }
    }

    public void SetDegraded(bool degraded) => _degraded = degraded ? 1 : 0;
}
