using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.Router.Tests.Attempts;

/// <summary>Takes one connection, reads nothing until a test says so, and then tells all that came.</summary>
internal sealed class SlowReader : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private Task _reading = Task.CompletedTask;

    public string Url => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <param name="reached">Completed with the first bytes.</param>
    /// <param name="go">From when on the rest is read.</param>
    /// <param name="all">Gets what came.</param>
    public static Task<SlowReader> StartAsync(TaskCompletionSource reached, TaskCompletionSource go, TaskCompletionSource<string> all)
    {
        var server = new SlowReader();
        server._listener.Server.ReceiveBufferSize = 8 * 1024;
        server._listener.Start();
        server._reading = server.ReadAsync(reached, go, all);
        return Task.FromResult(server);
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task ReadAsync(TaskCompletionSource reached, TaskCompletionSource go, TaskCompletionSource<string> all)
    {
        using var client = await _listener.AcceptSocketAsync();
        var buffer = new byte[64 * 1024];
        var text = new StringBuilder();
        text.Append(Encoding.ASCII.GetString(buffer, 0, await client.ReceiveAsync(buffer)));
        reached.TrySetResult();
        await go.Task;
        try
        {
            for (int read; (read = await client.ReceiveAsync(buffer)) > 0;)
            {
                text.Append(Encoding.ASCII.GetString(buffer, 0, read));
            }
        }
        catch (SocketException)
        {
            // The Router has cut it off.
        }

        all.TrySetResult(text.ToString());
    }
}
