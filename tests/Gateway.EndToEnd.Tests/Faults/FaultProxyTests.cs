using System.Net;
using System.Net.Sockets;
using Gateway.Rig.Faults;
using Gateway.ServiceDefaults.Tests;

namespace Gateway.EndToEnd.Tests.Faults;

/// <summary>The proxy between two bare sockets: this test is both the client and the server behind it.</summary>
public sealed class FaultProxyTests : IDisposable
{
    private readonly TcpListener _server = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(60));

    public FaultProxyTests() => _server.Start();

    [Fact]
    public async Task Bytes_PassInBothDirections_AndSoDoesTheEnd()
    {
        await using var proxy = Start();
        using var client = await ConnectAsync(proxy);
        using var server = await _server.AcceptSocketAsync(_limit.Token);

        await client.SendAsync(new byte[100_000], _limit.Token);
        Assert.Equal(100_000, await ReadAsync(server, 100_000));
        await server.SendAsync(new byte[] { 1, 2, 3 }, _limit.Token);
        server.Shutdown(SocketShutdown.Send);

        Assert.Equal(3, await ReadAsync(client, 10));
        Assert.Equal((1, 1), (proxy.Accepted, proxy.Open));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(70_000)]
    public async Task ResetAfterDown_GivesExactlySoManyBytes_AndThenAReset(int bytes)
    {
        await using var proxy = Start();
        proxy.Use(new LinkFaults { ResetAfterDown = bytes });
        using var client = await ConnectAsync(proxy);
        using var server = await _server.AcceptSocketAsync(_limit.Token);

        // A reset throws away what the other side has not read, so it reads as fast as it is sent.
        var seen = 0;
        var reading = Task.Run(async () =>
        {
            var buffer = new byte[100_000];
            while (true)
            {
                seen += await client.ReceiveAsync(buffer, _limit.Token) is var read and > 0 ? read : throw new EndOfStreamException();
            }
        });
        for (var sent = 0; sent < bytes; sent += 7)
        {
            await server.SendAsync(new byte[7], _limit.Token);
        }

        if (bytes == 0)
        {
            await server.SendAsync(new byte[7], _limit.Token);
        }

        var error = await Assert.ThrowsAsync<SocketException>(() => reading);
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
        Assert.True(seen <= bytes);
    }

    [Fact]
    public async Task ResetAfterUp_CountsWhatTheClientSends_FromTheSwitchOn()
    {
        await using var proxy = Start();
        using var client = await ConnectAsync(proxy);
        using var server = await _server.AcceptSocketAsync(_limit.Token);
        await client.SendAsync(new byte[10], _limit.Token);
        await ReadAsync(server, 10);

        proxy.Use(new LinkFaults { ResetAfterUp = 5 });
        await client.SendAsync(new byte[4], _limit.Token);
        Assert.Equal(4, await ReadAsync(server, 4));
        await client.SendAsync(new byte[4], _limit.Token);

        await Assert.ThrowsAsync<SocketException>(async () => await client.ReceiveAsync(new byte[1], _limit.Token));
    }

    [Fact]
    public async Task Refuse_RefusesNewConnections_UntilTheNextSwitch()
    {
        await using var proxy = Start();
        using var open = await ConnectAsync(proxy);
        using var server = await _server.AcceptSocketAsync(_limit.Token);

        proxy.Use(new LinkFaults { Refuse = true });
        var refused = await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(proxy));
        await open.SendAsync(new byte[3], _limit.Token);
        Assert.Equal(3, await ReadAsync(server, 3));
        proxy.Use(LinkFaults.None);
        using var again = await ConnectAsync(proxy);

        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
    }

    [Fact]
    public async Task HalfOpen_AcceptsAndHoldsEverythingBack_UntilTheNextSwitch()
    {
        await using var proxy = Start();
        using var open = await ConnectAsync(proxy);
        using var server = await _server.AcceptSocketAsync(_limit.Token);

        proxy.Use(new LinkFaults { HalfOpen = true });
        using var late = await ConnectAsync(proxy);
        await open.SendAsync(new byte[3], _limit.Token);
        while (proxy.Accepted < 2)
        {
            await Task.Yield();
        }

        Assert.Equal((false, 0), (_server.Pending(), server.Available));
        proxy.Use(LinkFaults.None);
        Assert.Equal(3, await ReadAsync(server, 3));
        using var second = await _server.AcceptSocketAsync(_limit.Token);
    }

    [Fact]
    public async Task Delay_HoldsAPieceBack_ForThatTime()
    {
        var time = new ManualTime();
        await using var proxy = Start(time);
        proxy.Use(new LinkFaults { Delay = TimeSpan.FromSeconds(2) });
        using var client = await ConnectAsync(proxy);
        using var server = await _server.AcceptSocketAsync(_limit.Token);
        await client.SendAsync(new byte[3], _limit.Token);
        await time.Waited.Task.WaitAsync(_limit.Token);

        time.Advance(TimeSpan.FromMilliseconds(1999));
        Assert.Equal(0, server.Available);
        time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal(3, await ReadAsync(server, 3));
    }

    [Fact]
    public async Task Throttle_LetsSliceAfterSliceThrough()
    {
        var time = new ManualTime();
        await using var proxy = Start(time);
        proxy.Use(new LinkFaults { BytesPerSecond = 500 });
        using var client = await ConnectAsync(proxy);
        using var server = await _server.AcceptSocketAsync(_limit.Token);
        await client.SendAsync(new byte[25], _limit.Token);
        await time.Waited.Task.WaitAsync(_limit.Token);

        Assert.Equal(0, server.Available);
        time.Advance(TimeSpan.FromMilliseconds(20));

        Assert.Equal(10, await ReadAsync(server, 10));
        Assert.Equal(0, server.Available);
    }

    [Fact]
    public void Jitter_IsTheSameForTheSameSeed()
    {
        var faults = new LinkFaults { Delay = TimeSpan.FromMilliseconds(10), Jitter = TimeSpan.FromMilliseconds(5) };
        TimeSpan[] Draw(int seed)
        {
            var proxy = FaultProxy.Start(1, seed);
            return [.. Enumerable.Range(0, 50).Select(_ => proxy.NextDelay(faults))];
        }

        Assert.Equal(Draw(3), Draw(3));
        Assert.NotEqual(Draw(3), Draw(4));
        Assert.All(Draw(3), delay => Assert.InRange(delay.TotalMilliseconds, 10, 15));
    }

    [Fact]
    public async Task ResetAll_ResetsWhatIsOpen()
    {
        await using var proxy = Start();
        using var client = await ConnectAsync(proxy);
        using var server = await _server.AcceptSocketAsync(_limit.Token);

        proxy.ResetAll();

        await Assert.ThrowsAsync<SocketException>(async () => await client.ReceiveAsync(new byte[1], _limit.Token));
        await Assert.ThrowsAsync<SocketException>(async () => await server.ReceiveAsync(new byte[1], _limit.Token));
    }

    public void Dispose()
    {
        _server.Dispose();
        _limit.Dispose();
    }

    private FaultProxy Start(TimeProvider? time = null) => FaultProxy.Start(((IPEndPoint)_server.LocalEndpoint).Port, time: time);

    private async Task<Socket> ConnectAsync(FaultProxy proxy)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, proxy.Port, _limit.Token);
        return socket;
    }

    /// <returns>How many bytes came, at most <paramref name="wanted"/>; fewer when the other side ended.</returns>
    private async Task<int> ReadAsync(Socket socket, int wanted)
    {
        var buffer = new byte[wanted];
        var got = 0;
        while (got < wanted && await socket.ReceiveAsync(buffer.AsMemory(got), _limit.Token) is var read and > 0)
        {
            got += read;
        }

        return got;
    }
}
