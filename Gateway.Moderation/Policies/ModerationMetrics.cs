using System.Diagnostics;
using System.Diagnostics.Metrics;
using Gateway.Moderation.Checks;

namespace Gateway.Moderation.Policies;

/// <summary>Instruments of meter <c>Gateway.Moderation</c>. Policies and checks are the operator's names, so they are few.</summary>
internal sealed class ModerationMetrics
{
    public const string MeterName = "Gateway.Moderation";

    private readonly Counter<long> _checks;
    private readonly Histogram<double> _duration;

    public ModerationMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _checks = meter.CreateCounter<long>("gateway.moderation.checks", "{check}", "Checks of one text, by outcome: pass, redact, block, failed.");
        _duration = meter.CreateHistogram<double>("gateway.moderation.duration", "s", "Body read to verdict.");
    }

    public void Checked(IModerationCheck check, string outcome)
    {
        if (_checks.Enabled)
        {
            _checks.Add(1, new TagList { { "gateway.moderation.check", check.Name }, { "gateway.moderation.outcome", outcome } });
        }
    }

    public void Decided(double seconds, string action, string policy)
    {
        if (_duration.Enabled)
        {
            _duration.Record(seconds, new TagList { { "gateway.moderation.action", action }, { "gateway.moderation.policy", policy } });
        }
    }
}
