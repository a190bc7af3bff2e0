using System.Globalization;
using Gateway.Core.Catalog;
using Gateway.Core.Configuration;
using Gateway.Edge.Budgets;
using Gateway.Edge.Routes;
using Gateway.Edge.VirtualKeys;
using Gateway.Edge.VirtualKeys.Runtime;

namespace Gateway.Edge;

/// <summary>One configuration as the Edge's requests read it. Immutable.</summary>
internal sealed class EdgeSnapshot
{
    public EdgeSnapshot(ConfigSnapshot source, SecretDigests digests, RuntimeKeys runtime, TimeProvider time)
    {
        var config = source.Config;
        Generation = source.Generation;
        GenerationText = source.Generation.ToString(CultureInfo.InvariantCulture);
        MaxBodyBytes = config.Server.MaxBodyBytes;
        PublicRequestsPerMinute = config.Server.PublicRequestsPerMinute;
        AdminKey = string.IsNullOrEmpty(config.Server.AdminKey) ? null : digests.Of(config.Server.AdminKey);
        Keys = new VirtualKeySnapshot(source, digests, runtime);
        Models = new ModelDirectory(config);
        Routes = new PathRoutes(config, Models);
        Files = new FileProviders(config);
        Prices = new ModelPrices(config);
        EndUsers = config.EndUsers.IsEmpty() ? null : new EndUserScopes(config.EndUsers, time);
        DefaultCapture = config.Usage.Capture;
        DefaultModeration = config.Moderation.Policies.ContainsKey(ModerationConfig.DefaultPolicy) ? ModerationConfig.DefaultPolicy : "";
    }

    public long Generation { get; }

    /// <summary>Value of <c>x-gateway-config</c>.</summary>
    public string GenerationText { get; }

    public long MaxBodyBytes { get; }

    public int PublicRequestsPerMinute { get; }

    /// <summary>Null switches the admin endpoints off.</summary>
    public SecretDigest? AdminKey { get; }

    public VirtualKeySnapshot Keys { get; }

    public ModelDirectory Models { get; }

    public PathRoutes Routes { get; }

    public FileProviders Files { get; }

    /// <summary>What models may cost.</summary>
    public ModelPrices Prices { get; }

    /// <summary>Those whom request bodies name; null where nothing holds for them.</summary>
    public EndUserScopes? EndUsers { get; }

    /// <summary>What is kept of content where neither key nor route says it.</summary>
    public CaptureLevel DefaultCapture { get; }

    /// <summary>Policy where neither key nor model group names one; empty when the document has no default policy.</summary>
    public string DefaultModeration { get; }

    /// <summary>The policy that applies: the key's, else the model group's, else the default. Empty for none.</summary>
    public string ModerationFor(VirtualKey key, ModelTarget? target) => key.Moderation ?? target?.Moderation ?? DefaultModeration;
}

/// <summary>Keeps the snapshot of the newest good configuration. Thread-safe.</summary>
internal sealed class EdgeSnapshots : IDisposable
{
    private readonly IDisposable _subscription;
    private volatile EdgeSnapshot _current = null!;

    public EdgeSnapshots(IConfigStore store, SecretDigests digests, RuntimeKeys runtime, TimeProvider time)
    {
        // The store calls at once, so Current is never null for anybody else.
        _subscription = store.OnChange(config => _current = new EdgeSnapshot(config, digests, runtime, time));
    }

    /// <summary>Read once per request, so that every step sees one configuration.</summary>
    public EdgeSnapshot Current => _current;

    public void Dispose() => _subscription.Dispose();
}
