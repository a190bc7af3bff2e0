using Gateway.Core.Configuration;
using Gateway.Router.Credentials;

namespace Gateway.Router.Tests.Credentials;

public sealed class LimitTests
{
    private static readonly UpstreamLimits TwelveAMinute = new() { RequestsPerMinute = 12 };

    [Fact]
    public void Requests_of_one_key_are_limited_and_the_other_goes_on()
    {
        var keys = new Keys(Keys.Key("a", limits: TwelveAMinute), Keys.Key("b"));
        for (var i = 0; i < 50; i++)
        {
            Assert.NotNull(keys.Call());
        }

        // Burst 2, then one each 5 s.
        Assert.Equal((CredentialBlock.Limited, keys.In(5)), (keys.Peek(tried: 0b10).Block, keys.Peek(tried: 0b10).UsableAt));
        keys.Wait(5);
        Assert.True(keys.Peek(tried: 0b10).IsUsable);
    }

    [Fact]
    public void Limits_of_the_provider_hold_for_all_its_keys_together()
    {
        var keys = new Keys(TwelveAMinute, Keys.Key("a"), Keys.Key("b"));

        Assert.NotNull(keys.Call());
        Assert.NotNull(keys.Call());
        Assert.Equal(new CredentialChoice(null, CredentialBlock.Limited, keys.In(5)), keys.Peek());
    }

    [Fact]
    public void Limits_of_a_provider_without_keys_hold_too()
    {
        var keys = new Keys(new UpstreamLimits { Concurrency = 1 });
        var lane = keys.Take();

        Assert.Equal(CredentialBlock.Busy, keys.Peek().Block);
        keys.Return(lane!);
        Assert.True(keys.Peek().IsUsable);
    }

    [Fact]
    public void Tokens_are_taken_as_estimated_and_corrected_when_known()
    {
        // Burst 1,000; 100 each second.
        var keys = new Keys(Keys.Key("a", limits: new UpstreamLimits { TokensPerMinute = 6000 }));
        var needs = new CallNeeds(800, 0);
        var lane = keys.Take(needs)!;
        Assert.Equal((CredentialBlock.Limited, keys.In(6)), (keys.Peek(needs).Block, keys.Peek(needs).UsableAt));

        keys.Return(lane, needs, used: 100);
        Assert.True(keys.Peek(needs).IsUsable);

        // More than was thought: the debt delays the next.
        lane = keys.Take(needs)!;
        keys.Return(lane, needs, used: 2100);
        Assert.Equal(keys.In(20), keys.Peek(needs).UsableAt);
    }

    [Fact]
    public void A_request_larger_than_the_burst_waits_until_nothing_is_owed()
    {
        var keys = new Keys(Keys.Key("a", limits: new UpstreamLimits { TokensPerMinute = 6000 }));
        Assert.NotNull(keys.Call(new CallNeeds(100, 0)));
        var large = new CallNeeds(5000, 0);
        Assert.Equal((CredentialBlock.Limited, keys.In(1)), (keys.Peek(large).Block, keys.Peek(large).UsableAt));
        keys.Wait(1);

        Assert.NotNull(keys.Call(large));
        Assert.Equal(keys.In(41), keys.Peek(new CallNeeds(100, 0)).UsableAt);
    }

    [Fact]
    public void What_never_reached_the_upstream_costs_nothing()
    {
        var keys = new Keys(Keys.Key("a", limits: new UpstreamLimits { RequestsPerMinute = 6, TokensPerMinute = 600 }));
        var needs = new CallNeeds(100, 0);
        for (var i = 0; i < 10; i++)
        {
            keys.Return(keys.Take(needs)!, needs, used: null);
        }

        Assert.True(keys.Peek(needs).IsUsable);
    }

    [Fact]
    public void A_place_is_given_back_once_however_often_it_is_returned()
    {
        var keys = new Keys(Keys.Key("a", limits: new UpstreamLimits { Concurrency = 2 }), Keys.Key("b", limits: new UpstreamLimits { Concurrency = 1 }));
        var first = keys.Take(tried: 0b10)!;
        keys.Return(first);
        keys.Return(first);
        keys.Return(first);

        Assert.NotNull(keys.Take(tried: 0b10));
        Assert.NotNull(keys.Take(tried: 0b10));
        Assert.Equal(CredentialBlock.Busy, keys.Peek(tried: 0b10).Block);
        Assert.NotNull(keys.Take(tried: 0b01));
        Assert.Equal((CredentialBlock.Busy, 0), (keys.Peek().Block, keys.Peek().UsableAt));
    }

    [Fact]
    public void Whoever_is_slower_takes_nothing()
    {
        var keys = new Keys(new UpstreamLimits { RequestsPerMinute = 60 }, Keys.Key("a", limits: new UpstreamLimits { Concurrency = 1 }), Keys.Key("b", limits: new UpstreamLimits { Concurrency = 1 }));
        var (first, second) = (keys.Peek(), keys.Peek());
        Assert.True(keys.Pool.TryTake(in first, default, keys.Now));
        for (var i = 0; i < 100; i++)
        {
            Assert.False(keys.Pool.TryTake(in second, default, keys.Now));
        }

        Assert.Equal(1, keys.Pool.Running);
        Assert.NotNull(keys.Take());
    }

