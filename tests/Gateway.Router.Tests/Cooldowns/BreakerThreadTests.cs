using Gateway.Router.Cooldowns;

namespace Gateway.Router.Tests.Cooldowns;

public sealed class BreakerThreadTests
{
    private const long Second = TimeSpan.TicksPerSecond;

    [Fact]
    public async Task Of_many_that_ask_at_once_one_gets_the_probe()
    {
        for (var round = 0; round < 200; round++)
        {
            var breaker = new Breaker();
            for (var i = 0; i < 5; i++)
            {
                breaker.Failed(Second);
            }

            using var together = new Barrier(4);
            var got = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    together.SignalAndWait();
                    return breaker.TryBeginProbe(100 * Second);
                },
                default,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default)));
            Assert.Single(got, static one => one);
        }
    }

    [Fact]
    public async Task Calls_that_report_at_once_are_all_counted()
    {
        var breaker = new Breaker();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(worker => Task.Run(() =>
        {
            for (var i = 0; i < 5000; i++)
            {
                if (worker == 0 && i % 2 == 0)    // at most a third at any time: nothing opens
                {
                    breaker.Failed(Second);
                }

                breaker.Succeeded(Second);
            }
        })));
        Assert.Equal((22_500, 2_500), (breaker.ViewAt(Second).Calls, breaker.ViewAt(Second).Failures));
    }
}
