using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Gateway.EndToEnd.Tests.Budgets;

/// <summary>Asks the test's own redis-server something, past every link.</summary>
internal sealed class RedisAsk(int port) : IDisposable
{
    private readonly TcpClient _socket = new("127.0.0.1", port);

    /// <summary>A command whose answer is a number.</summary>
    public async Task<long> NumberAsync(string command) => long.Parse((await LineAsync(command)).AsSpan(1), CultureInfo.InvariantCulture);

    /// <summary>The first line of the answer.</summary>
    public async Task<string> LineAsync(string command)
    {
        await _socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes(command + "\r\n"));
        var answer = new byte[256];
        var read = await _socket.GetStream().ReadAsync(answer);
        return Encoding.ASCII.GetString(answer, 0, read).Split("\r\n")[0];
    }

    public void Dispose() => _socket.Dispose();
}
