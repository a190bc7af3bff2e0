using Gateway.Bench.Load;

namespace Gateway.Bench.Table;

/// <summary>One kind of load. Together they are the columns of the table.</summary>
internal sealed record Measure(string Name, Func<Settings, LoadPlan> Plan)
{
    public const string Closed = "closed";
    public const string Open500 = "open500";
    public const string Open1000 = "open1000";
    public const string Paced = "paced";
    public const string Burst = "burst";
    public const string Idle = "idle";

    /// <summary>Streams of 64 tokens, 20 ms apart, live 1.3 s each: 78 new ones a second keep about 100 open.</summary>
    private const double PacedPerSecond = 78;

    /// <summary>How many tokens, one a second, an idle stream gets: enough for all to be open at once and be looked at.</summary>
    private const int IdleTokens = 6;

    public static readonly IReadOnlyList<Measure> Repeated =
    [
        new(Closed, static s => new LoadPlan { Port = 0, Connections = 64, Duration = Seconds(s, 1, 3) }),
        new(Open500, static s => new LoadPlan { Port = 0, RatePerSecond = 500, Duration = Seconds(s, 1.2, 3) }),
        new(Open1000, static s => new LoadPlan { Port = 0, RatePerSecond = 1000, Duration = Seconds(s, 1.2, 3) }),
        new(Paced, static s => new LoadPlan
        {
            Port = 0, Stream = true, Tokens = 64, Gap = TimeSpan.FromMilliseconds(20), RatePerSecond = PacedPerSecond, Connections = 128, Duration = Seconds(s, 1.5, 4),
        }),
        new(Burst, static s => new LoadPlan { Port = 0, Stream = true, Tokens = 64, Connections = 16, Duration = Seconds(s, 1, 2) }),
    ];

    /// <summary>Once per target, in processes started for it: memory depends on what the heap saw before.</summary>
    public static readonly Measure OpenStreams = new(Idle, static s => new LoadPlan
    {
        Port = 0,
        Stream = true,
        Tokens = IdleTokens,
        Gap = TimeSpan.FromSeconds(1),
        RatePerSecond = Math.Max(500, s.IdleStreams / 2.0),
        Connections = 1,
        MaxConnections = s.IdleStreams,
        MaxRequests = s.IdleStreams,
        Duration = TimeSpan.FromSeconds(6),
        Drain = TimeSpan.FromSeconds(IdleTokens + 4),
    });

    public static readonly IReadOnlyList<string> AllNames = [.. Repeated.Select(static measure => measure.Name), Idle];

    /// <summary>One pass of what a target runs before anything counts: plain answers, then streams.</summary>
    public static readonly IReadOnlyList<LoadPlan> WarmUp =
    [
        new LoadPlan { Port = 0, Connections = 64, Duration = TimeSpan.FromSeconds(0.7), MaxRequests = 10_000 },
        new LoadPlan { Port = 0, Connections = 16, Stream = true, Duration = TimeSpan.FromSeconds(0.4), MaxRequests = 500 },
    ];

    private static TimeSpan Seconds(Settings settings, double quick, double full) => TimeSpan.FromSeconds(settings.Quick ? quick : full);
}
