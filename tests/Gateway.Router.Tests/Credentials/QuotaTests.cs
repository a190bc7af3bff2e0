using Gateway.Router.Credentials;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Credentials;

public sealed class QuotaTests
{
    [Fact]
    public void The_smallest_share_counts_until_its_reset()
    {
        var keys = new Keys(Keys.Key("a"));
        Assert.Equal(1, keys.Lanes[0].QuotaLeftAt(keys.Now));
        keys.Learn(
            keys.Lanes[0], ("x-ratelimit-limit-requests", "100"), ("x-ratelimit-remaining-requests", "90"), ("x-ratelimit-reset-requests", "6m0s"), ("x-ratelimit-limit-tokens", "1000"),
            ("x-ratelimit-remaining-tokens", "200"), ("x-ratelimit-reset-tokens", "48s"));

        Assert.Equal(0.2, keys.Lanes[0].QuotaLeftAt(keys.Now), 6);
        keys.Wait(48);
        Assert.Equal(0.9, keys.Lanes[0].QuotaLeftAt(keys.Now), 6);
        keys.Wait(360);
        Assert.Equal(1, keys.Lanes[0].QuotaLeftAt(keys.Now));
    }

    [Theory]
    [InlineData("anthropic-ratelimit-requests-limit", "50", "anthropic-ratelimit-requests-remaining", "5", "anthropic-ratelimit-requests-reset", "1970-01-01T00:00:30Z", 0.1)]
    [InlineData("anthropic-ratelimit-input-tokens-limit", "50", "anthropic-ratelimit-input-tokens-remaining", "25", "anthropic-ratelimit-input-tokens-reset", "1970-01-01T00:00:30Z", 0.5)]
    [InlineData("Anthropic-RateLimit-Output-Tokens-Limit", "50", "anthropic-ratelimit-output-tokens-remaining", "40", "anthropic-ratelimit-output-tokens-reset", "1970-01-01T00:00:30Z", 0.8)]
    [InlineData("anthropic-ratelimit-tokens-limit", "50", "anthropic-ratelimit-tokens-remaining", "1", "anthropic-ratelimit-tokens-reset", "1970-01-01T00:00:30Z", 0.02)]
    [InlineData("ratelimit-limit", "50", "ratelimit-remaining", "5", "ratelimit-reset", "30", 0.1)]
    [InlineData("x-ratelimit-limit", "50", "x-ratelimit-remaining", "5", "x-ratelimit-reset", "30", 0.1)]
    [InlineData("ratelimitbysize-limit", "50", "ratelimitbysize-remaining", "5", "ratelimitbysize-reset", "30", 0.1)]
    [InlineData("x-ratelimit-limit-requests-day", "50", "x-ratelimit-remaining-requests-day", "5", "x-ratelimit-reset-requests-day", "33011.3", 0.1)]
    [InlineData("x-ratelimit-limit-tokens-minute", "50", "x-ratelimit-remaining-tokens-minute", "5", "x-ratelimit-reset-tokens-minute", "11.3", 0.1)]
    [InlineData("x-ratelimit-limit-requests", "14400", "x-ratelimit-remaining-requests", "7200", "x-ratelimit-reset-requests", "2m59.56s", 0.5)]
    [InlineData("x-ratelimit-limit-requests", "100", "x-ratelimit-remaining-requests", "many", "x-ratelimit-reset-requests", "1s", 1)]
    [InlineData("x-ratelimit-limit-requests", "100", "x-ratelimit-remaining-requests", "5", "x-ratelimit-reset-requests", "soon", 1)]
    [InlineData("x-ratelimit-limit-requests", "0", "x-ratelimit-remaining-requests", "5", "x-ratelimit-reset-requests", "1s", 1)]
    public void Every_providers_names_are_known(string limit, string limitValue, string remaining, string remainingValue, string reset, string resetValue, double left)
    {
        var keys = new Keys(Keys.Key("a"));
        keys.Learn(keys.Lanes[0], (limit, limitValue), (remaining, remainingValue), (reset, resetValue));

        Assert.Equal(left, keys.Lanes[0].QuotaLeftAt(keys.Now), 6);
    }

    [Fact]
    public void Where_only_what_is_left_is_told_the_most_that_was_seen_stands_for_all()
    {
        var keys = new Keys(Keys.Key("a"));
        keys.Learn(keys.Lanes[0], ("x-ratelimit-remaining-requests", "100"), ("x-ratelimit-reset-requests", "10"));
        keys.Learn(keys.Lanes[0], ("x-ratelimit-remaining-requests", "25"), ("x-ratelimit-reset-requests", "10"));

        Assert.Equal(0.25, keys.Lanes[0].QuotaLeftAt(keys.Now), 6);
    }

    [Fact]
    public void Nothing_left_is_a_limit_until_the_reset()
    {
        var keys = new Keys(Keys.Key("a"));
        keys.Learn(keys.Lanes[0], ("x-ratelimit-limit-tokens", "100"), ("x-ratelimit-remaining-tokens", "0"), ("x-ratelimit-reset-tokens", "12s"));

        Assert.Equal(new CredentialChoice(null, CredentialBlock.Limited, keys.In(12)), keys.Peek());
        keys.Wait(12);
        Assert.True(keys.Peek().IsUsable);
        Assert.NotNull(keys.Call());
    }

    [Fact]
    public void A_reset_in_a_year_is_not_believed_for_longer_than_ten_minutes()
    {
        var keys = new Keys(Keys.Key("a"));
        keys.Learn(keys.Lanes[0], ("x-ratelimit-limit-tokens", "100"), ("x-ratelimit-remaining-tokens", "0"), ("x-ratelimit-reset-tokens", "2099-01-01T00:00:00Z"));

        Assert.Equal(keys.In(600), keys.Peek().UsableAt);
    }

    [Fact]
    public void An_answer_without_such_headers_teaches_nothing()
    {
        var keys = new Keys(Keys.Key("a"));
        keys.Learn(keys.Lanes[0], ("x-request-id", "1"), ("x-ratelimit-key", "gpt"), ("x-ratelimit-abusepenalty-active", "False"));

        Assert.Equal(1, keys.Lanes[0].QuotaLeftAt(keys.Now));
        Assert.True(keys.Lanes[0].IsClear);
    }

    [Fact]
    public void Learning_allocates_nothing_in_the_normal_case()
    {
        var keys = new Keys(Keys.Key("a"));
        using var answer = Keys.Answer(
            ("x-request-id", "1"), ("x-ratelimit-limit-requests", "10000"), ("x-ratelimit-remaining-requests", "9999"), ("x-ratelimit-reset-requests", "6ms"),
            ("x-ratelimit-limit-tokens", "150000000"), ("x-ratelimit-remaining-tokens", "149999967"), ("x-ratelimit-reset-tokens", "0s"));
        var lane = keys.Lanes[0];
        for (var i = 0; i < 100; i++)
        {
            lane.Learn(answer, keys.Now, DateTimeOffset.UnixEpoch);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            lane.Learn(answer, keys.Now, DateTimeOffset.UnixEpoch);
        }

        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1000);
    }

    [Fact]
    public void A_recorded_429_of_Anthropic_leaves_nothing_for_seven_seconds()
    {
        var keys = new Keys(Keys.Key("a"));
        using var answer = Keys.Answer([.. Recordings.Load("anthropic-error-429-rate-limit").ResponseHeaders.Select(static header => (header.Key, header.Value))]);
        keys.Lanes[0].Learn(answer, keys.Now, new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

        Assert.Equal((CredentialBlock.Limited, keys.In(7)), (keys.Peek().Block, keys.Peek().UsableAt));
    }
}
