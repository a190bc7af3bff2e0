using Gateway.Core.Configuration;
using Gateway.Core.Money;
using Gateway.Router.Attempts;
using Gateway.Router.Balancing;
using Gateway.Router.Catalog;
using Gateway.Router.Cooldowns;
using Gateway.Router.Protocols;

namespace Gateway.Router.Tests.Balancing;

/// <summary>One group of deployments <c>p0/m</c>, <c>p1/m</c>... and what a selector would do with it; time passes when a test says so.</summary>
internal sealed class Balanced
{
    private readonly Random _random = new(20_26);
    private readonly double[] _scores;

    public Balanced(BalancingStrategy strategy, params int[] weights)
        : this(new ModelGroupConfig { Name = "group", Deployments = [], Strategy = strategy }, weights)
    {
    }

    public Balanced(ModelGroupConfig config, params int[] weights)
    {
        Config = config with { Deployments = [.. weights.Select(static (weight, index) => new DeploymentConfig { Provider = $"p{index}", Model = "m", Weight = weight })] };
        Deployments = [.. weights.Select((weight, index) => Make(index, weight))];
        Weights = [.. weights.Select(static weight => (double)weight)];
        Strategy = BalancingStrategies.For(Config, weights.Length);
        Picks = new int[weights.Length];
        _scores = new double[weights.Length];
    }

    public ModelGroupConfig Config { get; }

    public Deployment[] Deployments { get; private set; }

    public double[] Weights { get; }

    public IBalancingStrategy Strategy { get; set; }

    public int[] Picks { get; }

    /// <summary>Ticks.</summary>
    public long Now { get; set; } = 1;

    /// <summary>What the last choice was made by.</summary>
    public double[] Scores => _scores;

    public Random Random => _random;

    public DeploymentLoad Load(int index) => Deployments[index].State.Load;

    public void Price(params TokenPrice?[] prices) =>
        Deployments = [.. prices.Select((price, index) => Make(index, Config.Deployments[index].Weight, price))];

    public BalancingRequest Request(ulong affinity = 0, bool stream = true, long input = 1000, long output = 200) =>
        new() { Now = Now, Roll = (ulong)_random.NextInt64(), Affinity = affinity, Stream = stream, InputTokens = input, OutputTokens = output };

    public int Pick(in BalancingRequest request)
    {
        var chosen = Strategy.Pick(Deployments, Weights, request, _scores, commit: true);
        Picks[chosen]++;
        return chosen;
    }

    public int Pick() => Pick(Request());

    public double ShareOf(int index) => (double)Picks[index] / Picks.Sum();

    /// <summary>
    /// Requests come at random for some time, each takes what <paramref name="latency"/> says of its deployment, and what is measured is noted.
    /// </summary>
    /// <param name="perSecond">Requests on average.</param>
    /// <param name="for">How long.</param>
    /// <param name="latency">Seconds to the first token; the rest of the answer takes as long again.</param>
    /// <param name="fails">Which deployments fail at once instead.</param>
    public void Run(double perSecond, TimeSpan @for, Func<int, double> latency, Func<int, bool>? fails = null, bool stream = true)
    {
        Array.Clear(Picks);
        var end = Now + @for.Ticks;
        var due = new PriorityQueue<Action, long>();
        Arrive(Now);
        while (due.TryDequeue(out var action, out var at) && at < end)
        {
            Now = at;
            action();
        }

        // What still runs ends unmeasured.
        foreach (var deployment in Deployments)
        {
            while (deployment.State.Load.InFlight > 0)
            {
                deployment.State.Load.Leave();
            }
        }

        Now = end;

        void Arrive(long at) => due.Enqueue(
            () =>
            {
                Start(Pick(Request(stream: stream)));
                Arrive(Now + Math.Max(1, (long)(-Math.Log(1 - _random.NextDouble()) / perSecond * TimeSpan.TicksPerSecond)));
            },
            at);

        void Start(int index)
        {
            var load = Load(index);
            load.Enter();
            if (fails?.Invoke(index) == true)
            {
                due.Enqueue(() => Finish(load, failed: true, TimeSpan.Zero), Now + TimeSpan.TicksPerMillisecond);
                return;
            }

            var first = TimeSpan.FromSeconds(latency(index) * (0.9 + (0.2 * _random.NextDouble())));
            if (stream)
            {
                due.Enqueue(() => load.NoteFirstToken(Now, first), Now + first.Ticks);
            }
            else
            {
                due.Enqueue(() => load.NoteWhole(Now, 2 * first), Now + (2 * first.Ticks));
            }

            due.Enqueue(() => Finish(load, failed: false, first), Now + (2 * first.Ticks));
        }

        void Finish(DeploymentLoad load, bool failed, TimeSpan answering)
        {
            load.NoteEnd(Now, failed, failed ? 0 : 200, answering);
            load.Leave();
        }
    }

    private static Deployment Make(int index, int weight, TokenPrice? price = null)
    {
        var provider = new ProviderConfig
        {
            Name = $"p{index}",
            Protocol = ProviderProtocol.OpenAI,
            BaseUrl = new Uri("http://127.0.0.1:9"),
            Keys = [new ProviderKeyConfig { Secret = "one", Weight = 1 }, new ProviderKeyConfig { Secret = "two", Weight = 3 }],
            Internal = true,
        };
        var upstream = new UpstreamClient(provider);
        var state = new DeploymentState($"p{index}/m", new EndpointState(provider.Name), upstream.Credentials.NewLanes());
        return new Deployment(upstream, UpstreamTraits.Default, "m", weight, price, index, isConfigured: true, state);
    }
}
