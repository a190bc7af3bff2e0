using Gateway.Core.Admission;
using Gateway.Core.Configuration;

namespace Gateway.Edge.VirtualKeys;

/// <summary>A virtual key as requests read it. The secret is not in it.</summary>
internal sealed class VirtualKey(VirtualKeyConfig config)
{
    public string Id { get; } = config.Id;

    public string Team { get; } = config.Team ?? "";

    public IReadOnlyList<string> Models { get; } = config.Models;

    public IReadOnlyList<string> Providers { get; } = config.Providers;

    public DateTimeOffset? Expires { get; } = config.Expires;

    /// <summary>Null for no limit.</summary>
    public RateLimit? RateLimit { get; } = config.RequestsPerMinute is { } limit ? Core.Admission.RateLimit.PerMinute($"key:{config.Id}:rpm", limit) : null;

    /// <summary>Moderation policy of the key itself, or null.</summary>
    public string? Moderation { get; } = config.Moderation;
}
