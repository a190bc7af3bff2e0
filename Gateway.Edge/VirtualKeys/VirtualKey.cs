using Gateway.Core.Admission;
using Gateway.Core.Configuration;
using Gateway.Core.Context;
using Gateway.Edge.Abuse;

namespace Gateway.Edge.VirtualKeys;

/// <summary>A virtual key as requests read it. The secret is not in it.</summary>
/// <param name="config">What the document says of it.</param>
/// <param name="team">Its team, where the document describes that.</param>
internal sealed class VirtualKey(VirtualKeyConfig config, TeamConfig? team = null)
{
    /// <summary>Stands for every caller without a key: public models only, and no steering.</summary>
    public static VirtualKey Nobody { get; } = new(new VirtualKeyConfig { Id = ContextClaims.PublicKeyId, Secret = "", MaySteer = false });

    public string Id { get; } = config.Id;

    public string Team { get; } = config.Team ?? "";

    public IReadOnlyList<string> Models { get; } = config.Models;

    public IReadOnlyList<string> Providers { get; } = config.Providers;

    public DateTimeOffset? Expires { get; } = config.Expires;

    /// <summary>Where it may be used from; null for everywhere.</summary>
    public AddressList? Addresses { get; } = AddressList.Of(config.Addresses);

    /// <summary>Null for no limit.</summary>
    public RateLimit? RateLimit { get; } = MinuteRate(config) is { } rate ? new RateLimit($"key:{config.Id}:rpm", rate.Limit, rate.Window, rate.Burst) : null;

    /// <summary>Moderation policy of the key itself, or null.</summary>
    public string? Moderation { get; } = config.Moderation;

    public RequestPriority Priority { get; } = config.Priority;

    /// <summary>Share of a full upstream. Keys of one team share the team's.</summary>
    public int Weight { get; } = team?.Weight ?? config.Weight;

    /// <summary>What a deployment must carry, each as <c>name=value</c>.</summary>
    public IReadOnlyList<string> RequiredTags { get; } = [.. config.Requires.OrderBy(static tag => tag.Key, StringComparer.Ordinal).Select(static tag => $"{tag.Key}={tag.Value}")];

    public bool MaySteer { get; } = config.MaySteer;

    public bool IsNobody => ReferenceEquals(this, Nobody);

    private static RateConfig? MinuteRate(VirtualKeyConfig config) =>
        config.Limits.Rates.FirstOrDefault(static rate => rate.Unit == RateUnit.Requests && rate.Window == TimeSpan.FromMinutes(1));
}
