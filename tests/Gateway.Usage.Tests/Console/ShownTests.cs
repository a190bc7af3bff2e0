using Gateway.Usage.Console;
using Gateway.Usage.Console.Overview;
using Gateway.Usage.Ledger;

namespace Gateway.Usage.Tests.Console;

public sealed class ShownTests
{
    [Theory]
    [InlineData(0, "$0.00")]
    [InlineData(1, "$0.000000001")]
    [InlineData(123_456, "$0.000123")]
    [InlineData(12_345_678, "$0.0123")]
    [InlineData(1_234_567_890_123, "$1,234.57")]
    [InlineData(long.MaxValue, "$9,223,372,036.85")]
    public void Money_is_shown_with_the_digits_that_count(long nano, string shown) => Assert.Equal(shown, Shown.Usd(nano));

    [Fact]
    public void Exact_money_is_exact_to_the_nano() => Assert.Equal("$9,223,372,036.854775807", Shown.ExactUsd(long.MaxValue));

    [Theory]
    [InlineData(9_999, "9,999")]
    [InlineData(10_000, "10.0 k")]
    [InlineData(1_234_567, "1.23 M")]
    [InlineData(12_345_678_901, "12.35 B")]
    public void Counts_are_short(long value, string shown) => Assert.Equal(shown, Shown.Short(value));

    [Theory]
    [InlineData(-1, "–")]
    [InlineData(999, "999 ms")]
    [InlineData(1_234, "1.23 s")]
    [InlineData(125_000, "2 min 5 s")]
    public void Times_have_their_unit(long milliseconds, string shown) => Assert.Equal(shown, Shown.Duration(milliseconds));

    [Theory]
    [InlineData(110, 100, "+10 %")]
    [InlineData(90, 100, "−10 %")]
    [InlineData(5, 0, null)]
    public void A_change_is_signed(long now, long before, string? shown) => Assert.Equal(shown, Shown.Change(now, before));

    [Theory]
    [InlineData("24h", 24)]
    [InlineData("7d", 168)]
    [InlineData("30d", 30)]
    [InlineData("nonsense", 24)]
    public void A_span_has_a_step_for_each_hour_or_day_and_ends_now(string name, int steps)
    {
        var span = OverviewSpan.Of(name);
        var (from, to) = span.At(new DateTimeOffset(2026, 3, 10, 17, 30, 0, TimeSpan.Zero).ToUnixTimeMilliseconds());

        var series = OverviewReader.SeriesOf(new UsageSums([], new UsageCounters()), span, from, to);

        Assert.Equal(steps, series.Time.Length);
        Assert.Equal(span.StepHours == 1 ? new DateTimeOffset(2026, 3, 10, 17, 0, 0, TimeSpan.Zero) : new DateTimeOffset(2026, 3, 10, 0, 0, 0, TimeSpan.Zero), DateTimeOffset.FromUnixTimeSeconds(series.Time[^1]));
    }

    [Fact]
    public void Sums_land_in_their_step_and_class()
    {
        var span = OverviewSpan.Of("30d");
        var (from, to) = span.At(new DateTimeOffset(2026, 3, 10, 17, 30, 0, TimeSpan.Zero).ToUnixTimeMilliseconds());
        static UsageGroupSum Group(string day, string status)
        {
            var sum = new UsageCounters();
            sum.AddRequest();
            return new UsageGroupSum([day, status], sum);
        }

        var series = OverviewReader.SeriesOf(new UsageSums([Group("2026-03-10", "2xx"), Group("2026-03-09", "5xx"), Group("2026-03-09", "unknown"), Group("2026-03-08", "4xx")], new UsageCounters()), span, from, to);

        Assert.Equal((1, 0, 0), (series.Answered[^1], series.Refused[^1], series.Failed[^1]));
        Assert.Equal((0, 0, 2), (series.Answered[^2], series.Refused[^2], series.Failed[^2]));
        Assert.Equal((0, 1, 0), (series.Answered[^3], series.Refused[^3], series.Failed[^3]));
    }
}
