using System.Net.Sockets;

namespace Gateway.Rig.Faults;

/// <summary>One connection through a <see cref="FaultProxy"/>: two pumps, either of which may reset it.</summary>
internal sealed class FaultyConnection(FaultProxy proxy, Socket client) : IDisposable
{
    private const int PieceBytes = 16 * 1024;
    private const int SlicesPerSecond = 50;

    private readonly Socket _server = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private volatile bool _isForgotten;

    public async Task RunAsync(int target, CancellationToken stop)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        try
        {
            client.NoDelay = true;
            await proxy.PassableAsync(ended.Token);
            await _server.ConnectAsync("127.0.0.1", target, ended.Token);
            var up = PumpAsync(client, _server, static faults => faults.ResetAfterUp, ended.Token);
            var down = PumpAsync(_server, client, static faults => faults.ResetAfterDown, ended.Token);
            if (await Task.WhenAny(up, down) is { IsFaulted: true })
            {
                await ended.CancelAsync();
                Reset();
            }

            await Task.WhenAll(up, down);
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            Reset();
        }
    }

    /// <summary>Both sides see a reset, not an end.</summary>
    public void Reset()
    {
        foreach (var socket in new[] { client, _server })
        {
            try
            {
                socket.LingerState = new LingerOption(true, 0);
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                // It is gone already.
            }

            socket.Dispose();
        }
    }

    /// <summary>See <see cref="FaultProxy.Forget"/>.</summary>
    public void Forget() => _isForgotten = true;

    public void Dispose()
    {
        client.Dispose();
        _server.Dispose();
    }

    private async Task PumpAsync(Socket from, Socket to, Func<LinkFaults, long?> resetAfter, CancellationToken ended)
    {
        var buffer = new byte[PieceBytes];
        var counted = LinkFaults.None;
        long passed = 0;
        while (await from.ReceiveAsync(buffer, ended) is var read and > 0)
        {
            for (var sent = 0; sent < read;)
            {
                var faults = await proxy.PassableAsync(ended);
                if (_isForgotten)
                {
                    await Task.Delay(Timeout.Infinite, ended);
                }

                if (!ReferenceEquals(faults, counted))
                {
                    (counted, passed) = (faults, 0);
                }

                var length = faults.BytesPerSecond is { } speed ? Math.Min(read - sent, Math.Max(1, speed / SlicesPerSecond)) : read - sent;
                if (resetAfter(faults) is { } limit)
                {
                    length = (int)Math.Min(length, limit - passed);
                }

                if (length > 0)
                {
                    await HoldBackAsync(faults, length, ended);
                    await to.SendAsync(buffer.AsMemory(sent, length), ended);
                    (sent, passed) = (sent + length, passed + length);
                }

                if (passed >= resetAfter(faults))
                {
                    throw new SocketException((int)SocketError.ConnectionReset);
                }
            }
        }

        to.Shutdown(SocketShutdown.Send);
    }

    private async ValueTask HoldBackAsync(LinkFaults faults, int length, CancellationToken ended)
    {
        var delay = proxy.NextDelay(faults);
        if (faults.BytesPerSecond is { } speed)
        {
            delay += TimeSpan.FromSeconds((double)length / speed);
        }

        if (delay > TimeSpan.Zero)
        {
            await proxy.WaitAsync(delay, ended);
        }
    }
}
