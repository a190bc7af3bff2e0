using Gateway.Core.Configuration;
using Gateway.Core.Context;
using Gateway.Edge.Abuse;
using Gateway.Edge.Budgets;

namespace Gateway.Edge.VirtualKeys;

/// <summary>A virtual key as requests read it. The secret is not in it.</summary>
internal sealed class VirtualKey
{
    /// <param name="config">What is said of the key.</param>
    /// <param name="document">The configuration in force: who owns the key, and what holds for its owners.</param>
    public VirtualKey(VirtualKeyConfig config, GatewayConfig document) : this(config, document.TeamOf(config), KeyScopes.Of(config, document))
    {
        Weight = document.Teams.GetValueOrDefault(Team)?.Weight ?? config.Weight;
    }

    private VirtualKey(VirtualKeyConfig config, string? team, KeyScopes scopes)
    {
        Id = config.Id;
        Team = team ?? "";
        User = config.User ?? "";
        Models = config.Models;
        Providers = config.Providers;
        Expires = config.Expires;
        Addresses = AddressList.Of(config.Addresses);
        Scopes = scopes;
        Moderation = config.Moderation;
        Priority = config.Priority;
        Weight = config.Weight;
        RequiredTags = [.. config.Requires.OrderBy(static tag => tag.Key, StringComparer.Ordinal).Select(static tag => $"{tag.Key}={tag.Value}")];
        Tags = [.. config.Labels.OrderBy(static tag => tag.Key, StringComparer.Ordinal).Select(static tag => $"{tag.Key}={tag.Value}")];
        MaySteer = config.MaySteer;
        Capture = config.Capture;
    }

    /// <summary>Stands for every caller without a key: public models only, and no steering.</summary>
    public static VirtualKey Nobody { get; } = new(new VirtualKeyConfig { Id = ContextClaims.PublicKeyId, Secret = "", MaySteer = false }, team: null, KeyScopes.None);

    /// <summary>Stands for whoever has the admin key: everything is open.</summary>
    public static VirtualKey Operator { get; } = new(new VirtualKeyConfig { Id = "", Secret = "", Models = ["*"] }, team: null, KeyScopes.None);

    public string Id { get; }

    public string Team { get; }

    /// <summary>Owner; empty for none.</summary>
    public string User { get; }

    public IReadOnlyList<string> Models { get; }

    public IReadOnlyList<string> Providers { get; }

    public DateTimeOffset? Expires { get; }

    /// <summary>Whose limits and budgets its requests count for.</summary>
    public KeyScopes Scopes { get; }

    /// <summary>Where it may be used from; null for everywhere.</summary>
    public AddressList? Addresses { get; }

    /// <summary>Moderation policy of the key itself, or null.</summary>
    public string? Moderation { get; }

    public RequestPriority Priority { get; }

    /// <summary>Share of a full upstream. Keys of one team share the team's.</summary>
    public int Weight { get; }

    /// <summary>What a deployment must carry, each as <c>name=value</c>.</summary>
    public IReadOnlyList<string> RequiredTags { get; }

    /// <summary>Its own labels, each as <c>name=value</c>, for reports.</summary>
    public IReadOnlyList<string> Tags { get; }

    public bool MaySteer { get; }

    /// <summary>What is kept of the content of its requests; null where it does not say.</summary>
    public CaptureLevel? Capture { get; }

    public bool IsNobody => ReferenceEquals(this, Nobody);
}
