using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Gateway.Bench.Measuring;
using Gateway.Bench.Sockets;

namespace Gateway.Bench.Mock;

/// <summary>
/// The cheap upstream: one thread, one epoll set, no allocation per request. Answers a POST to /v1/messages as Anthropic and
/// every other as a chat completion, streamed if the body asks for it.
/// </summary>
internal sealed unsafe class MockServer : IDisposable
{
    private const int ListenerKey = int.MaxValue;
    private const long Tick = 200 * Clock.Millisecond;    // how often the loop looks whether it should end

    /// <summary>The model list, for gateways that ask their providers for it.</summary>
    private static readonly byte[] _models = Encoding.ASCII.GetBytes(MockFrames.Json(
        """{"object":"list","data":[{"id":"bench-upstream","object":"model","created":1750000000,"owned_by":"bench"}]}"""));

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Poller _poller = new();
    private readonly OpenAIFrames _openAI = new();
    private readonly AnthropicFrames _anthropic = new();
    private readonly List<MockConnection?> _connections = [];
    private readonly Stack<int> _freeKeys = [];
    private readonly PriorityQueue<MockConnection, long> _timers = new();
    private long _lastId;

    public MockServer(int port)
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        _listener.Listen(4096);
        _listener.Blocking = false;
        _poller.Add((int)_listener.Handle, ListenerKey);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>Counters of the loop's thread; read them over `GET /stats` or after <see cref="Run"/>.</summary>
    public MockStats Stats { get; } = new();

    public void Run(Func<bool> goOn)
    {
        Native.UseExactTimersOnThisThread();
        while (goOn())
        {
            var now = Clock.Now;
            var wait = _timers.TryPeek(out _, out var due) ? Math.Min(due - now, Tick) : Tick;
            var count = _poller.Wait(wait);
            for (var i = 0; i < count; i++)
            {
                var key = _poller.Key(i);
                if (key == ListenerKey)
                {
                    Accept();
                }
                else if (_connections[key] is { } connection)
                {
                    Serve(connection, _poller.CanRead(i), _poller.CanWrite(i));
                }
            }

            now = Clock.Now;
            while (_timers.TryPeek(out var waiting, out due) && due <= now)
            {
                _timers.Dequeue();
                if (!waiting.Closed)
                {
                    Pump(waiting);
                }
            }
        }
    }

    public void Dispose()
    {
        foreach (var connection in _connections)
        {
            connection?.Dispose();
        }

        _poller.Dispose();
        _listener.Dispose();
    }

    private void Accept()
    {
        var fd = Native.Accept((int)_listener.Handle);
        if (fd < 0)
        {
            return;
        }

        if (!_freeKeys.TryPop(out var key))
        {
            key = _connections.Count;
            _connections.Add(null);
        }

        _connections[key] = new MockConnection(fd, key);
        _poller.Add(fd, key);
    }

    private void Close(MockConnection connection)
    {
        if (connection.Streaming)
        {
            Stats.Aborted++;
            connection.Streaming = false;
        }

        _connections[connection.Key] = null;
        _freeKeys.Push(connection.Key);
        connection.Dispose();
    }

    private void Serve(MockConnection connection, bool canRead, bool canWrite)
    {
        if (canWrite && connection.Blocked && !Flush(connection))
        {
            return;
        }

        if (!canRead)
        {
            return;
        }

        var read = Native.Receive(connection.Fd, connection.Input + connection.InputLength, MockConnection.InputCapacity - connection.InputLength);
        if (read < 0 && Native.LastError is Native.Again or Native.Interrupted)
        {
            return;
        }

        if (read <= 0)
        {
            Close(connection);    // the other side left, or sent more than the mock takes
            return;
        }

        connection.InputLength += read;
        while (!connection.Closed && !connection.Streaming && !connection.Blocked && connection.InputLength > 0)
        {
            var request = MockRequest.Read(new ReadOnlySpan<byte>(connection.Input, connection.InputLength));
            if (request.Kind == MockRequestKind.Incomplete)
            {
                return;
            }

            Answer(connection, request);
        }
    }

    private void Answer(MockConnection connection, in MockRequest request)
    {
        switch (request.Kind)
        {
            case MockRequestKind.Malformed:
                Stats.Malformed++;
                Close(connection);
                return;
            case MockRequestKind.Stats:
                connection.Consume(request.Length);
                Write(connection, Encoding.ASCII.GetBytes(MockFrames.Json(JsonSerializer.Serialize(Stats))));
                return;
            case MockRequestKind.Models:
                connection.Consume(request.Length);
                Write(connection, _models);
                return;
        }

        connection.Consume(request.Length);
        connection.AnswerId = ++_lastId;
        MockFrames frames = request.Anthropic ? _anthropic : _openAI;
        if (!request.Stream)
        {
            Stats.Answers++;
            Stats.IdSum += connection.AnswerId;
            Write(connection, frames.Answer(connection.AnswerId));
            return;
        }

        connection.Streaming = true;
        connection.Frames = frames;
        connection.Tokens = request.Tokens;
        connection.TokensSent = 0;
        connection.GapNanoseconds = request.GapMicroseconds * 1000;
        connection.Due = Clock.Now;
        Pump(connection);
    }

    // Sends every frame that is due, one send each: a real upstream hands its tokens to the kernel one by one.
    private void Pump(MockConnection connection)
    {
        while (connection.Streaming && !connection.Blocked)
        {
            var now = Clock.Now;
            if (connection.Due > now)
            {
                _timers.Enqueue(connection, connection.Due);
                return;
            }

            if (connection.TokensSent == connection.Tokens)
            {
                connection.Streaming = false;
                Stats.Answers++;
                Stats.IdSum += connection.AnswerId;
                Stats.Tokens += connection.Tokens;
                Write(connection, connection.Frames!.End(connection.AnswerId, connection.Tokens));
                return;
            }

            var first = connection.TokensSent++ == 0;
            connection.Due += connection.GapNanoseconds;
            Write(connection, connection.Frames!.Token(connection.AnswerId, now, first));
        }
    }

    private void Write(MockConnection connection, ReadOnlySpan<byte> bytes)
    {
        int sent;
        fixed (byte* data = bytes)
        {
            sent = Native.Send(connection.Fd, data, bytes.Length);
        }

        if (sent < 0 && Native.LastError != Native.Again)
        {
            Close(connection);
        }
        else if (sent < bytes.Length)
        {
            connection.Hold(bytes[Math.Max(sent, 0)..]);
            _poller.WatchOutput(connection.Fd, connection.Key, watch: true);
        }
    }

    // False when the connection is gone.
    private bool Flush(MockConnection connection)
    {
        int sent;
        fixed (byte* data = connection.Output)
        {
            sent = Native.Send(connection.Fd, data, connection.Output.Length);
        }

        if (sent < 0 && Native.LastError != Native.Again)
        {
            Close(connection);
            return false;
        }

        connection.Release(Math.Max(sent, 0));
        if (!connection.Blocked)
        {
            _poller.WatchOutput(connection.Fd, connection.Key, watch: false);
            Pump(connection);
        }

        return !connection.Closed;
    }
}
