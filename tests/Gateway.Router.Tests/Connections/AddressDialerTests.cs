using System.Net;
using System.Net.Sockets;
using Gateway.Core.Tests;
using Gateway.Router.Attempts;
using Gateway.Router.Connections;

namespace Gateway.Router.Tests.Connections;

public sealed class AddressDialerTests
{
    private static readonly IPAddress Dead = IPAddress.Parse("127.0.0.2");
    private static readonly IPAddress Alive = IPAddress.Parse("127.0.0.3");
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task An_address_that_does_not_answer_costs_its_share_and_the_next_one_serves()
    {
        using var alive = Listen(Alive, 0, backlog: 5);
        using var dead = Listen(Dead, PortOf(alive), backlog: 0);
        using var queue = new FullQueue(dead);
        await queue.FillAsync();
        var time = new ManualTime();
        var dialer = new AddressDialer(mayBePrivate: true, Limit, time) { Resolve = (_, _) => Task.FromResult<IPAddress[]>([Dead, Alive]) };

        var connecting = dialer.ConnectAsync("models.example", PortOf(alive), CancellationToken.None).AsTask();
        time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.False(connecting.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(1));

        using var socket = await connecting.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(Alive, ((IPEndPoint)socket.RemoteEndPoint!).Address);
    }

    [Fact]
    public async Task An_address_that_refuses_costs_nothing()
    {
        using var alive = Listen(Alive, 0, backlog: 5);
        var dialer = new AddressDialer(mayBePrivate: true, Limit, new ManualTime()) { Resolve = (_, _) => Task.FromResult<IPAddress[]>([Dead, Alive]) };

        using var socket = await dialer.ConnectAsync("models.example", PortOf(alive), CancellationToken.None);

        Assert.Equal(Alive, ((IPEndPoint)socket.RemoteEndPoint!).Address);
    }

    [Fact]
    public async Task The_last_address_has_all_the_time_that_the_caller_has()
    {
        using var dead = Listen(Dead, 0, backlog: 0);
        using var queue = new FullQueue(dead);
        await queue.FillAsync();
        var time = new ManualTime();
        using var patience = new CancellationTokenSource();
        var dialer = new AddressDialer(mayBePrivate: true, Limit, time) { Resolve = (_, _) => Task.FromResult<IPAddress[]>([Dead]) };

        var connecting = dialer.ConnectAsync("models.example", PortOf(dead), patience.Token).AsTask();
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.False(connecting.IsCompleted);
        await patience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting);
    }

    [Fact]
    public async Task Addresses_that_are_not_permitted_are_not_tried()
    {
        using var alive = Listen(Alive, 0, backlog: 5);
        var dialer = new AddressDialer(mayBePrivate: false, Limit, new ManualTime()) { Resolve = (_, _) => Task.FromResult<IPAddress[]>([Alive, IPAddress.IPv6Loopback]) };

        await Assert.ThrowsAsync<UpstreamAddressRefusedException>(async () => await dialer.ConnectAsync("models.example", PortOf(alive), CancellationToken.None));
    }

    private static Socket Listen(IPAddress address, int port, int backlog)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(address, port));
        listener.Listen(backlog);
        return listener;
    }

    private static int PortOf(Socket listener) => ((IPEndPoint)listener.LocalEndPoint!).Port;

    /// <summary>Connections that nobody takes: with its queue full, a host answers no more, as if it were gone.</summary>
    private sealed class FullQueue(Socket listener) : IDisposable
    {
        private readonly List<Socket> _waiting = [];

        public async Task FillAsync()
        {
            // The queue holds one more than its length.
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            _waiting.Add(socket);
            await socket.ConnectAsync(listener.LocalEndPoint!);
        }

        public void Dispose() => _waiting.ForEach(static socket => socket.Dispose());
    }
}
