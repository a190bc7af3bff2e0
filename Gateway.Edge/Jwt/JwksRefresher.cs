using Gateway.Core.Hosting;

namespace Gateway.Edge.Jwt;

/// <summary>Fetches the keys of all issuers at start, every ten minutes, and when tokens name keys that are not known.</summary>
internal sealed class JwksRefresher(JwtIssuers issuers, JwksClient client, TimeProvider time, ILogger<JwksRefresher> log) : BackgroundService
{
    public static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => UntilStopped.RunAsync(LoopAsync, stoppingToken);

    private async Task LoopAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Look, time);
        do
        {
            try
            {
                await Task.WhenAll(issuers.All.Where(static issuer => issuer.TryBegin()).Select(issuer => FetchAsync(issuer, stoppingToken)));
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // The refresher must outlive whatever an issuer sends.
            catch (Exception failure)
            {
                log.RefreshFailed(failure);
            }
#pragma warning restore CA1031
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task FetchAsync(JwtIssuer issuer, CancellationToken cancellationToken)
    {
        string problem;
        try
        {
            var json = await client.FetchAsync(issuer.Config.JwksUrl!, issuer.Config.Internal, cancellationToken);
            if (JwtKeySet.OfJson(json) is { } keys)
            {
                if (issuer.Fetched(keys))
                {
                    log.IssuerKeysRead(issuer.Config.Name, keys.Keys.Length);
                }

                return;
            }

            problem = "the answer has no key that can be used";
        }
        catch (HttpRequestException failure)
        {
            problem = failure.StatusCode is { } status ? $"status {(int)status}" : failure.HttpRequestError.ToString();
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            problem = "time-out";
        }

        if (issuer.Failed())
        {
            log.IssuerKeysLost(issuer.Config.Name, problem);
        }
    }
}
