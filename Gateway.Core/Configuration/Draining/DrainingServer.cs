using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Core.Configuration.Draining;

/// <summary>
/// A server that cuts its connections when the drain is over. By itself it would wait for them until the host's last second,
/// and nothing would be left for those who stop after it.
/// </summary>
internal sealed class DrainingServer(IServer server, Drain drain) : IServer
{
    public IFeatureCollection Features => server.Features;

    public Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken)
        where TContext : notnull => server.StartAsync(application, cancellationToken);

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, drain.Cut);
        await server.StopAsync(cut.Token);
    }

    // Whoever made the server disposes of it.
    public void Dispose()
    {
    }
}
