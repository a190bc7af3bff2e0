using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Text;
using System.Text.Json;
using Gateway.Core.Configuration;
using Gateway.Core.Money;
using Gateway.Core.Requests;
using Gateway.Router.Attempts;
using Gateway.Router.Connections;
using Gateway.Router.Cooldowns;
using Gateway.Router.Protocols;
using Gateway.Router.Telemetry;

namespace Gateway.Router.Catalog;

/// <summary>One provider and model that can serve a request; everything that a dispatch needs, computed once.</summary>
public sealed class Deployment
{
    private readonly ConcurrentDictionary<(LlmOperation Operation, bool Stream), Uri> _uris = new();

    internal Deployment(UpstreamClient upstream, UpstreamTraits traits, string model, int weight, PricePlan? plan, int index, bool isConfigured, DeploymentState state)
    {
        State = state;
        Tags = upstream.Provider.Tags;
        Upstream = upstream;
        Connection = upstream.ConnectionFor(model);
        Protocol = upstream.Protocol;
        Traits = traits;
        Model = model;
        Weight = weight;
        Plan = plan;
        Index = index;
        Id = $"{upstream.Provider.Name}/{model}";
        MetricName = isConfigured ? Id : $"{upstream.Provider.Name}/*";
        MetricModel = isConfigured ? model : MetricNames.Other;
        GenAiProvider = upstream.GenAiName;
        HeaderId = ResponseHead.Printable(Id);
        HeaderModel = ResponseHead.Printable(model);
        ModelUtf8 = Encoding.UTF8.GetBytes(model);
        ModelJson = Encoding.UTF8.GetBytes($"\"{JsonEncodedText.Encode(model)}\"");
    }

    /// <summary><c>provider/model</c>: the name in headers, metrics and reports.</summary>
    public string Id { get; }

    /// <summary>The model name that the upstream knows.</summary>
    public string Model { get; }

    public int Weight { get; }

    /// <summary>All of its prices; null when unpriced.</summary>
    public PricePlan? Plan { get; }

    /// <summary>Where <see cref="Plan"/> is from, as records say it; empty when unpriced.</summary>
    internal string PriceVersion { get; init; } = "";

    /// <summary>The usual price: of a short prompt at no special tier. Null when unpriced.</summary>
    public TokenPrice? Price => Plan?.Standard;

    /// <summary>Tier: those of a higher number serve only when all of the lower ones are out.</summary>
    public int Order { get; internal init; } = 1;

    /// <summary>Context window in tokens; null when not known.</summary>
    public long? Context { get; internal init; }

    /// <summary>Null when not said: then it is taken to be able to do everything.</summary>
    public ModelCapabilities? Supports { get; internal init; }

    /// <summary>Labels such as <c>region: eu</c>, the provider's included.</summary>
    public FrozenDictionary<string, string> Tags { get; internal init; }

    public ProviderConfig Provider => Upstream.Provider;

    /// <summary>Health, load and credentials as this Router sees them.</summary>
    internal DeploymentState State { get; }

    /// <summary>The id where the document names the deployment; else without the model, since clients could invent any number of them.</summary>
    internal string MetricName { get; }

    /// <summary>The model where the document names the deployment; else a word for all others.</summary>
    internal string MetricModel { get; }

    /// <summary>What kind of provider it is, in the words of OpenTelemetry.</summary>
    internal string GenAiProvider { get; }

    /// <summary><see cref="Id"/> as it can stand in a header.</summary>
    internal string HeaderId { get; }

    /// <summary><see cref="Model"/> as it can stand in a header.</summary>
    internal string HeaderModel { get; }

    /// <summary>Place in its group; the balancer keeps its counters by it.</summary>
    internal int Index { get; }

    internal UpstreamClient Upstream { get; }

    /// <summary>Its own where the document names the deployment, else the provider's.</summary>
    internal UpstreamConnection Connection { get; }

    internal IUpstreamProtocol Protocol { get; }

    internal UpstreamTraits Traits { get; }

    /// <summary>Every loss of a translation is refused.</summary>
    internal bool RejectsLosses { get; init; }

    /// <summary>Translated answers name the upstream's model.</summary>
    internal bool EchoesModel { get; init; }

    /// <summary><see cref="Model"/> as a JSON string, quotes included.</summary>
    internal byte[] ModelJson { get; }

    /// <summary><see cref="Model"/> as the value of a part of a form.</summary>
    internal byte[] ModelUtf8 { get; }

    /// <summary>Where an operation of the upstream's protocol is asked for.</summary>
    internal Uri UriFor(LlmOperation operation, bool stream) =>
        _uris.TryGetValue((operation, stream), out var uri) ? uri : _uris.GetOrAdd(
            (operation, stream), UpstreamAddress.Build(Provider.BaseUrl, PathFor(operation, stream)));

    /// <summary>Path below the base URL: the document's, else the protocol's.</summary>
    internal string PathFor(LlmOperation operation, bool stream)
    {
        var model = Uri.EscapeDataString(Model);
        return OperationPaths.Find(Provider.Paths, operation, model) ?? Protocol.PathFor(operation, stream, model, Traits);
    }
}
