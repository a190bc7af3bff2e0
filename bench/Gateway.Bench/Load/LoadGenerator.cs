using System.Net.Sockets;
using System.Runtime.InteropServices;
using Gateway.Bench.Measuring;
using Gateway.Bench.Sockets;

namespace Gateway.Bench.Load;

/// <summary>
/// Runs one <see cref="LoadPlan"/> on one thread with one epoll set. Closed loop: each connection sends again as soon as it is answered.
/// Open loop: requests leave when the Poisson clock says so, whether or not earlier ones are answered.
/// </summary>
internal sealed unsafe class LoadGenerator
{
    private const int ReceiveBytes = 64 * 1024;
    private const long GiveUpAfterErrors = 1000;
    private const long LongestWait = 50 * Clock.Millisecond;

    private readonly LoadPlan _plan;
    private readonly byte* _request;
    private readonly int _requestLength;
    private readonly byte* _received = (byte*)NativeMemory.Alloc(ReceiveBytes);
    private readonly Poller _poller = new();
    private readonly List<LoadConnection> _connections = [];
    private readonly Stack<LoadConnection> _free = [];
    private readonly Queue<long> _waiting = [];
    private readonly Random _random;
    private readonly LoadResult _result = new();
    private volatile int _openStreams;
    private int _inFlight;
    private long _errors;
    private long _lastCompletion;

    public LoadGenerator(LoadPlan plan)
    {
        _plan = plan;
        _random = new Random(plan.Seed);
        var request = plan.BuildRequest();
        _requestLength = request.Length;
        _request = (byte*)NativeMemory.Alloc((nuint)_requestLength);
        request.CopyTo(new Span<byte>(_request, _requestLength));
    }

    /// <summary>Streams that have sent their first token and not their end. May be read from any thread.</summary>
    public int OpenStreams => _openStreams;

    public static Task<LoadResult> RunAsync(LoadPlan plan, CancellationToken cancellationToken) => new LoadGenerator(plan).RunAsync(cancellationToken);

