using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.Edge.Tests.Rig;

/// <summary>What an inner service got.</summary>
internal sealed record SeenRequest(string Method, string Target, IReadOnlyDictionary<string, string> Headers, byte[] Body);

/// <summary>An inner service that records what it gets and answers as the test says. Real Kestrel, real sockets.</summary>
internal sealed class FakeService : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Channel<SeenRequest> _seen = Channel.CreateUnbounded<SeenRequest>();

    private FakeService(WebApplication app) => _app = app;

    public Uri Url { get; private set; } = null!;

    /// <summary>How it answers; by default with a small JSON object.</summary>
    public Func<HttpContext, Task> Answer { get; set; } = static context =>
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync("""{"ok":true}""");
    };

    /// <summary>What it says of its readiness.</summary>
    public string Ready { get; set; } = """{"status":"ready","checks":{}}""";

    /// <summary>Requests that came and were not taken yet.</summary>
    public int Waiting => _seen.Reader.Count;

    public static async Task<FakeService> StartAsync(Uri? url = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static options => options.Limits.MaxRequestBodySize = null);
        builder.WebHost.UseUrls(url?.ToString() ?? "http://127.0.0.1:0");
        var app = builder.Build();
        var service = new FakeService(app);
        app.Run(service.HandleAsync);
        await app.StartAsync();
        service.Url = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        return service;
    }

    public Task<SeenRequest> NextAsync() => _seen.Reader.ReadAsync().AsTask().WaitAsync(EdgeServer.Patience);

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private async Task HandleAsync(HttpContext context)
    {
        if (context.Request.Path == "/health")
        {
            return;
        }

        if (context.Request.Path == "/ready")
        {
            await context.Response.WriteAsync(Ready);
            return;
        }

        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        _seen.Writer.TryWrite(new SeenRequest(
            context.Request.Method,
            context.Request.Path.Value + context.Request.QueryString.Value,
            context.Request.Headers.ToDictionary(static header => header.Key, static header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            body.ToArray()));
        await Answer(context);
    }
}
