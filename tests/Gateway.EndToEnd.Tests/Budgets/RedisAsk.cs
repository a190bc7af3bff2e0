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

    /// <summary>How often scripts were run since the server started.</summary>
    public async Task<long> ScriptsRunAsync()
    {
        await _socket.GetStream().WriteAsync("INFO commandstats\r\n"u8.ToArray());
        using var reader = new StreamReader(_socket.GetStream(), Encoding.ASCII, leaveOpen: true);
        var left = int.Parse((await reader.ReadLineAsync())!.AsSpan(1), CultureInfo.InvariantCulture);
        var (runs, line) = (0L, "");
        while (left > 0 && (line = await reader.ReadLineAsync()) is not null)
        {
            left -= line.Length + 2;
            if (line.StartsWith("cmdstat_eval", StringComparison.Ordinal))
            {
                var calls = line[(line.IndexOf("calls=", StringComparison.Ordinal) + 6)..];
                runs += long.Parse(calls.AsSpan(0, calls.IndexOf(',', StringComparison.Ordinal)), CultureInfo.InvariantCulture);
            }
        }

        await reader.ReadLineAsync();
        return runs;
    }

    public void Dispose() => _socket.Dispose();
}