    /// <summary>Runs the plan on a thread of its own. Once.</summary>
    public Task<LoadResult> RunAsync(CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource<LoadResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                done.SetResult(Run(cancellationToken));
            }
            catch (Exception e)
            {
                // Whatever it is, the caller has processes to end.
                done.SetException(e);
            }
            finally
            {
                Release();
            }
        })
        { IsBackground = true, Name = "load" };
        thread.Start();
        return done.Task;
    }

    private LoadResult Run(CancellationToken cancellationToken)
    {
        Native.UseExactTimersOnThisThread();
        for (var i = 0; i < _plan.Connections; i++)
        {
            Open();
        }

        var cpu = ProcessFigures.CpuOfThisThread();
        var open = _plan.RatePerSecond > 0;
        var start = Clock.Now;
        var end = start + (long)(_plan.Duration.TotalSeconds * Clock.Second);
        var deadline = end + (long)(_plan.Drain.TotalSeconds * Clock.Second);
        var next = open ? start + Gap() : long.MaxValue;
        while (!open && _result.Issued < _plan.MaxRequests && _free.TryPop(out var connection))
        {
            Send(connection, Clock.Now);
        }

        var now = start;
        while (now < deadline && _errors < GiveUpAfterErrors)
        {
            cancellationToken.ThrowIfCancellationRequested();
            while (next <= now && next < end && _result.Issued + _waiting.Count < _plan.MaxRequests)
            {
                _waiting.Enqueue(next);
                next += Gap();
            }

            SendWaiting();
            var issuing = now < end && _result.Issued + _waiting.Count < _plan.MaxRequests;
            if (!issuing && _inFlight == 0 && _waiting.Count == 0)
            {
                break;
            }

            var count = _poller.Wait(Math.Min(LongestWait, (issuing && open ? Math.Min(next, end) : now < end ? end : deadline) - Clock.Now));
            for (var i = 0; i < count; i++)
            {
                Receive(_connections[_poller.Key(i)], again: !open && issuing);
            }

            now = Clock.Now;
        }

        if (_inFlight + _waiting.Count > 0)
        {
            _result.AddError(_errors >= GiveUpAfterErrors ? "given up" : "unanswered", _inFlight + _waiting.Count);
        }

        _result.CpuNanoseconds = ProcessFigures.CpuOfThisThread() - cpu;
        _result.ElapsedNanoseconds = Math.Max(_lastCompletion - start, 1);
        return _result;
    }

    private long Gap() => (long)(-Math.Log(1 - _random.NextDouble()) / _plan.RatePerSecond * Clock.Second);

    private void Open()
    {
        var connection = new LoadConnection(_plan, _connections.Count);
        _connections.Add(connection);
        connection.Connect();
        _poller.Add(connection.Fd, connection.Key);
        _free.Push(connection);
    }

    // A closed socket leaves the epoll set by itself.
    private void Reopen(LoadConnection connection)
    {
        try
        {
            connection.Connect();
            _poller.Add(connection.Fd, connection.Key);
        }
        catch (SocketException)
        {
            _result.AddError("connection refused");
            _errors = GiveUpAfterErrors;
        }
    }

    private void SendWaiting()
    {
        while (_waiting.Count > 0)
        {
            if (_free.Count == 0)
            {
                if (_connections.Count >= _plan.MaxConnections)
                {
                    return;
                }

                Open();
            }

            Send(_free.Pop(), _waiting.Dequeue());
        }
    }

    private void Send(LoadConnection connection, long intended)
    {
        connection.Parser.Reset();
        connection.Intended = intended;
        connection.Busy = true;
        _inFlight++;
        _result.Issued++;
        if (Native.Send(connection.Fd, _request, _requestLength) != _requestLength)
        {
            End(connection, "send failed", broken: true);
        }
    }

    private void Receive(LoadConnection connection, bool again)
    {
        var read = Native.Receive(connection.Fd, _received, ReceiveBytes);
        var now = Clock.Now;
        if (read < 0 && Native.LastError is Native.Again or Native.Interrupted)
        {
            return;
        }

        if (!connection.Busy)
        {
            // A server may close an idle connection; bytes that nobody asked for are an error.
            if (read > 0)
            {
                _result.AddError("bytes out of turn");
                _errors++;
            }

            Reopen(connection);
            return;
        }

        if (read <= 0)
        {
            End(connection, "connection lost", broken: true);
            return;
        }

        var parser = connection.Parser;
        var tokens = parser.Tokens;
        parser.Read(new ReadOnlySpan<byte>(_received, read), now, _result.Transit);
        if (tokens == 0 && parser.Tokens > 0)
        {
            _result.FirstToken.Record(now - connection.Intended);
            _openStreams++;
        }

        if (parser.State is not (ResponseState.Complete or ResponseState.Failed))
        {
            return;
        }

        if (parser.Failure is { } failure)
        {
            End(connection, failure, broken: parser.State == ResponseState.Failed || parser.CloseAfter);
            now = Clock.Now;
        }
        else
        {
            _result.Completed++;
            _result.Tokens += parser.Tokens;
            _result.IdSum += parser.AnswerId;
            _result.Latency.Record(now - connection.Intended);
            _lastCompletion = now;
            End(connection, failure: null, broken: parser.CloseAfter);
        }

        if (again && _result.Issued < _plan.MaxRequests && _free.TryPop(out var next))
        {
            Send(next, now);
        }
    }

    private void End(LoadConnection connection, string? failure, bool broken)
    {
        if (failure is not null)
        {
            _result.AddError(failure);
            _errors++;
        }

        if (connection.Parser.Tokens > 0)
        {
            _openStreams--;
        }

        connection.Busy = false;
        _inFlight--;
        if (broken)
        {
            Reopen(connection);
        }

        _free.Push(connection);
    }

    private void Release()
    {
        foreach (var connection in _connections)
        {
            connection.Dispose();
        }

        _poller.Dispose();
        NativeMemory.Free(_request);
        NativeMemory.Free(_received);
    }
}
