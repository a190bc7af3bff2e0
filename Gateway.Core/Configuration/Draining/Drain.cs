using Microsoft.Extensions.Hosting;

namespace Gateway.Core.Configuration.Draining;

/// <summary>
/// The end of a service in steps: grace (probes notice, requests still come), drain (running requests go on, <c>server.drain</c>),
/// then what still runs is ended while there is time left to write down what it cost. Thread-safe.
/// </summary>
public sealed class Drain : IDisposable
{
    /// <summary>Configuration key of the first step's length; the service defaults give it its default.</summary>
    public const string GraceSetting = "Gateway:ShutdownGrace";

    /// <summary>From <see cref="Over"/> to cut connections. The Edge ends its streams at once, so a Router that is stopped with it still hears of all of them.</summary>
    public static readonly TimeSpan UntilCut = TimeSpan.FromSeconds(5);

    /// <summary>From <see cref="Over"/> to the end of the process: for settlements, journals and telemetry.</summary>
    public static readonly TimeSpan UntilEnd = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _over = new();
    private readonly CancellationTokenSource _cut = new();
    private readonly CancellationTokenRegistration _stopping;
    private readonly IConfigStore _store;
    private readonly TimeProvider _time;
    private readonly TimeSpan _grace;
    private ITimer? _overTimer;
    private ITimer? _cutTimer;

    internal Drain(TimeSpan grace, IConfigStore store, IHostApplicationLifetime lifetime, TimeProvider time)
    {
        (_grace, _store, _time) = (grace, store, time);
        _stopping = lifetime.ApplicationStopping.UnsafeRegister(static state => ((Drain)state!).Begin(), this);
    }

    /// <summary>Requests that still run must end now, each with an answer that says why.</summary>
    public CancellationToken Over => _over.Token;

    /// <summary>Whoever did not end gets cut.</summary>
    internal CancellationToken Cut => _cut.Token;

    public void Dispose()
    {
        // The sources stay: a late request may still ask for their tokens, and without timers they hold nothing.
        _stopping.Dispose();
        _overTimer?.Dispose();
        _cutTimer?.Dispose();
    }

    private void Begin()
    {
        // As of now, not as of the start: the document may have changed since.
        var over = _grace + _store.Current.Config.Server.Drain;
        _overTimer = _time.CreateTimer(static source => ((CancellationTokenSource)source!).Cancel(), _over, over, Timeout.InfiniteTimeSpan);
        _cutTimer = _time.CreateTimer(static source => ((CancellationTokenSource)source!).Cancel(), _cut, over + UntilCut, Timeout.InfiniteTimeSpan);
    }
}
