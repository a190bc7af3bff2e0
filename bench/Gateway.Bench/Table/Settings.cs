using Gateway.Bench.Targets;

namespace Gateway.Bench.Table;

/// <summary>How long and how often. The quick setting shows that everything runs and gives the size of a figure, no more.</summary>
internal sealed record Settings
{
    public static readonly IReadOnlyList<string> TargetNames = ["direct", "nginx-2hop", "chain-2hop", .. GatewayTarget.Names];

    /// <summary>What balancing and limits are measured by unless the measures are named: they do their part once a request, and tokens never see it.</summary>
    private static readonly IReadOnlyList<string> _oncePerRequest = [Measure.Closed, Measure.Open1000];

    /// <summary>The same for the translating gateway: the others would say little more and take minutes.</summary>
    private static readonly IReadOnlyList<string> _ofTranslating = [Measure.Closed, Measure.Paced, Measure.Burst];

    public bool Quick { get; init; }

    public bool Build { get; init; }

    public bool Redis { get; init; }

    public int Rounds { get; init; }

    public int IdleStreams { get; init; }

    public int Seed { get; init; }

    public required IReadOnlyList<string> Targets { get; init; }

    public required IReadOnlyList<string> Measures { get; init; }

    /// <summary>Whether the measures were named: then every target has all of them.</summary>
    public bool MeasuresNamed { get; init; }

    public required IReadOnlyDictionary<string, string?> GatewayEnvironment { get; init; }

    public static Settings From(Arguments arguments)
    {
        var quick = arguments.Switch("quick");
        var settings = new Settings
        {
            Quick = quick,
            Build = !arguments.Switch("no-build"),
            Redis = !arguments.Switch("no-redis"),
            Rounds = arguments.Number("rounds", quick ? 2 : 5, 1, 50),
            IdleStreams = arguments.Number("idle-streams", 500, 10, 4000),
            Seed = arguments.Number("seed", 1, 0, int.MaxValue - 1000),
            Targets = arguments.Names("targets", TargetNames),
            MeasuresNamed = arguments.Given("measures"),
            Measures = arguments.Names("measures", Measure.AllNames),
            GatewayEnvironment = arguments.All("gateway-env").Select(static pair => pair.Split('=', 2))
                .ToDictionary(static pair => pair[0], static string? (pair) => pair.Length == 2 ? pair[1] : throw new BenchException("--gateway-env takes NAME=VALUE.")),
        };
        arguments.RefuseRest();
        return settings;
    }

    public bool Measured(string target, string measure) =>
        Measures.Contains(measure) && (MeasuresNamed || target switch
        {
            GatewayTarget.Balanced or GatewayTarget.Unbalanced or GatewayTarget.Limited => _oncePerRequest.Contains(measure),
            GatewayTarget.Translating => _ofTranslating.Contains(measure),
            _ => true,
        });
}
