using Gateway.Core.Configuration;
using Gateway.Router.Attempts;
using Gateway.Router.Catalog;
using Gateway.Router.Cooldowns;
using Gateway.Router.Credentials;
using Gateway.Router.Protocols;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Cooldowns;

/// <summary>Deployments that exist only for their health.</summary>
internal static class Candidates
{
    /// <summary>One provider each.</summary>
    public static Deployment[] Of(params int[] weights) => [.. weights.Select((weight, index) => Make($"p{index}", "m", weight, index))];

    public static Deployment Make(string provider, string model, int weight = 1, int index = 0, EndpointState? endpoint = null)
    {
        var upstream = new UpstreamClient(TestConfig.Provider("http://127.0.0.1:9", provider));
        var state = new DeploymentState($"{provider}/{model}", endpoint ?? new EndpointState(provider), [new CredentialLane(null)], new Breaker((ulong)index + 1));
        return new Deployment(upstream, UpstreamTraits.Of(upstream.Provider, model, null, new TranslationConfig()), model, weight, plan: null, index, isConfigured: true, state);
    }

    public static void OpenHard(this Deployment deployment, long now)
    {
        for (var i = 0; i < 5; i++)
        {
            deployment.State.Breaker.Failed(now);
        }
    }

    public static void OpenSoft(this Deployment deployment, long now)
    {
        for (var i = 0; i < 20; i++)
        {
            deployment.State.Breaker.Failed(now, isSlow: true);
        }
    }
}
