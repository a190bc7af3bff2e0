using System.Net;
using System.Net.Sockets;
using Gateway.Core.Configuration;
using Gateway.Router.Attempts;
using Gateway.Router.Catalog;
using Gateway.Router.Pipeline;

namespace Gateway.Router.Cooldowns;

/// <summary>
/// Asks providers that have a <see cref="ProbeConfig"/> between requests whether they are there, each at its own pace, and moves the breakers of their
/// addresses. Where an address answers again, the deployments behind it may be tried before their time.
/// </summary>
internal sealed class ProviderProber(
    ModelCatalog catalog, IConfigStore store, DeploymentStates states, RouterClock clock, ILogger<ProviderProber> logger) : BackgroundService
{
    private const double Jitter = 0.1;

    private readonly Dictionary<string, (ProbeConfig Config, CancellationTokenSource Stop, Task Work)> _running = new(StringComparer.Ordinal);

    /// <summary>Whether a status means that the provider works: also a 404 is an answer, yet not a failure, a refused credential or a full queue.</summary>
    public static bool IsHealthy(HttpStatusCode status) =>
        (int)status < 500 && status is not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.TooManyRequests);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var changes = new ConfigChanges(store, clock.Time);
        try
        {
            while (true)
            {
                await changes.WaitAsync(Timeout.InfiniteTimeSpan, stoppingToken);
                await FollowAsync(store.Current.Config, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service stops.
        }
        finally
        {
            foreach (var name in _running.Keys.ToList())
            {
                await StopAsync(name);
            }
        }
    }

    private async Task FollowAsync(GatewayConfig config, CancellationToken stoppingToken)
    {
        foreach (var (name, running) in _running.ToList())
        {
            if (config.Providers.GetValueOrDefault(name)?.Probe != running.Config)
            {
                await StopAsync(name);
            }
        }

        foreach (var provider in config.Providers.Values)
        {
            if (provider.Probe is { } probe && !_running.ContainsKey(provider.Name))
            {
                var stop = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
                _running[provider.Name] = (probe, stop, ProbeAsync(provider.Name, probe, stop.Token));
            }
        }
    }

    private async Task StopAsync(string provider)
    {
        _running.Remove(provider, out var running);
        await running.Stop.CancelAsync();
        await running.Work;
        running.Stop.Dispose();
    }

    private async Task ProbeAsync(string provider, ProbeConfig config, CancellationToken cancellationToken)
    {
        // Another one in each process: Routers started together must not ask together for ever.
        var random = new Random(HashCode.Combine(provider.GetHashCode(StringComparison.Ordinal), Environment.ProcessId));
        var wasHealthy = true;
        try
        {
            await Task.Delay(config.Interval * random.NextDouble(), clock.Time, cancellationToken);
            while (true)
            {
                if (catalog.Current.Upstreams.FirstOrDefault(upstream => upstream.Provider.Name == provider) is { } upstream && states.EndpointOf(provider) is { } endpoint)
                {
                    wasHealthy = await ProbeOnceAsync(upstream, config, endpoint, wasHealthy, cancellationToken);
                }

                await Task.Delay(config.Interval * (1 - Jitter + (2 * Jitter * random.NextDouble())), clock.Time, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The document changed, or the service stops.
        }
    }

    /// <returns>Whether the provider is healthy.</returns>
    private async Task<bool> ProbeOnceAsync(UpstreamClient upstream, ProbeConfig config, EndpointState endpoint, bool wasHealthy, CancellationToken cancellationToken)
    {
        var provider = upstream.Provider.Name;
        var began = clock.Now;

        // Where it is half-open this is the probe, and no request needs to be: whether we get it does not matter.
        endpoint.Breaker.TryBeginProbe(began);
        var (isHealthy, failure, status) = await AskAsync(upstream, config, cancellationToken);
        if (!isHealthy)
        {
            endpoint.Breaker.Failed(clock.Now, isSlow: false, began);
            if (wasHealthy)
            {
                logger.ProbeFailed(provider, failure, status);
            }

            return false;
        }

        endpoint.Breaker.Succeeded(clock.Now, began);
        if (!wasHealthy)
        {
            logger.ProbeSucceeded(provider);
            states.TryEarly(provider);
        }

        return true;
    }

    private async Task<(bool IsHealthy, string Failure, int Status)> AskAsync(UpstreamClient upstream, ProbeConfig config, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var timer = clock.Time.CreateTimer(static source => ((CancellationTokenSource)source!).Cancel(), limit, config.Timeout, Timeout.InfiniteTimeSpan);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, UpstreamAddress.Build(upstream.Provider.BaseUrl, config.Path)) { Version = HttpVersion.Version11 };
            foreach (var (name, value) in upstream.Provider.Headers)
            {
                request.Headers.Remove(name);
                request.Headers.TryAddWithoutValidation(name, value);
            }

            if (upstream.Credentials.Spare?.Header is { } credential)
            {
                await upstream.Protocol.AuthorizeAsync(request, credential, default, limit.Token);
            }

            // The body is of no interest, and its connection goes with it: each probe shows that there can be a new one.
            using var answer = await upstream.SendAsync(request, limit.Token);
            return (IsHealthy(answer.StatusCode), "status", (int)answer.StatusCode);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or SocketException or Protocols.UpstreamCredentialException
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return (false, exception.GetType().Name, 0);
        }
    }
}
