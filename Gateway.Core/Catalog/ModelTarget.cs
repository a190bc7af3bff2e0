using Gateway.Core.Configuration;

namespace Gateway.Core.Catalog;

/// <summary>What one model name leads to: a model group, or one model of one provider.</summary>
public sealed record ModelTarget
{
    /// <summary>As clients write it.</summary>
    public required string Name { get; init; }

    /// <summary>What an alias stands for; otherwise the name itself.</summary>
    public required string Target { get; init; }

    /// <summary>Null where a provider is meant directly: by <c>provider/model</c>, a prefix or the default provider.</summary>
    public ModelGroupConfig? Group { get; init; }

    /// <summary>Names of the providers that may serve it; exactly one without a group.</summary>
    public required IReadOnlyList<string> Providers { get; init; }

    /// <summary>The name that the one provider knows; empty for a group.</summary>
    public string UpstreamModel { get; init; } = "";

    /// <summary>The longest that a request may take: the largest <c>timeouts.total</c> of the providers.</summary>
    public required TimeSpan MaxTotal { get; init; }

    /// <summary>What no group opens is private.</summary>
    public AccessLevel Access => Group?.Access ?? AccessLevel.Private;

    /// <summary>Moderation policy of the model group, or null.</summary>
    public string? Moderation => Group?.Moderation;
}
