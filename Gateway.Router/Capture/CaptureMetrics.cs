using System.Diagnostics.Metrics;

namespace Gateway.Router.Capture;

/// <summary>How captured content fares on its way to Usage.</summary>
internal sealed class CaptureMetrics
{
    public const string MeterName = "Gateway.Router.Capture";

    /// <summary>Values of <c>reason</c>.</summary>
    public const string QueueFull = "queue_full";
    public const string Refused = "refused";
    public const string Unreadable = "unreadable";
    public const string Stopped = "stopped";

    private readonly Counter<long> _sent;
    private readonly Counter<long> _dropped;

    public CaptureMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _sent = meter.CreateCounter<long>("gateway.capture.sent", unit: "{request}", description: "Requests whose content Usage has taken.");
        _dropped = meter.CreateCounter<long>("gateway.capture.dropped", unit: "{request}", description: "Requests whose content was to be kept and was not: no room in the queue, refused by Usage, unreadable, or the Router stopped.");
    }

    public void Sent(int requests) => _sent.Add(requests);

    public void Dropped(int requests, string reason) => _dropped.Add(requests, new KeyValuePair<string, object?>("reason", reason));
}
