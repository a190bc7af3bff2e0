using Gateway.Core.Configuration;
using Gateway.Router.Attempts;
using Gateway.Router.Tests.Attempts;
using Gateway.Router.Tests.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.ObjectPool;

namespace Gateway.Router.Tests.Routing;

/// <summary>Whatever happens to requests, every place, permit and clock is given back exactly once, and every call is in exactly one record.</summary>
public sealed class PlaceTests
{
    private const int Workers = 32;
    private const int RequestsOfOne = 40;
    private const int Most = 3;

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(3, false)]
    public async Task After_many_mixed_requests_everything_is_free_again(int seed, bool wild)
    {
        var (crowd, others) = (new Crowd(), (Crowd[])[new(), new()]);
        await using var fleet = await Fleet.StartAsync(
            config => Change(config, wild), null, context => BehaveAsync(context, crowd, seed, wild), context => BehaveAsync(context, others[0], seed + 100, wild), context => BehaveAsync(context, others[1], seed + 200, wild));

        await Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Run(() => WorkAsync(fleet, new Random((seed * 1000) + worker), wild))));
        await fleet.AssertAllGivenBackAsync();
        await Fleet.UntilAsync(() => fleet.Journal.Finals.Count == fleet.Journal.Intents.Select(static intent => intent.RequestId).Distinct().Count());

        var byRequest = fleet.Journal.Intents.GroupBy(static intent => intent.RequestId).ToDictionary(static group => group.Key, static group => group.ToList());
        Assert.True(byRequest.Count > Workers * RequestsOfOne / 8, "Too few were dispatched to show anything.");
        foreach (var final in fleet.Journal.Finals)
        {
            Fleet.Check(final, byRequest[final.Intent.RequestId]);
            Assert.InRange(final.Attempts, 1, 3);
        }

        Assert.Equal(byRequest.Count, fleet.Journal.Finals.Select(static final => final.Intent.RequestId).Distinct().Count());
        Assert.Empty(fleet.Router.Logs.Lines.Where(static line => line.EventId is 3001 or 3002).Select(static line => line.Exception?.ToString()));
        if (!wild)
        {
            // Nobody was given up from afar, so the upstream's own count is exact: a permit given back twice would show here.
            Assert.InRange(crowd.Most, 1, Most);
        }

        // The clocks that lie in the pool are whole.
        var pool = fleet.Router.Services.GetRequiredService<ObjectPool<AttemptTimer>>();
        for (var i = 0; i < 200; i++)
        {
            var timer = pool.Get();
            Assert.Equal((CancelReason.None, false), (timer.Reason, timer.Token.IsCancellationRequested));
        }
    }

    private static GatewayConfig Change(GatewayConfig config, bool wild)
    {
        var limited = new UpstreamLimits { Concurrency = Most };
        var timeouts = new TimeoutConfig { FirstByte = wild ? TimeSpan.FromMilliseconds(150) : TimeSpan.FromSeconds(30) };
        config = Fleet.Provider(0, provider => provider with { Limits = limited, Timeouts = timeouts })(config);
        config = Fleet.Provider(1, provider => provider with
        {
            Keys = [TestConfig.KeyOf("key-1") with { Limits = limited }, TestConfig.KeyOf("key-2") with { Limits = limited with { RequestsPerMinute = 100_000 } }],
            Timeouts = timeouts,
        })(config);
        config = Fleet.Provider(2, provider => provider with { Timeouts = timeouts })(config);
        return Fleet.Group(group => group with
        {
            Deployments = [.. group.Deployments.Select(static deployment => deployment with { Order = 1 })],
            Hedge = wild ? new HedgeConfig { After = TimeSpan.FromMilliseconds(20), MaxPercent = 100 } : null,
            Queue = new QueueConfig { Size = 10, Wait = TimeSpan.FromMilliseconds(300) },
        })(config);
    }

    private static async Task WorkAsync(Fleet fleet, Random random, bool wild)
    {
        for (var i = 0; i < RequestsOfOne; i++)
        {
            using var leave = new CancellationTokenSource();
            if (wild && random.Next(100) < 15)
            {
                leave.CancelAfter(random.Next(60));
            }

            try
            {
                using var response = await fleet.Router.SendAsync(random.Next(2) == 0 ? Requests.Plain : Requests.StreamWithUsage, cancellationToken: leave.Token);
                await response.Content.ReadAsByteArrayAsync(leave.Token);
            }
            catch (Exception exception) when (exception is OperationCanceledException or HttpRequestException)
            {
                // It left, or an answer broke off: both are part of the mix.
            }
        }
    }

    private static async Task BehaveAsync(HttpContext context, Crowd crowd, int seed, bool wild)
    {
        var random = crowd.Next(seed);
        try
        {
            await crowd.StayAsync(random.Next(8), context.RequestAborted);
            switch (random.Next(wild ? 44 : 40))
            {
                case 0:
                    await Fleet.Says(500)(context);
                    break;
                case 1:
                    await Fleet.Says(503)(context);
                    break;
                case 2:
                    await Fleet.Says(400)(context);
                    break;
                case 3:
                    await Fleet.Says(429, headers: ("retry-after-ms", "100"))(context);
                    break;
                case 4:
                    await Fleet.StreamAsync(context, Requests.Error);
                    break;
                case 5:
                    await Fleet.StreamAsync(context, Requests.Delta("one"));
                    break;
                case 40:
                    context.Abort();
                    break;
                case 41 or 42:
                    await Task.Delay(random.Next(40, 250), context.RequestAborted);
                    await Fleet.Serves(0)(context);
                    break;
                case 43:
                    await Fleet.StreamAsync(context, Requests.Delta("one"));
                    await Task.Delay(random.Next(40), context.RequestAborted);
                    context.Abort();
                    break;
                default:
                    await Fleet.Serves(0)(context);
                    break;
            }
        }
        catch (OperationCanceledException)
        {
            // Given up.
        }
    }

    /// <summary>How many are there at once.</summary>
    private sealed class Crowd
    {
        private readonly Lock _lock = new();
        private int _count;
        private int _calls;

        public int Most { get; private set; }

        /// <summary>The random numbers of the next call.</summary>
        public Random Next(int seed) => new((seed * 100_003) + Interlocked.Increment(ref _calls));

        /// <summary>Over before the answer begins, so that nobody is counted whose place may be another's already.</summary>
        public async Task StayAsync(int milliseconds, CancellationToken cancellationToken)
        {
            lock (_lock)
            {
                Most = Math.Max(Most, ++_count);
            }

            try
            {
                await Task.Delay(milliseconds, cancellationToken);
            }
            finally
            {
                lock (_lock)
                {
                    _count--;
                }
            }
        }
    }
}
