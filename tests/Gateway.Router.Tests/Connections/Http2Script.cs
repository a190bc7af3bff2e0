using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.Router.Tests.Connections;

/// <summary>A bare HTTP/2 server without TLS that does to each request what a proper one rarely does.</summary>
internal sealed class Http2Script : IAsyncDisposable
{
    private const byte Data = 0;
    private const byte Headers = 1;
    private const byte ResetStream = 3;
    private const byte Settings = 4;
    private const byte GoAway = 7;
    private const byte End = 1;
    private const byte EndOfHeaders = 4;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly Func<int, Http2Script, Stream, int, Task> _onRequest;
    private Task _accepting = Task.CompletedTask;
    private int _requests;

    private Http2Script(Func<int, Http2Script, Stream, int, Task> onRequest) => _onRequest = onRequest;

    public string Url => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    public int Requests => Volatile.Read(ref _requests);

    /// <param name="onRequest">Number of the request, the server, the connection, the stream's id.</param>
    public static Http2Script Start(Func<int, Http2Script, Stream, int, Task> onRequest)
    {
        var script = new Http2Script(onRequest);
        script._listener.Start();
        script._accepting = script.AcceptAsync();
        return script;
    }

    public Task ResetAsync(Stream connection, int stream, int code) => WriteAsync(connection, ResetStream, 0, stream, Number(code));

    /// <summary>Says that no request was looked at.</summary>
    public Task GoAwayAsync(Stream connection) => WriteAsync(connection, GoAway, 0, 0, [.. Number(0), .. Number(0)]);

    public async Task AnswerAsync(Stream connection, int stream, string json)
    {
        // :status 200 and content-type are in HPACK's static table.
        var type = "application/json"u8;
        await WriteAsync(connection, Headers, EndOfHeaders, stream, [0x88, 0x0F, 0x10, (byte)type.Length, .. type]);
        await WriteAsync(connection, Data, End, stream, Encoding.UTF8.GetBytes(json));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_connections).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private static byte[] Number(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            _connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            var connection = client.GetStream();
            await connection.ReadExactlyAsync(new byte["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".Length], _stop.Token);
            await WriteAsync(connection, Settings, 0, 0, []);
            var head = new byte[9];
            while (true)
            {
                await connection.ReadExactlyAsync(head, _stop.Token);
                await connection.ReadExactlyAsync(new byte[(head[0] << 16) | (head[1] << 8) | head[2]], _stop.Token);
                var stream = BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5));
                switch (head[3])
                {
                    case Settings when (head[4] & 1) == 0:
                        await WriteAsync(connection, Settings, 1, 0, []);
                        break;
                    case Headers:
                        await _onRequest(Interlocked.Increment(ref _requests), this, connection, stream);
                        break;
                }
            }
        }
    }

    private Task WriteAsync(Stream connection, byte type, byte flags, int stream, byte[] payload) =>
        connection.WriteAsync((byte[])[(byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, type, flags, .. Number(stream), .. payload], _stop.Token).AsTask();
}
