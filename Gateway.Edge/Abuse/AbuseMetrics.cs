using System.Diagnostics;
using System.Diagnostics.Metrics;
using Gateway.Core.Errors;

namespace Gateway.Edge.Abuse;

/// <summary>Instruments of callers that are turned away. The reason is a word of the closed list of errors; no address is a tag.</summary>
internal sealed class AbuseMetrics
{
    private readonly Counter<long> _refusals;
    private readonly Counter<long> _lockouts;

    public AbuseMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(EdgeMetrics.MeterName);
        _refusals = meter.CreateCounter<long>("gateway.edge.authentication.refusals", "{request}", "Requests refused for their credential, its address, or too many of either.");
        _lockouts = meter.CreateCounter<long>("gateway.edge.admin.lockouts", "{lockout}", "Addresses that were locked out of the admin endpoints.");
    }

    public void Refused(GatewayError error)
    {
        if (_refusals.Enabled)
        {
            _refusals.Add(1, new TagList { { "gateway.reason", error.Facts.Code } });
        }
    }

    public void LockedOut() => _lockouts.Add(1);
}
