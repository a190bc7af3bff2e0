using Gateway.Core.Configuration;
using Gateway.Core.Requests;
using Gateway.Router.Connections;
using Gateway.Router.Credentials;
using Gateway.Router.Protocols;

namespace Gateway.Router.Attempts;

/// <summary>One provider as the Router calls it: its protocol, its keys, its connections. Replaced when the configuration changes. Thread-safe.</summary>
internal sealed class UpstreamClient
{
    private readonly UpstreamConnections _connections;

    /// <param name="before">The client of the same provider before the change, whose connections are kept if nothing of them changed.</param>
    /// <param name="protocol">What speaks to it; null for the adapter of its protocol.</param>
    /// <param name="models">The upstream's names of the models that the document names: each has connections of its own.</param>
    /// <param name="pools">Where its keys are kept from document to document; null to keep them only while none of them changes.</param>
    /// <exception cref="GatewayConfigurationException">Its connections cannot be made as the document says, or a path leads elsewhere.</exception>
    public UpstreamClient(ProviderConfig provider, UpstreamClient? before = null, IUpstreamProtocol? protocol = null, IEnumerable<string>? models = null, TimeProvider? time = null, CredentialPools? pools = null)
    {
        Provider = provider;
        GenAiName = GenAiNames.Of(provider);
        Protocol = protocol ?? ProtocolAdapters.For(provider);
        Credentials = pools?.For(provider, Protocol)
            ?? (before is not null && provider.Keys.SequenceEqual(before.Provider.Keys) && provider.Limits == before.Provider.Limits && provider.Protocol == before.Provider.Protocol ? before.Credentials
                : new CredentialPool(provider.Name, CredentialPools.CredentialsOf(provider, Protocol), provider.Limits));
        OperationPaths.Check(provider);
        _connections = new UpstreamConnections(provider, models ?? [], before?._connections, time ?? TimeProvider.System);
    }

    public ProviderConfig Provider { get; }

    public IUpstreamProtocol Protocol { get; }

    /// <summary>What kind of provider it is, in the words of OpenTelemetry.</summary>
    public string GenAiName { get; }

    /// <summary>The provider's keys.</summary>
    public CredentialPool Credentials { get; }

    /// <summary>The connections that a deployment uses.</summary>
    /// <param name="model">The upstream's name.</param>
    public UpstreamConnection ConnectionFor(string model) => _connections.For(model);

    /// <summary>Sends a request that belongs to no deployment, and returns at the head of the answer.</summary>
    /// <exception cref="InvalidOperationException">The request would carry the provider's credential to another origin.</exception>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => _connections.Shared.SendAsync(request, cancellationToken);
}
