using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Gateway.Simulator.Control;
using Gateway.Simulator.Hosting;
using Gateway.Simulator.Meter;
using Gateway.Simulator.Protocols;
using Gateway.Simulator.Recordings;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Simulator.Tests;

/// <summary>The Simulator as it ships: Kestrel on a free port of the loopback.</summary>
internal sealed class TestSimulator : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestSimulator(WebApplication app)
    {
        _app = app;
        Http = new HttpClient { BaseAddress = Address, DefaultRequestHeaders = { { "Authorization", "Bearer test-key" } } };
    }

    public Uri Address => new(_app.Urls.Single());

    public HttpClient Http { get; }

    public ProviderMeter Meter => _app.Services.GetRequiredService<ProviderMeter>();

    public static async Task<TestSimulator> StartAsync(TimeProvider? time = null, params (string Key, string? Value)[] settings)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Production", ApplicationName = "simulator-test" });
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["urls"] = "http://127.0.0.1:0",
            ["Gateway:ShutdownGrace"] = "00:00:00",
        });
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, setting.Value)));
        builder.AddServiceDefaults();
        builder.AddSimulator().AddMeter().AddControl().AddRecordings().AddProtocols();
        if (time is not null)
        {
            builder.Services.AddSingleton(time);
        }

        var app = builder.Build();
        app.MapMeter();
        app.MapControl();
        app.MapProtocols();
        await app.StartAsync();
        return new TestSimulator(app);
    }

    /// <summary>A chat request with one user message.</summary>
    public static string Chat(string text, string rest = "", string model = "gpt-4o") =>
        $$"""{"model":"{{model}}","messages":[{"role":"user","content":"{{text}}"}]{{rest}}}""";

    public async Task<HttpResponseMessage> SendAsync(string body, string path = "/v1/chat/completions", CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        return await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }

    public async Task<JsonElement> JsonAsync(string body, string path = "/v1/chat/completions")
    {
        using var response = await SendAsync(body, path);
        return JsonElement.Parse(await response.Content.ReadAsStringAsync());
    }

    /// <summary>The data of every event of a stream, to its end.</summary>
    public async Task<List<string>> EventsAsync(string body, string path = "/v1/chat/completions")
    {
        using var response = await SendAsync(body, path);
        return Events(await response.Content.ReadAsStringAsync());
    }

    public static List<string> Events(string stream) =>
        [.. stream.ReplaceLineEndings("\n").Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(line => line["data: ".Length..])];

    /// <summary>What arrives over a bare connection, and whether it ended with a reset.</summary>
    public async Task<(string Text, bool Reset)> RawAsync(string body, string path = "/v1/chat/completions")
    {
        using var client = new TcpClient();
        await client.ConnectAsync(Address.Host, Address.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.UTF8.GetBytes(
            $"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer k\r\nConnection: close\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}"));
        var received = new MemoryStream();
        try
        {
            await stream.CopyToAsync(received);
            return (Encoding.UTF8.GetString(received.ToArray()), false);
        }
        catch (IOException error) when (error.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset })
        {
            return (Encoding.UTF8.GetString(received.ToArray()), true);
        }
    }

    /// <summary>The count once nothing is running: a row is written right after the last byte, so the client may be quicker.</summary>
    public async Task<MeterReport> SettledAsync(int requests)
    {
        // Not a measure of anything: without it a count that is never reached would hang the run.
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            limit.Token.ThrowIfCancellationRequested();
            var report = Meter.Report();
            if (report.Requests == requests && report.InFlight == 0)
            {
                return report;
            }

            await Task.Yield();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
    }
}
