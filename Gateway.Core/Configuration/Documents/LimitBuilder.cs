namespace Gateway.Core.Configuration.Documents;

/// <summary>Makes the records of limits. It takes nodes with errors too: rules ask it what a document would say.</summary>
internal static class LimitBuilder
{
    /// <summary>Units of rates with their windows, as members are called.</summary>
    public static IReadOnlyList<(string Name, RateUnit Unit, TimeSpan Window)> Rates { get; } =
    [
        ("requests_per_second", RateUnit.Requests, TimeSpan.FromSeconds(1)),
        ("requests_per_minute", RateUnit.Requests, TimeSpan.FromMinutes(1)),
        ("requests_per_hour", RateUnit.Requests, TimeSpan.FromHours(1)),
        ("requests_per_day", RateUnit.Requests, TimeSpan.FromDays(1)),
        ("tokens_per_second", RateUnit.Tokens, TimeSpan.FromSeconds(1)),
        ("tokens_per_minute", RateUnit.Tokens, TimeSpan.FromMinutes(1)),
        ("tokens_per_hour", RateUnit.Tokens, TimeSpan.FromHours(1)),
        ("tokens_per_day", RateUnit.Tokens, TimeSpan.FromDays(1)),
    ];

    public static IReadOnlyList<(string Name, TimeSpan Window)> Sessions { get; } =
        [("sessions_5m", TimeSpan.FromMinutes(5)), ("sessions_1h", TimeSpan.FromHours(1)), ("sessions_1d", TimeSpan.FromDays(1))];

    /// <summary>The limits of an owner.</summary>
    public static ClientLimits Build(ConfigNode owner) => owner.Member("limits") is not { } limits ? ClientLimits.None : Measures(limits) with
    {
        Models = [.. limits.MembersOf("models").Select(static entry => KeyValuePair.Create(entry.Key, Measures(entry.Value)))],
        Shadow = limits.Get("shadow", false),
    };

    /// <summary>So many at once: the share of <paramref name="burst"/>, by default of a sixth of the window (all of a second), and one at least.</summary>
    public static long BurstOf(long limit, TimeSpan window, TimeSpan? burst)
    {
        var time = burst ?? (window == TimeSpan.FromSeconds(1) ? window : window / 6);
        return (long)Int128.Max(1, (Int128)limit * time.Ticks / window.Ticks);
    }

    private static ClientLimits Measures(ConfigNode node)
    {
        var burst = node.Get<TimeSpan?>("burst", null);
        var rates = new List<RateConfig>();
        foreach (var (name, unit, window) in Rates)
        {
            if (node.Get<long?>(name, null) is { } limit)
            {
                rates.Add(new RateConfig(unit, limit, window, BurstOf(limit, window, burst)));
            }
        }

        var sessions = new List<SessionLimitConfig>();
        foreach (var (name, window) in Sessions)
        {
            if (node.Get<long?>(name, null) is { } limit)
            {
                sessions.Add(new SessionLimitConfig(limit, window));
            }
        }

        return new() { Rates = rates, Concurrency = node.Get<long?>("concurrency", null), Sessions = sessions, Burst = burst };
    }
}
