using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Gateway.Router.Tests.Connections;

/// <summary>A proxy on a free port of 127.0.0.1: http, https, SOCKS 4, 4a and 5. Whatever name it is asked for, it connects to one port of this machine.</summary>
internal sealed class TestProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<string> _asked = new();
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly X509Certificate2? _certificate;
    private readonly string _scheme;
    private readonly int? _target;
    private readonly string? _credential;
    private Task _accepting = Task.CompletedTask;

    private TestProxy(string scheme, int? target, string? credential, X509Certificate2? certificate)
    {
        (_scheme, _target, _credential, _certificate) = (scheme, target, credential, certificate);
    }

    public Uri Url => new($"{_scheme}://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>What it was asked for: host, port and credential.</summary>
    public IReadOnlyList<string> Asked => [.. _asked];

    /// <param name="target">The port that it connects to; null refuses everything.</param>
    /// <param name="credential">What it wants to see; null for nothing.</param>
    public static TestProxy Start(string scheme, int? target, string? credential = null, X509Certificate2? certificate = null)
    {
        var proxy = new TestProxy(scheme, target, credential, certificate);
        proxy._listener.Start();
        proxy._accepting = proxy.AcceptAsync();
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_connections).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
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
            Stream stream = client.GetStream();
            if (_certificate is not null)
            {
                var secured = new SslStream(stream);
                await secured.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _stop.Token);
                stream = secured;
            }

            if (!await (_scheme switch { "socks5" => Socks5Async(stream), "socks4" or "socks4a" => Socks4Async(stream), _ => HttpAsync(stream) }))
            {
                return;
            }

            using var upstream = new TcpClient();
            await upstream.ConnectAsync(IPAddress.Loopback, _target!.Value, _stop.Token);
            var far = upstream.GetStream();
            await Task.WhenAny(stream.CopyToAsync(far, _stop.Token), far.CopyToAsync(stream, _stop.Token));
        }
    }

    private async Task<bool> HttpAsync(Stream stream)
    {
        var head = "";
        while (!head.EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            head += (char)(await ReadAsync(stream, 1))[0];
        }

        var lines = head.Split("\r\n");
        const string Field = "Proxy-Authorization: Basic ";
        var credential = lines.FirstOrDefault(static line => line.StartsWith(Field, StringComparison.Ordinal)) is { } line ? Encoding.UTF8.GetString(Convert.FromBase64String(line[Field.Length..])) : "";
        _asked.Enqueue($"{lines[0].Split(' ')[1]} {credential}".Trim());
        var granted = lines[0].StartsWith("CONNECT ", StringComparison.Ordinal) && _target is not null && credential == (_credential ?? "");
        await WriteAsync(stream, Encoding.ASCII.GetBytes(granted ? "HTTP/1.1 200 Connection established\r\nvia: test\r\n\r\n" : "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n"));
        return granted;
    }

    private async Task<bool> Socks5Async(Stream stream)
    {
        var methods = await ReadAsync(stream, (await ReadAsync(stream, 2))[1]);
        var credential = "";
        if (_credential is not null)
        {
            await WriteAsync(stream, [5, methods.Contains((byte)2) ? (byte)2 : (byte)255]);
            var user = await ReadAsync(stream, (await ReadAsync(stream, 2))[1]);
            var password = await ReadAsync(stream, (await ReadAsync(stream, 1))[0]);
            credential = $"{Encoding.UTF8.GetString(user)}:{Encoding.UTF8.GetString(password)}";
            await WriteAsync(stream, [1, credential == _credential ? (byte)0 : (byte)1]);
        }
        else
        {
            await WriteAsync(stream, [5, 0]);
        }

        var kind = (await ReadAsync(stream, 4))[3];
        var host = kind == 3 ? Encoding.ASCII.GetString(await ReadAsync(stream, (await ReadAsync(stream, 1))[0])) : new IPAddress(await ReadAsync(stream, kind == 1 ? 4 : 16)).ToString();
        var port = await ReadAsync(stream, 2);
        _asked.Enqueue($"{host}:{(port[0] << 8) | port[1]} {credential}".Trim());

        // Its own address, as a name: of any length.
        await WriteAsync(stream, [5, _target is null ? (byte)2 : (byte)0, 0, 3, 4, .. "here"u8, 0, 0]);
        return _target is not null;
    }

    private async Task<bool> Socks4Async(Stream stream)
    {
        var head = await ReadAsync(stream, 8);
        var user = await TextAsync(stream);
        var host = head is [_, _, _, _, 0, 0, 0, not 0] ? await TextAsync(stream) : new IPAddress(head.AsSpan(4, 4)).ToString();
        _asked.Enqueue($"{host}:{(head[2] << 8) | head[3]} {user}".Trim());
        await WriteAsync(stream, [0, _target is null ? (byte)91 : (byte)90, 0, 0, 0, 0, 0, 0]);
        return _target is not null;
    }

    private async Task<string> TextAsync(Stream stream)
    {
        var text = "";
        while ((await ReadAsync(stream, 1))[0] is var letter and not 0)
        {
            text += (char)letter;
        }

        return text;
    }

    private async Task<byte[]> ReadAsync(Stream stream, int length)
    {
        var bytes = new byte[length];
        await stream.ReadExactlyAsync(bytes, _stop.Token);
        return bytes;
    }

    private async Task WriteAsync(Stream stream, byte[] bytes) => await stream.WriteAsync(bytes, _stop.Token);
}
