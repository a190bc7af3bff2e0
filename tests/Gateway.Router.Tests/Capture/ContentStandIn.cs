using System.Collections.Concurrent;
using System.Text.Json;
using Gateway.Core;
using Gateway.Core.Capture;
using Gateway.Core.Context;
using Gateway.Router.Tests.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.Router.Tests.Capture;

/// <summary>A Usage service that keeps what Routers have captured, or is told to refuse it.</summary>
internal sealed class ContentStandIn : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly SemaphoreSlim _called = new(0);

    private ContentStandIn(WebApplication app) => _app = app;

    /// <summary>By request.</summary>
    public ConcurrentDictionary<Guid, (ContentHead Head, string Text)> Taken { get; } = new();

    /// <summary>What it answers; 204 takes.</summary>
    public int Status { get; set; } = 204;

    public int Calls { get; private set; }

    public KeyValuePair<string, string?>[] Configuration => [new("Services:usage:http:0", _app.Urls.Single())];

    public static async Task<ContentStandIn> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRouting();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var usage = new ContentStandIn(app);
        app.MapPost(ContentShipment.Path, (RequestDelegate)usage.TakeAsync);
        await app.StartAsync();
        return usage;
    }

    public async Task<JsonElement> ContentAsync(Guid requestId)
    {
        await UntilAsync(() => Taken.ContainsKey(requestId));
        return JsonDocument.Parse(Taken[requestId].Text).RootElement;
    }

    /// <summary>Waits for what a call brings about.</summary>
    public async Task UntilAsync(Func<bool> isSo)
    {
        using var deadline = new CancellationTokenSource(RouterHost.Patience);
        while (!isSo())
        {
            await _called.WaitAsync(deadline.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _called.Dispose();
    }

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var claims = RouterHost.Tokens.Verify(context.Request.Headers[GatewayHeaders.Context], ContextAudience.Usage, ContentShipment.Path);
        context.Response.StatusCode = claims?.Role == ContextRole.Service ? Status : 401;
        if (context.Response.StatusCode == 204)
        {
            Keep(body.ToArray());
        }

        Calls++;
        _called.Release();
    }

    private void Keep(ReadOnlySpan<byte> frames)
    {
        while (!frames.IsEmpty)
        {
            Assert.True(ContentFrame.TryReadHeader(frames, out var head));
            var payload = frames.Slice(ContentFrame.HeaderBytes, head.Length);
            Assert.True(head.IsWhole(payload));
            Taken[head.RequestId] = (head, System.Text.Encoding.UTF8.GetString(payload));
            frames = frames[(ContentFrame.HeaderBytes + head.Length)..];
        }
    }
}
