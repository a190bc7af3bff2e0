using System.Diagnostics.Metrics;
using Gateway.Core.Admission.Redis;
using Gateway.Edge.Admission;
using Gateway.Edge.Tests.Rig;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace Gateway.Edge.Tests.Admission;

public sealed class EdgePeersTests
{
    private static readonly IMeterFactory Meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();

    private readonly EdgePeers _peers = new(new EdgeAdmissionMetrics(Meters));
    private readonly Guid _other = Guid.NewGuid();

    [Fact]
    public void Those_that_were_heard_of_in_the_last_30_seconds_count()
    {
        Assert.Equal(1, _peers.Count);
        Assert.True(_peers.Note(_other, Seconds(1)));
        Assert.False(_peers.Note(_other, Seconds(2)));
        Assert.Equal(2, _peers.Count);

        Live(2, 31);
        Assert.Equal(2, _peers.Count);
        Live(32, 32);
        Assert.Equal(1, _peers.Count);
    }

    [Fact]
    public void One_that_stops_counts_no_longer()
    {
        _peers.Note(_other, Seconds(1));

        _peers.Gone(_other);

        Assert.Equal(1, _peers.Count);
    }

    [Fact]
    public void While_nothing_is_heard_the_number_stays_what_it_was()
    {
        Live(0, 10);
        _peers.Note(_other, Seconds(10));

        // Redis is away for five minutes; then we hear ourselves first, and the other within the next seconds, or never.
        _peers.Note(_peers.Id, Seconds(310));
        Assert.Equal(2, _peers.Count);
        Live(311, 339);
        Assert.Equal(2, _peers.Count);
        Live(340, 340);
        Assert.Equal(1, _peers.Count);
    }

    [Fact]
    public void Strangers_do_not_fill_the_memory()
    {
        for (var i = 0; i < 1_000; i++)
        {
            _peers.Note(Guid.NewGuid(), Seconds(1));
        }

        Assert.Equal(257, _peers.Count);
    }

    [Fact]
    public async Task Edges_hear_of_each_other_through_Redis_and_of_one_that_stops()
    {
        await using var redis = await RedisProcess.StartNewAsync();
        await using var first = await Member.StartAsync(redis);
        await UntilAsync(() => first.Peers.Count == 1);
        await using (var second = await Member.StartAsync(redis))
        {
            await UntilAsync(() => first.Peers.Count == 2 && second.Peers.Count == 2);
        }

        await UntilAsync(() => first.Peers.Count == 1);
    }

    private static long Seconds(int seconds) => TimeSpan.FromSeconds(seconds).Ticks;

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var deadline = new CancellationTokenSource(EdgeServer.Patience);
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!condition())
        {
            await tick.WaitForNextTickAsync(deadline.Token);
        }
    }

    private void Live(int from, int to)
    {
        for (var second = from; second <= to; second++)
        {
            _peers.Note(_peers.Id, Seconds(second));
        }
    }

    private sealed class Member : IAsyncDisposable
    {
        private readonly ServiceProvider _services;
        private readonly EdgeMembership _membership;

        private Member(ServiceProvider services)
        {
            _services = services;
            Peers = new EdgePeers(new EdgeAdmissionMetrics(Meters));
            _membership = new EdgeMembership(Peers, TimeProvider.System, NullLogger<EdgeMembership>.Instance, new RedisConnection(services, null, TimeProvider.System, NullLogger<RedisConnection>.Instance));
        }

        public EdgePeers Peers { get; }

        public static async Task<Member> StartAsync(RedisProcess redis)
        {
            var member = new Member(new ServiceCollection().AddSingleton<IConnectionMultiplexer>(_ => ConnectionMultiplexer.Connect(redis.ConnectionString)).BuildServiceProvider());
            await member._membership.StartAsync(CancellationToken.None);
            return member;
        }

        public async ValueTask DisposeAsync()
        {
            await _membership.StopAsync(CancellationToken.None);
            _membership.Dispose();
            await _services.DisposeAsync();
        }
    }
}