    [Fact]
    public void Whoever_is_slower_at_the_providers_limit_takes_nothing()
    {
        var keys = new Keys(new UpstreamLimits { RequestsPerMinute = 6 }, Keys.Key("a"), Keys.Key("b"));
        var (first, second) = (keys.Peek(), keys.Peek());

        Assert.True(keys.Pool.TryTake(in first, default, keys.Now));
        Assert.False(keys.Pool.TryTake(in second, default, keys.Now));
        Assert.Equal((1, keys.In(10)), (keys.Pool.Running, keys.Peek().UsableAt));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Sessions_are_limited_in_each_window(int which)
    {
        var (limits, window) = which switch
        {
            1 => (new UpstreamLimits { SessionsPer5Minutes = 3 }, 300.0),
            2 => (new UpstreamLimits { SessionsPerHour = 3 }, 3600.0),
            _ => (new UpstreamLimits { SessionsPerDay = 3 }, 86_400.0),
        };
        var keys = new Keys(Keys.Key("a", limits: limits));
        for (var session = 1UL; session <= 3; session++)
        {
            Assert.NotNull(keys.Call(new CallNeeds(0, session)));
            keys.Wait(10);
        }

        // Those that are counted pass, also those without one; a fourth waits for the oldest, which was used again.
        Assert.NotNull(keys.Call(new CallNeeds(0, 1)));
        Assert.NotNull(keys.Call());
        Assert.Equal((CredentialBlock.Limited, keys.In(window - 20)), (keys.Peek(new CallNeeds(0, 4)).Block, keys.Peek(new CallNeeds(0, 4)).UsableAt));
        keys.Wait(window - 20);
        Assert.NotNull(keys.Call(new CallNeeds(0, 4)));
        Assert.False(keys.Peek(new CallNeeds(0, 2)).IsUsable);
    }

    [Fact]
    public void Sessions_take_no_more_memory_than_are_allowed()
    {
        var window = new SessionWindow(TimeSpan.FromMinutes(5));
        var random = new Random(5);
        var now = 1L;
        for (var i = 0; i < 20_000; i++)
        {
            var session = (ulong)random.Next(1, 5000);
            if (window.BlockedUntil(session, 100, now) == 0)
            {
                window.Note(session, now);
            }

            Assert.True(window.Count <= 100);
            now += random.Next((int)TimeSpan.TicksPerSecond);
        }
    }

    [Fact]
    public void Routers_share_a_limit_and_each_has_one_at_least()
    {
        var routers = 3;
        var keys = new Keys(new UpstreamLimits { Concurrency = 10 }, () => routers, Keys.Key("a"));
        var lanes = Enumerable.Range(0, 3).Select(_ => keys.Take()!).ToList();
        Assert.Equal(CredentialBlock.Busy, keys.Peek().Block);

        routers = 1;
        Assert.True(keys.Peek().IsUsable);
        routers = 100;
        Assert.False(keys.Peek().IsUsable);
        lanes.ForEach(lane => keys.Return(lane));
        Assert.NotNull(keys.Take());
        Assert.False(keys.Peek().IsUsable);
    }

    [Fact]
    public void Limits_that_come_with_a_document_count_what_began_after_it()
    {
        var keys = new Keys(Keys.Key("a"));
        var pool = keys.Pool;
        var before = keys.Take()!;
        keys.Change(Keys.Key("a", limits: new UpstreamLimits { Concurrency = 1 }));
        var after = keys.Take()!;
        Assert.Equal(CredentialBlock.Busy, keys.Peek().Block);

        pool.Return(before, default, 0, keys.Now);
        Assert.Equal(CredentialBlock.Busy, keys.Peek().Block);
        keys.Return(after);
        Assert.True(keys.Peek().IsUsable);
    }

    [Fact]
    public async Task Many_threads_never_hold_more_places_than_there_are()
    {
        var keys = new Keys(new UpstreamLimits { Concurrency = 5 }, Keys.Key("a", limits: new UpstreamLimits { Concurrency = 3 }), Keys.Key("b", limits: new UpstreamLimits { Concurrency = 4 }));
        var holding = new int[3];
        var most = new int[3];
        var needs = new CallNeeds(10, 7);

        void Count(int index, int by)
        {
            var now = Interlocked.Add(ref holding[index], by);
            if (now > Volatile.Read(ref most[index]))
            {
                Volatile.Write(ref most[index], now);
            }
        }

        // One place is held all the time, so that there are two at once however the machine runs the threads.
        var first = keys.Pool.Peek(keys.Lanes, in needs, 0, keys.Now);
        Assert.True(keys.Pool.TryTake(in first, in needs, keys.Now));
        Count(2, 1);
        Count(first.Lane!.Credential!.Index, 1);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 3000; i++)
            {
                var choice = keys.Pool.Peek(keys.Lanes, in needs, 0, keys.Now);
                if (choice.IsUsable && keys.Pool.TryTake(in choice, in needs, keys.Now))
                {
                    Count(2, 1);
                    Count(choice.Lane!.Credential!.Index, 1);
                    Thread.Yield();
                    Count(choice.Lane!.Credential!.Index, -1);
                    Count(2, -1);
                    keys.Pool.Return(choice.Lane!, in needs, 10, keys.Now);
                }
            }
        })));

        keys.Pool.Return(first.Lane!, in needs, 10, keys.Now);
        Assert.True(most[0] <= 3 && most[1] <= 4 && most[2] <= 5, string.Join(' ', most));
        Assert.True(most[2] > 1, "No thread took a place.");
        Assert.Equal(0, keys.Pool.Running);
    }

    [Fact]
    public void No_history_exceeds_concurrency_or_what_the_rates_allow()
    {
        for (var seed = 0; seed < 1000; seed++)
        {
            var random = new Random(seed);
            var history = new LimitHistory(random);
            history.Run(steps: 120);
            history.Check();
        }
    }
}
