using System.Collections.Frozen;
using Gateway.Core.Configuration;
using Gateway.Core.Errors;
using Gateway.Core.Requests;

namespace Gateway.Edge.VirtualKeys;

/// <summary>Whose files are meant. Files have no model to tell, so the client names a provider, or the document leaves no choice.</summary>
internal sealed class FileProviders
{
    public const string Header = "x-gateway-provider";
    public const string Parameter = "provider";

    private static readonly GatewayError Unnamed = new(
        GatewayErrorKind.InvalidRequest, $"Say whose files are meant: send the name of a provider in the header '{Header}' or the query parameter '{Parameter}'.", Parameter);

    private readonly FrozenDictionary<string, ProviderConfig> _serving;
    private readonly ProviderConfig? _default;

    public FileProviders(GatewayConfig config)
    {
        _serving = config.Providers.Values.Where(static provider => provider.Protocol is ProviderProtocol.OpenAI or ProviderProtocol.AzureOpenAI)
            .ToFrozenDictionary(static provider => provider.Name, StringComparer.Ordinal);
        _default = config.Resolve.DefaultProvider is { } name && _serving.TryGetValue(name, out var named) ? named
            : config.Providers.Values.Where(static provider => provider.Protocol == ProviderProtocol.OpenAI).Take(2).ToArray() is [{ } only] ? only : null;
    }

    /// <param name="key">Who asks.</param>
    /// <param name="name">The provider that the client names; empty for none.</param>
    /// <param name="provider">Whose files are meant; null with an error.</param>
    public GatewayError? Find(VirtualKey key, string name, out ProviderConfig? provider)
    {
        provider = _default;
        if (name.Length == 0 ? provider is null : !_serving.TryGetValue(name, out provider))
        {
            return name.Length == 0 ? Unnamed : Forbidden(name);
        }

        return NamePattern.MatchesAny(key.Providers, provider!.Name) ? null : Forbidden(provider.Name);
    }

    // One answer for both: which providers there are is not for every key to know.
    private static GatewayError Forbidden(string name) => new(
        GatewayErrorKind.ModelForbidden, $"There is no provider '{(FilesCall.IsWord(name) ? name : "")}' with files that your API key may use.", Parameter);
}
