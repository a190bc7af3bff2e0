using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Rig.Faults;

/// <summary>A TCP proxy on loopback whose link can be made slow, broken or dead while it runs. Thread-safe.</summary>
public sealed class FaultProxy : IAsyncDisposable
{
    private readonly ConcurrentDictionary<long, FaultyConnection> _open = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly int _target;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private TcpListener? _listener;
    private TaskCompletionSource _switched = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile LinkFaults _faults = LinkFaults.None;
    private long _accepted;

    private FaultProxy(int target, int seed, TimeProvider time)
    {
        _target = target;
        _time = time;
        _random = new Random(seed);
        Port = FreePorts.Next();
        Listen_NeedsLock();
    }

    public int Port { get; }

    public Uri Url => new($"http://127.0.0.1:{Port}");

    public LinkFaults Faults => _faults;

    /// <summary>Connections since the start.</summary>
    public long Accepted => Interlocked.Read(ref _accepted);

    public int Open => _open.Count;

    /// <summary>Listens on a free port and passes everything on to <paramref name="target"/>, a port of this machine.</summary>
    /// <param name="seed">Of the jitter.</param>
    public static FaultProxy Start(int target, int seed = 1, TimeProvider? time = null) => new(target, seed, time ?? TimeProvider.System);

    /// <summary>Switches the faults, for open connections too; what was held back by the old ones goes on under the new.</summary>
    public void Use(LinkFaults faults)
    {
        TaskCompletionSource before;
        lock (_lock)
        {
            _faults = faults;
            if (faults.Refuse)
            {
                _listener?.Stop();
                _listener = null;
            }
            else if (_listener is null)
            {
                Listen_NeedsLock();
            }

            before = _switched;
            _switched = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        before.SetResult();
    }

    /// <summary>Resets every open connection, as a host that dies.</summary>
    public void ResetAll()
    {
        foreach (var connection in _open.Values)
        {
            connection.Reset();
        }
    }

    /// <summary>Nothing passes on the open connections any more, and neither side is told, as when a firewall on the way forgot them. Later ones are well.</summary>
    public void Forget()
    {
        foreach (var connection in _open.Values)
        {
            connection.Forget();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Use(new LinkFaults { Refuse = true });
        await _stop.CancelAsync();
        ResetAll();
        _stop.Dispose();
    }

    internal TimeSpan NextDelay(LinkFaults faults)
    {
        lock (_random)
        {
            return faults.Delay + (faults.Jitter * _random.NextDouble());
        }
    }

    internal Task WaitAsync(TimeSpan time, CancellationToken cancellationToken) => Task.Delay(time, _time, cancellationToken);

    /// <summary>Returns the faults once something may pass.</summary>
    internal async ValueTask<LinkFaults> PassableAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task switched;
            lock (_lock)
            {
                if (!_faults.HalfOpen)
                {
                    return _faults;
                }

                switched = _switched.Task;
            }

            await switched.WaitAsync(cancellationToken);
        }
    }

    private void Listen_NeedsLock()
    {
        _listener = new TcpListener(IPAddress.Loopback, Port);
        _listener.Start(512);
        _ = AcceptAsync(_listener);
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        while (true)
        {
            Socket client;
            try
            {
                client = await listener.AcceptSocketAsync();
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                return;     // refused from now on
            }

            var number = Interlocked.Increment(ref _accepted);
            var connection = new FaultyConnection(this, client);
            _open[number] = connection;
            _ = RunAsync(number, connection);
        }
    }

    private async Task RunAsync(long number, FaultyConnection connection)
    {
        try
        {
            await connection.RunAsync(_target, _stop.Token);
        }
        finally
        {
            _open.TryRemove(number, out _);
            connection.Dispose();
        }
    }
}
