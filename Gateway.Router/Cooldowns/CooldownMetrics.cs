using System.Diagnostics;
using System.Diagnostics.Metrics;
using Gateway.Router.Catalog;

namespace Gateway.Router.Cooldowns;

/// <summary>Counters of cooldowns. Labels are configured names and fixed words.</summary>
internal sealed class CooldownMetrics
{
    public const string MeterName = "Gateway.Router";

    private readonly Counter<long> _changes;
    private readonly Counter<long> _ejections;
    private readonly Counter<long> _panics;

    public CooldownMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _changes = meter.CreateCounter<long>("gateway.cooldown.openings", "{opening}", "Times that a deployment, or the address of a provider, was taken out of service.");
        _ejections = meter.CreateCounter<long>("gateway.cooldown.ejections", "{ejection}", "Times that a request passed over a deployment because of its health.");
        _panics = meter.CreateCounter<long>("gateway.cooldown.panics", "{request}", "Requests let through to a deployment that is out of service, since nothing else was left.");
    }

    /// <param name="name">A configured name.</param>
    public void Opened(CooldownSubject subject, string name, BreakerReason reason)
    {
        if (_changes.Enabled)
        {
            _changes.Add(1, new TagList { { subject == CooldownSubject.Deployment ? "gateway.deployment" : "gateway.provider", name }, { "gateway.reason", reason.Word() } });
        }
    }

    /// <summary>Counts what the gate said for a request that is really sent. For the slow path only: while all are usable there is nothing to count.</summary>
    public void Judged(ReadOnlySpan<Deployment> candidates, ReadOnlySpan<Health> health)
    {
        if (!_ejections.Enabled && !_panics.Enabled)
        {
            return;
        }

        for (var i = 0; i < candidates.Length; i++)
        {
            if (health[i] == Health.Ejected)
            {
                _ejections.Add(1, new TagList { { "gateway.deployment", candidates[i].MetricName } });
            }
            else if (health[i] == Health.Panic)
            {
                _panics.Add(1, new TagList { { "gateway.deployment", candidates[i].MetricName } });
            }
        }
    }
}
