using Gateway.Router.Attempts;

namespace Gateway.Router.Tests.Attempts;

public sealed class RetryBudgetTests
{
    private const long Start = 1;

    [Fact]
    public void It_begins_with_ten_and_every_ten_requests_earn_one()
    {
        var budget = new RetryBudget();
        Assert.Equal(10, Spend(budget, Start));

        for (var i = 0; i < 25; i++)
        {
            budget.Earn(Start);
        }

        Assert.Equal(2, Spend(budget, Start));
    }

    [Fact]
    public void It_keeps_a_hundred_at_most()
    {
        var budget = new RetryBudget();
        for (var i = 0; i < 5000; i++)
        {
            budget.Earn(Start);
        }

        budget.GiveBack();
        Assert.Equal(100, Spend(budget, Start));
    }

    [Fact]
    public void Time_fills_it_up_to_ten_in_a_minute_and_no_further()
    {
        var budget = new RetryBudget();
        Spend(budget, Start);
        Assert.Equal(5, Spend(budget, Start + (TimeSpan.TicksPerMinute / 2)));
        Assert.Equal(10, Spend(budget, Start + (10 * TimeSpan.TicksPerMinute)));

        for (var i = 0; i < 205; i++)
        {
            budget.Earn(Start + (10 * TimeSpan.TicksPerMinute));
        }

        Assert.Equal(20, Spend(budget, Start + (11 * TimeSpan.TicksPerMinute)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void In_any_history_calls_stay_within_a_tenth_more_than_requests_and_ten_a_minute(int seed)
    {
        var random = new Random(seed);
        var budget = new RetryBudget();
        var (now, requests, retries) = (Start, 0L, 0L);
        for (var i = 0; i < 50_000; i++)
        {
            now += random.NextInt64(0, TimeSpan.TicksPerSecond / random.Next(1, 50));
            requests++;
            budget.Earn(now);
            for (var more = random.Next(3); more > 0 && budget.TrySpend(now); more--)
            {
                retries++;
            }

            Assert.True(retries <= (0.1 * requests) + 10 + (10.0 * now / TimeSpan.TicksPerMinute) + 1e-6, $"{retries} retries of {requests} requests");
        }
    }

    [Fact]
    public void It_is_healthy_down_to_half_of_what_a_quiet_pool_has()
    {
        var budget = new RetryBudget();
        for (var i = 0; i < 5; i++)
        {
            Assert.True(budget.IsHealthy(Start));
            budget.TrySpend(Start);
        }

        Assert.True(budget.IsHealthy(Start));
        budget.TrySpend(Start);
        Assert.False(budget.IsHealthy(Start));
    }

    [Fact]
    public void What_is_given_back_can_be_spent()
    {
        var budget = new RetryBudget();
        Spend(budget, Start);
        budget.GiveBack();
        Assert.Equal(1, Spend(budget, Start));
    }

    private static int Spend(RetryBudget budget, long now)
    {
        var spent = 0;
        while (budget.TrySpend(now))
        {
            spent++;
        }

        return spent;
    }
}
