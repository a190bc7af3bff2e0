using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.Router.Tests.Hosting;

/// <summary>A request as the upstream saw it.</summary>
internal sealed record SeenRequest(string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);
}

/// <summary>A real server on a free port that does what a test says.</summary>
internal sealed class UpstreamServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<SeenRequest> _seen = new();

    private UpstreamServer(WebApplication app) => _app = app;

    public string Url => _app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First();

    public IReadOnlyList<SeenRequest> Seen => [.. _seen];

    public static async Task<UpstreamServer> StartAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var server = new UpstreamServer(app);
        app.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            var seen = new SeenRequest(
                context.Request.Path + context.Request.QueryString,
                context.Request.Headers.ToDictionary(static header => header.Key.ToLowerInvariant(), static header => header.Value.ToString()),
                body.ToArray());
            server._seen.Enqueue(seen);
            context.Items[typeof(SeenRequest)] = seen;
            await answer(context);
        });
        await app.StartAsync();
        return server;
    }

    /// <summary>Answers JSON with a length.</summary>
    public static Task<UpstreamServer> StartJsonAsync(string json, int status = 200) => StartAsync(context => WriteJsonAsync(context, json, status));

    /// <summary>Answers an event stream, flushed after each piece, and ends it cleanly.</summary>
    public static Task<UpstreamServer> StartStreamAsync(params string[] pieces) => StartAsync(async context =>
    {
        foreach (var piece in pieces)
        {
            await WritePieceAsync(context, piece);
        }
    });

    public static async Task WriteJsonAsync(HttpContext context, string json, int status = 200)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(bytes);
    }

    public static async Task WritePieceAsync(HttpContext context, string piece)
    {
        if (!context.Response.HasStarted)
        {
            context.Response.ContentType = "text/event-stream";
        }

        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(piece));
        await context.Response.Body.FlushAsync();
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }
}
