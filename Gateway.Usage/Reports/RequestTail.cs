using System.Data.Common;
using Gateway.Usage.Ledger;

namespace Gateway.Usage.Reports;

/// <summary>
/// Tells listeners of requests as the ledger takes them. It asks the store for the newest ones twice a second, once for all listeners, and not at all while there are none. A view and no record: a request that ran so
/// long that <see cref="Newest"/> others began after it is not told, and of more than that many in half a second only the newest are. Thread-safe.
/// </summary>
internal sealed class RequestTail : BackgroundService
{
    public const int MostListeners = 32;

    /// <summary>How many requests it looks at.</summary>
    public const int Newest = 500;

    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>Longest stream. The Edge ends it a little later by itself.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(30);

    private static readonly TimeSpan PingAfter = TimeSpan.FromSeconds(15);

    private readonly ILedgerStore _ledger;
    private readonly TimeProvider _time;
    private readonly ILogger<RequestTail> _log;
    private readonly Lock _lock = new();
    private readonly List<TailListener> _listeners = [];
    private readonly SemaphoreSlim _polling = new(1, 1);
    private readonly CancellationTokenRegistration _stopping;

    // Those of the last look, or null when nobody listened then. What is among the newest now and was not then is new: nothing comes back.
    private HashSet<Guid>? _seen;
    private DateTimeOffset _pinged;
    private bool _isOver;

    public RequestTail(ILedgerStore ledger, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<RequestTail> log)
    {
        (_ledger, _time, _log) = (ledger, time, log);

        // Not when the hosted services stop: the server is one of them, and waits for its streams.
        _stopping = lifetime.ApplicationStopping.UnsafeRegister(static tail => ((RequestTail)tail!).End(), this);
    }

    /// <summary>From here on the listener misses nothing.</summary>
    /// <returns>Null when there are too many, or the service stops.</returns>
    public async ValueTask<TailListener?> JoinAsync(IReadOnlyList<UsageFilter>? filters, CancellationToken cancellationToken)
    {
        var listener = new TailListener(filters, _time.GetUtcNow() + MaxAge);
        await _polling.WaitAsync(cancellationToken);
        try
        {
            lock (_lock)
            {
                if (_isOver || _listeners.Count >= MostListeners)
                {
                    return null;
                }
            }

            _seen ??= [.. (await LookAsync(cancellationToken)).Select(static entry => entry.Final.Intent.RequestId)];
            lock (_lock)
            {
                _listeners.Add(listener);
                return _isOver ? null : listener;
            }
        }
        finally
        {
            _polling.Release();
        }
    }

    public void Leave(TailListener listener)
    {
        lock (_lock)
        {
            _listeners.Remove(listener);
        }
    }

    /// <summary>Looks once.</summary>
    public async Task PollAsync(CancellationToken cancellationToken)
    {
        await _polling.WaitAsync(cancellationToken);
        try
        {
            var listeners = Listeners();
            if (listeners.Length == 0)
            {
                _seen = null;
                return;
            }

            var newest = await LookAsync(cancellationToken);
            var seen = _seen;
            _seen = [.. newest.Select(static entry => entry.Final.Intent.RequestId)];
            if (seen is not null)
            {
                Tell(listeners, newest, seen);
            }
        }
        finally
        {
            _polling.Release();
        }
    }

    public override void Dispose()
    {
        _stopping.Dispose();
        _polling.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, _time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await PollAsync(stoppingToken);
            }
            catch (Exception failure) when (failure is IOException or DbException or TimeoutException)
            {
                // The next look may succeed, and nothing is lost: it compares with the last one that did.
                _log.TailFailed(failure);
            }
        }
    }

    private static void Tell(TailListener[] listeners, IReadOnlyList<LedgerEntry> newest, HashSet<Guid> seen)
    {
        var told = 0;
        for (var i = newest.Count - 1; i >= 0; i--)
        {
            if (seen.Contains(newest[i].Final.Intent.RequestId))
            {
                continue;
            }

            told++;
            foreach (var listener in listeners)
            {
                listener.Offer(newest[i]);
            }
        }

        if (told == Newest)
        {
            // Nothing of the last look is left: more came than are told, nobody knows how many.
            foreach (var listener in listeners)
            {
                listener.Miss(1);
            }
        }
    }

    private async ValueTask<IReadOnlyList<LedgerEntry>> LookAsync(CancellationToken cancellationToken) =>
        (await _ledger.ListAsync(new RequestQuery(Newest), cancellationToken)).Requests;

    /// <summary>Those that still listen. Ends those whose time is over, and gives the others a sign of life now and then.</summary>
    private TailListener[] Listeners()
    {
        var now = _time.GetUtcNow();
        lock (_lock)
        {
            for (var i = _listeners.Count - 1; i >= 0; i--)
            {
                if (_listeners[i].Expires <= now)
                {
                    _listeners[i].End();
                    _listeners.RemoveAt(i);
                }
            }

            if (now - _pinged >= PingAfter)
            {
                _pinged = now;
                _listeners.ForEach(static listener => listener.Ping());
            }

            return [.. _listeners];
        }
    }

    private void End()
    {
        lock (_lock)
        {
            _isOver = true;
            _listeners.ForEach(static listener => listener.End());
            _listeners.Clear();
        }
    }
}
