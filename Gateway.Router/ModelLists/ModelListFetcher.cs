using System.Net;
using Gateway.Core.Configuration;
using Gateway.Router.Attempts;
using Gateway.Router.Connections;
using Gateway.Router.Pipeline;

namespace Gateway.Router.ModelLists;

/// <summary>Asks one provider for its models.</summary>
internal static class ModelListFetcher
{
    private const int MaxBytes = 16 * 1024 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Whether the protocol has a list that the gateway can read.</summary>
    public static bool CanList(ProviderProtocol protocol) => PathOf(protocol) is not null;

    /// <exception cref="HttpRequestException">The provider did not answer with a list.</exception>
    /// <exception cref="InvalidDataException">What it answered is none.</exception>
    /// <exception cref="OperationCanceledException">It did not answer in time, or the caller stopped.</exception>
    public static async Task<IReadOnlyList<string>> FetchAsync(UpstreamClient upstream, TimeProvider time, CancellationToken cancellationToken)
    {
        var provider = upstream.Provider;
        var path = provider.Paths.GetValueOrDefault(OperationPaths.Models) ?? PathOf(provider.Protocol) ?? throw new InvalidOperationException($"{provider.Protocol} has no model list.");
        using var request = new HttpRequestMessage(HttpMethod.Get, UpstreamAddress.Build(provider.BaseUrl, path));
        if (provider.Protocol == ProviderProtocol.Anthropic)
        {
            request.Headers.Add("anthropic-version", "2023-06-01");
        }

        foreach (var (name, value) in provider.Headers)
        {
            request.Headers.Remove(name);
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var timer = time.CreateTimer(static source => ((CancellationTokenSource)source!).Cancel(), limit, Patience, Timeout.InfiniteTimeSpan);
        if (upstream.Credentials.Spare?.Header is { } credential)
        {
            await upstream.Protocol.AuthorizeAsync(request, credential, default, limit.Token);
        }

        using var answer = await upstream.SendAsync(request, limit.Token);
        if (answer.StatusCode != HttpStatusCode.OK)
        {
            throw new HttpRequestException("The provider did not answer with its models.", null, answer.StatusCode);
        }

        await using var stream = await answer.Content.ReadAsStreamAsync(limit.Token);
        var body = await PooledReading.ReadAsync(stream, answer.Content.Headers.ContentLength, MaxBytes, limit.Token)
            ?? throw new InvalidDataException("The list of models is too long.");
        try
        {
            return ModelListReader.Read(body.Memory);
        }
        finally
        {
            body.Release();
        }
    }

    private static string? PathOf(ProviderProtocol protocol) => protocol switch
    {
        ProviderProtocol.OpenAI => "/models",
        ProviderProtocol.Anthropic => "/models?limit=1000",
        ProviderProtocol.Gemini => "/models?pageSize=1000",
        ProviderProtocol.Ollama => "/api/tags",

        // What Azure and the clouds list is not what can be called there.
        ProviderProtocol.Vertex or ProviderProtocol.AzureOpenAI or ProviderProtocol.Bedrock => null,
    };
}
