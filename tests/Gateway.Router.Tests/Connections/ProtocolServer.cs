using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.Router.Tests.Connections;

/// <summary>How a request came in.</summary>
internal sealed record SeenCall(string Protocol, string Connection, string Host, string? ServerName, string? Client);

/// <summary>An upstream on a free port of 127.0.0.1 that speaks what a test says: HTTP/1.1, HTTP/2, TLS.</summary>
internal sealed class ProtocolServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<SeenCall> _seen = new();
    private readonly ConcurrentDictionary<string, string> _names = new();

    private ProtocolServer(WebApplication app) => _app = app;

    public string Url => _app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First();

    public int Port => new Uri(Url).Port;

    public IReadOnlyList<SeenCall> Seen => [.. _seen];

    /// <param name="certificate">Null for no TLS.</param>
    /// <param name="streams">Requests at the same time on one connection of HTTP/2.</param>
    public static async Task<ProtocolServer> StartAsync(HttpProtocols protocols, RequestDelegate answer, X509Certificate2? certificate = null, bool wantsClient = false, int streams = 100) =>
        await StartAsync(
            kestrel => kestrel.Limits.Http2.MaxStreamsPerConnection = streams,
            (listen, server) =>
            {
                listen.Protocols = protocols;
                if (certificate is not null)
                {
                    listen.UseHttps(https =>
                    {
                        https.ServerCertificateSelector = (connection, name) =>
                        {
                            server()._names[connection!.ConnectionId] = name ?? "";
                            return certificate;
                        };
                        https.ClientCertificateMode = wantsClient ? ClientCertificateMode.RequireCertificate : ClientCertificateMode.NoCertificate;
                        https.AllowAnyClientCertificate();
                    });
                }
            },
            answer);

    /// <summary>Knows HTTP/1.1 alone on its first connection, and HTTP/2 on later ones.</summary>
    public static Task<ProtocolServer> StartChangingAsync(RequestDelegate answer, X509Certificate2 certificate)
    {
        var connections = 0;
        return StartAsync(
            static _ => { },
            (listen, _) => listen.UseHttps(new TlsHandshakeCallbackOptions
            {
                OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions
                {
                    ServerCertificate = certificate,
                    ApplicationProtocols = Interlocked.Increment(ref connections) == 1 ? [SslApplicationProtocol.Http11] : [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
                }),
            }),
            answer);
    }

    private static async Task<ProtocolServer> StartAsync(Action<KestrelServerOptions> configure, Action<ListenOptions, Func<ProtocolServer>> listens, RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        ProtocolServer? server = null;
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            configure(kestrel);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listens(listen, () => server!));
        });
        var app = builder.Build();
        server = new ProtocolServer(app);
        app.Run(async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            server._names.TryGetValue(context.Connection.Id, out var name);
            server._seen.Enqueue(new SeenCall(context.Request.Protocol, context.Connection.Id, context.Request.Host.Value!, name, context.Connection.ClientCertificate?.Subject));
            await answer(context);
        });
        await app.StartAsync();
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }
}
