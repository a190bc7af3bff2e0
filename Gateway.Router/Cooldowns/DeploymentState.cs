using Gateway.Router.Balancing;
using Gateway.Router.Credentials;

namespace Gateway.Router.Cooldowns;

/// <summary>What this Router has learned about one deployment. Lives on when the document changes. Thread-safe.</summary>
/// <remarks>
/// For each call exactly one of <see cref="Succeeded"/>, <see cref="Failed"/>, <see cref="Unreachable"/> and <see cref="Abandoned"/>. They keep the breaker of
/// the deployment and that of its address in step; the lane's is the caller's.
/// </remarks>
internal sealed class DeploymentState
{
    public DeploymentState(string id, EndpointState endpoint, CredentialLane[] lanes, Breaker? breaker = null)
    {
        Id = id;
        Endpoint = endpoint;
        Lanes = lanes;
        Breaker = breaker ?? new();
        Load = new();
    }

    /// <summary>The same deployment with other credentials.</summary>
    public DeploymentState(DeploymentState before, CredentialLane[] lanes)
    {
        (Id, Endpoint, Breaker, Load) = (before.Id, before.Endpoint, before.Breaker, before.Load);
        Lanes = lanes;
    }

    /// <summary><c>provider/model</c>.</summary>
    public string Id { get; }

    /// <summary>Of the provider's address, which all its models share.</summary>
    public EndpointState Endpoint { get; }

    public Breaker Breaker { get; }

    public DeploymentLoad Load { get; }

    /// <summary>One for each of the provider's credentials, in their order.</summary>
    public CredentialLane[] Lanes { get; }

    /// <summary>When both the deployment and its address may be tried again: past when half-open, 0 while both are closed.</summary>
    public long OpenUntil => Math.Max(Breaker.OpenUntil, Endpoint.Breaker.OpenUntil);

    /// <summary>Whether it is out for soft reasons only.</summary>
    public bool IsSoft => IsClosedOrSoft(Breaker) && IsClosedOrSoft(Endpoint.Breaker);

    /// <summary>Share of its weight that it may have: below 1 while it or its address recovers, never 0.</summary>
    public double RampAt(long now) => Math.Min(Breaker.RampAt(now), Endpoint.Breaker.RampAt(now));

    /// <summary>Takes the probe of whichever is half-open, the deployment or its address.</summary>
    /// <returns>False when another request is at it: nothing is taken then.</returns>
    public bool TryBeginProbe(long now)
    {
        if (!Breaker.TryBeginProbe(now))
        {
            return false;
        }

        if (Endpoint.Breaker.TryBeginProbe(now))
        {
            return true;
        }

        Breaker.Abandoned(now, now);
        return false;
    }

    /// <summary>It answered well.</summary>
    /// <param name="now">Ticks.</param>
    /// <param name="began">Ticks at which the call was let through; 0 when not known.</param>
    public void Succeeded(long now, long began = 0)
    {
        Breaker.Succeeded(now, began);
        Endpoint.Breaker.Succeeded(now, began);
    }

    /// <summary>It answered badly, or too late: its address is there.</summary>
    /// <param name="now">Ticks.</param>
    /// <param name="isSlow">It answered, too slowly.</param>
    /// <param name="began">As for <see cref="Succeeded"/>.</param>
    public void Failed(long now, bool isSlow = false, long began = 0)
    {
        Breaker.Failed(now, isSlow, began);
        Endpoint.Breaker.Succeeded(now, began);
    }

    /// <summary>Nothing was sent: no name, no connection, no TLS.</summary>
    /// <param name="now">Ticks.</param>
    /// <param name="began">As for <see cref="Succeeded"/>.</param>
    public void Unreachable(long now, long began = 0)
    {
        Breaker.Failed(now, isSlow: false, began);
        Endpoint.Breaker.Failed(now, isSlow: false, began);
    }

    /// <summary>A call that told nothing about the upstream. Gives a probe back.</summary>
    /// <param name="now">Ticks.</param>
    /// <param name="began">As for <see cref="Succeeded"/>.</param>
    public void Abandoned(long now, long began = 0)
    {
        Breaker.Abandoned(now, began);
        Endpoint.Breaker.Abandoned(now, began);
    }

    private static bool IsClosedOrSoft(Breaker breaker) => breaker.OpenUntil == 0 || breaker.IsSoft;
}

/// <summary>What is known of a provider's address: only failures to connect count here.</summary>
internal sealed class EndpointState(string provider, Breaker? breaker = null)
{
    public string Provider { get; } = provider;

    public Breaker Breaker { get; } = breaker ?? new();
}
