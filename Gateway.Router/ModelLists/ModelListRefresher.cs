using System.Net.Sockets;
using Gateway.Core.Configuration;
using Gateway.Router.Catalog;

namespace Gateway.Router.ModelLists;

/// <summary>Keeps the providers' model lists fresh in the background: at the start, after each change of the document, and now and then.</summary>
internal sealed class ModelListRefresher(
    ModelCatalog catalog, IConfigStore store, ProviderModels models, TimeProvider time, ILogger<ModelListRefresher> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);

    /// <summary>After a failure: soon, so that a provider that was down at the start is not missing for long.</summary>
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var changes = new ConfigChanges(store, time);
        var interval = Interval;
        try
        {
            while (true)
            {
                await changes.WaitAsync(interval, stoppingToken);
                interval = await RefreshAsync(stoppingToken) ? Interval : RetryInterval;
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service stops.
        }
    }

    /// <summary>Asks every provider once. One that fails keeps the list that it had.</summary>
    /// <returns>Whether all answered.</returns>
    internal async Task<bool> RefreshAsync(CancellationToken cancellationToken)
    {
        var before = models.Lists;
        var lists = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        var complete = true;
        foreach (var upstream in catalog.Current.Upstreams)
        {
            var provider = upstream.Provider;
            if (!provider.ListModels || !ModelListFetcher.CanList(provider.Protocol))
            {
                continue;
            }

            try
            {
                lists[provider.Name] = await ModelListFetcher.FetchAsync(upstream, time, cancellationToken);
            }
            catch (Exception exception) when (IsExpected(exception, cancellationToken))
            {
                complete = false;
                logger.ModelListFailed(provider.Name, exception.GetType().Name, (int?)(exception as HttpRequestException)?.StatusCode ?? 0);
                if (before.TryGetValue(provider.Name, out var old))
                {
                    lists[provider.Name] = old;
                }
            }
        }

        models.Replace(lists);
        return complete;
    }

    private static bool IsExpected(Exception exception, CancellationToken stopping) =>
        exception is HttpRequestException or IOException or SocketException or InvalidDataException || (exception is OperationCanceledException && !stopping.IsCancellationRequested);
}

internal static partial class ModelListLog
{
    [LoggerMessage(3060, LogLevel.Warning, "The models of the provider {Provider} could not be listed ({Failure}, status {Status}); what was known of them stays.")]
    public static partial void ModelListFailed(this ILogger logger, string provider, string failure, int status);
}
