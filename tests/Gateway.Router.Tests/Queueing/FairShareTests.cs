using Gateway.Core.Configuration;
using Gateway.Core.Tests.Journal;
using Gateway.Router.Balancing;
using Gateway.Router.Pipeline;
using Gateway.Router.Queueing;

namespace Gateway.Router.Tests.Queueing;

/// <summary>A server of 8 places and 50 ms a call behind a room, millisecond by millisecond.</summary>
public sealed class FairShareTests
{
    private const int Places = 8;
    private const int CallMs = 50;

    [Fact]
    public async Task A_tenant_that_offers_100_times_the_traffic_does_not_keep_another_waiting()
    {
        var server = new Server();
        await server.RunAsync(
            seconds: 20,
            new Tenant("a", PerSecond: 1000),
            new Tenant("b", PerSecond: 10));

        Assert.Equal(0, server.Refused.GetValueOrDefault("b"));
        Assert.InRange(server.Waits["b"].Count, 150, 250);
        Assert.InRange(Percentile95(server.Waits["b"]), 0, 199);
        Assert.InRange(server.Waits["a"].Count + server.Waits["b"].Count, 3000, 3200);
    }

    [Theory]
    [InlineData(1, 1, 1, 0.5)]
    [InlineData(1, 3, 1, 0.25)]
    [InlineData(1, 1, 3, 0.25)]
    public async Task Saturating_tenants_share_by_weight_and_tokens(int weightA, int weightB, int tokensA, double shareOfA)
    {
        var server = new Server();
        await server.RunAsync(
            seconds: 20,
            new Tenant("a", PerSecond: 1000, weightA, Tokens: tokensA * 700),
            new Tenant("b", PerSecond: 500, weightB, Tokens: 700));

        double a = server.Waits["a"].Count;
        double b = server.Waits["b"].Count;
        Assert.InRange(a / (a + b), shareOfA * 0.95, shareOfA * 1.05);
    }

    [Fact]
    public async Task What_is_learned_of_answers_counts_for_those_who_wait_already()
    {
        var hall = new Hall();
        var answers = new AnswerLengths();
        for (var i = 0; i < 40; i++)
        {
            await hall.CameAsync($"early-{i}", "a", tokens: 10, answers: answers);
        }

        // They came when an answer was thought to have 500 tokens; those who come now know better.
        answers.Note(hall.Clock.Now, cap: -1, tokens: 1);
        for (var i = 0; i < 40; i++)
        {
            await hall.CameAsync($"late-{i}", "b", tokens: 10, answers: answers);
        }

        await hall.PulseAsync(times: 40);
        Assert.InRange(hall.Left.Count(static name => name.StartsWith("early", StringComparison.Ordinal)), 19, 21);
    }

    [Fact]
    public async Task Batch_yields_to_interactive_and_is_not_starved()
    {
        var server = new Server();
        await server.RunAsync(
            seconds: 20,
            new Tenant("batch", PerSecond: 1000, Priority: RequestPriority.Batch),
            new Tenant("chat", PerSecond: 100, Priority: RequestPriority.Interactive));
        Assert.InRange(Percentile95(server.Waits["chat"]), 0, 60);
        Assert.Equal(0, server.Refused.GetValueOrDefault("chat"));
        Assert.InRange(server.Waits["batch"].Count, 900, 1300);

        var crowded = new Server();
        await crowded.RunAsync(
            seconds: 20,
            new Tenant("batch", PerSecond: 20, Priority: RequestPriority.Batch),
            new Tenant("chat", PerSecond: 150, Priority: RequestPriority.Interactive));
        Assert.InRange(crowded.Waits["batch"].Count, 100, 400);
    }

    private static double Percentile95(List<long> waits) => waits.Order().ElementAt((int)(waits.Count * 0.95));

    private sealed record Tenant(string Name, double PerSecond, int Weight = 1, long Tokens = 700, RequestPriority Priority = RequestPriority.Default);

    private sealed class Server
    {
        private readonly JournalTime _time = new();
        private readonly WaitingRoom _room;
        private readonly Random _random = new(8);
        private readonly List<(string Name, long CameMs, Task<WaitResult> Task)> _waiting = [];
        private readonly Queue<long> _endsMs = new();
        private long _nowMs;

        public Server() => _room = new WaitingRoom(new QueueConfig(), new RouterClock(_time));

        /// <summary>Milliseconds that the served ones waited, by tenant.</summary>
        public Dictionary<string, List<long>> Waits { get; } = [];

        public Dictionary<string, int> Refused { get; } = [];

        public async Task RunAsync(int seconds, params Tenant[] tenants)
        {
            foreach (var tenant in tenants)
            {
                Waits[tenant.Name] = [];
            }

            for (; _nowMs < seconds * 1000; _nowMs++)
            {
                _time.Advance(TimeSpan.FromMilliseconds(1));
                while (_endsMs.TryPeek(out var end) && end <= _nowMs)
                {
                    _endsMs.Dequeue();
                    _room.Pulse();
                    await SettleAsync();
                }

                foreach (var tenant in tenants)
                {
                    for (var rate = tenant.PerSecond / 1000; _random.NextDouble() < rate; rate--)
                    {
                        await ComeAsync(tenant);
                    }
                }
            }
        }

        private async Task ComeAsync(Tenant tenant)
        {
            if (_endsMs.Count < Places && _room.Count == 0)
            {
                Serve(tenant.Name, _nowMs);
                return;
            }

            var visitor = new Visitor(tenant.Name, tenant.Weight, tenant.Priority, tenant.Tokens);
            _waiting.Add((tenant.Name, _nowMs, _room.WaitAsync(visitor, TimeSpan.FromMinutes(1), placeAt: 0, returning: false, CancellationToken.None).AsTask()));
            await SettleAsync();
        }

        private void Serve(string name, long cameMs)
        {
            Waits[name].Add(_nowMs - cameMs);
            _endsMs.Enqueue(_nowMs + CallMs);
        }

        private async Task SettleAsync()
        {
            while (_waiting.Count > _room.Count)
            {
                await Task.WhenAny(_waiting.Select(static one => one.Task)).WaitAsync(TimeSpan.FromSeconds(30));
                var done = _waiting.FindAll(static one => one.Task.IsCompleted);
                foreach (var (name, cameMs, task) in done)
                {
                    if (await task == WaitResult.Turn)
                    {
                        Serve(name, cameMs);
                    }
                    else
                    {
                        Refused[name] = Refused.GetValueOrDefault(name) + 1;
                    }
                }

                _waiting.RemoveAll(done.Contains);
            }
        }
    }
}
