using System.Text;
using System.Text.Json;
using Gateway.Core;
using Gateway.Core.Configuration;
using Gateway.Core.Context;
using Gateway.Core.Requests;

namespace Gateway.Edge.Models;

/// <summary>Asks the Router, in the background, what the providers list. Asks nobody while no provider is to be listed.</summary>
internal sealed class ProvidedModelsRefresher(
    IHttpClientFactory clients, IConfigStore store, ContextToken tokens, ProvidedModels provided, TimeProvider time, ILogger<ProvidedModelsRefresher> logger) : BackgroundService
{
    /// <summary>Name of the client.</summary>
    public const string Client = "model-lists";

    /// <summary>Path at the Router.</summary>
    public const string Path = "/internal/models";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(60);

    /// <summary>While a provider is missing: the Router may have asked it a moment later than we asked the Router.</summary>
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(3);

    private bool _hasLists;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var changes = new ConfigChanges(store, time);
        var interval = Timeout.InfiniteTimeSpan;
        try
        {
            while (true)
            {
                await changes.WaitAsync(interval, stoppingToken);
                var listed = Listed();
                var complete = await RefreshAsync(listed, stoppingToken);
                interval = listed.Length == 0 ? Timeout.InfiniteTimeSpan : complete ? Interval : RetryInterval;
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service stops.
        }
    }

    private string[] Listed() => [.. store.Current.Config.Providers.Values.Where(static provider => provider.ListModels).Select(static provider => provider.Name)];

    /// <returns>Whether each provider that is to be listed has a list.</returns>
    private async Task<bool> RefreshAsync(string[] listed, CancellationToken cancellationToken)
    {
        if (listed.Length == 0)
        {
            if (_hasLists)
            {
                provided.Replace([]);
                _hasLists = false;
            }

            return true;
        }

        try
        {
            using var client = clients.CreateClient(Client);
            using var request = new HttpRequestMessage(HttpMethod.Get, Path);
            request.Headers.TryAddWithoutValidation(GatewayHeaders.Context, tokens.Sign(new ContextClaims
            {
                Audience = ContextAudience.Router,
                Role = ContextRole.Service,
                RequestId = Guid.CreateVersion7(time.GetUtcNow()),
                Path = Path,
                ExpiresUnixMs = tokens.ExpiryFromNow(),
            }));
            using var answer = await client.SendAsync(request, cancellationToken);
            answer.EnsureSuccessStatusCode();
            using var document = await JsonDocument.ParseAsync(await answer.Content.ReadAsStreamAsync(cancellationToken), cancellationToken: cancellationToken);
            var models = Read(document.RootElement, listed, out var found);
            provided.Replace(models);
            _hasLists = true;
            return found == listed.Length;
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested && failure is not OutOfMemoryException)
        {
            // Lists are a convenience: what was known stays, and requests do not depend on it.
            logger.ModelListsUnavailable(failure.GetType().Name);
            return false;
        }
    }

    private static List<ListedModel> Read(JsonElement root, string[] listed, out int found)
    {
        found = 0;
        var models = new List<ListedModel>();
        foreach (var provider in root.GetProperty("providers").EnumerateObject())
        {
            found += listed.Contains(provider.Name, StringComparer.Ordinal) ? 1 : 0;
            foreach (var entry in provider.Value.EnumerateArray())
            {
                var name = $"{provider.Name}/{entry.GetString()}";
                if (ModelNames.IsValid(Encoding.UTF8.GetBytes(name)))
                {
                    models.Add(new ListedModel(name, provider.Name));
                }
            }
        }

        return models;
    }
}
