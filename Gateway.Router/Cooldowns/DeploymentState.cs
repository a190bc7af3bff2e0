using System.Collections.Concurrent;
using Gateway.Router.Balancing;
using Gateway.Router.Credentials;

namespace Gateway.Router.Cooldowns;

/// <summary>What this Router has learned about one deployment. Lives on when the document changes.</summary>
internal sealed class DeploymentState(string id, EndpointState endpoint, CredentialLane[] lanes)
{
    /// <summary><c>provider/model</c>.</summary>
    public string Id { get; } = id;

    /// <summary>Of the provider's address, which all its models share.</summary>
    public EndpointState Endpoint { get; } = endpoint;

    public Breaker Breaker { get; } = new();

    public DeploymentLoad Load { get; } = new();

    /// <summary>One for each of the provider's credentials, in their order.</summary>
    public CredentialLane[] Lanes { get; } = lanes;
}

/// <summary>What is known of a provider's address: only failures to connect count here.</summary>
internal sealed class EndpointState(string provider)
{
    public string Provider { get; } = provider;

    public Breaker Breaker { get; } = new();
}

/// <summary>The states of all deployments, kept while documents come and go. Thread-safe.</summary>
internal sealed class DeploymentStates
{
    private readonly ConcurrentDictionary<string, EndpointState> _endpoints = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Id, CredentialPool Pool), DeploymentState> _states = new();

    /// <param name="isConfigured">False for a deployment that only a client named: its state is not kept.</param>
    public DeploymentState Of(string provider, string model, CredentialPool pool, bool isConfigured)
    {
        var id = $"{provider}/{model}";
        var endpoint = _endpoints.GetOrAdd(provider, static name => new EndpointState(name));
        return isConfigured ? _states.GetOrAdd((id, pool), key => Create(key.Id, endpoint, key.Pool)) : Create(id, endpoint, pool);
    }

    private static DeploymentState Create(string id, EndpointState endpoint, CredentialPool pool) => new(id, endpoint, pool.NewLanes());
}
