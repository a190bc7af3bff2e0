using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.Router.Tests.Hosting;

/// <summary>Answers every connection with the same bytes and closes it: for what a proper server would not send.</summary>
internal sealed class RawServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private Task _serving = Task.CompletedTask;

    public string Url => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    public static Task<RawServer> StartAsync(string answer)
    {
        var server = new RawServer();
        server._listener.Start();
        server._serving = server.ServeAsync(Encoding.UTF8.GetBytes(answer));
        return Task.FromResult(server);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task ServeAsync(byte[] answer)
    {
        while (true)
        {
            using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
            await using var stream = client.GetStream();

            // One read takes the whole small request; unread bytes would turn the close into a reset.
            await client.Client.ReceiveAsync(new byte[16 * 1024], _stop.Token);
            await stream.WriteAsync(answer, _stop.Token);
            client.Client.Shutdown(SocketShutdown.Send);
            await client.Client.ReceiveAsync(new byte[1], _stop.Token);
        }
    }
}
