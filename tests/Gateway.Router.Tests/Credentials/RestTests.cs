using Gateway.Router.Credentials;

namespace Gateway.Router.Tests.Credentials;

public sealed class RestTests
{
    [Fact]
    public void A_429_rests_the_credential_until_it_says()
    {
        var keys = new Keys(Keys.Key("a"));
        keys.Lanes[0].RateLimited(keys.Now, TimeSpan.FromSeconds(7));

        Assert.Equal((CredentialBlock.Resting, keys.In(7)), (keys.Peek().Block, keys.Peek().UsableAt));
        keys.Wait(6.9);
        Assert.False(keys.Peek().IsUsable);
        keys.Wait(0.1);
        Assert.True(keys.Peek().IsUsable);
    }

    [Fact]
    public void A_429_without_a_word_rests_longer_each_time()
    {
        var keys = new Keys(Keys.Key("a"));
        foreach (var seconds in new[] { 1, 2, 4, 8, 16, 32, 60, 60 })
        {
            keys.Lanes[0].RateLimited(keys.Now, null);
            Assert.Equal(keys.In(seconds), keys.Peek().UsableAt);
            keys.Wait(seconds);
            Assert.NotNull(keys.Call());
        }
    }

    [Fact]
    public void Calls_that_were_refused_together_count_as_one()
    {
        var keys = new Keys(Keys.Key("a"));
        for (var i = 0; i < 20; i++)
        {
            keys.Lanes[0].RateLimited(keys.Now, null);
            keys.Wait(0.01);
        }

        Assert.True(keys.Peek().UsableAt <= keys.In(1));
        Assert.Single(keys.Told);
    }

    [Fact]
    public void A_success_makes_rests_short_again_and_one_from_before_does_not()
    {
        var keys = new Keys(Keys.Key("a"));
        keys.Lanes[0].RateLimited(keys.Now, null);
        keys.Wait(1);
        keys.Lanes[0].RateLimited(keys.Now, null);
        keys.Lanes[0].Succeeded(keys.Now);
        Assert.Equal(CredentialBlock.Resting, keys.Peek().Block);
        keys.Wait(2);
        keys.Lanes[0].RateLimited(keys.Now, null);
        Assert.Equal(keys.In(4), keys.Peek().UsableAt);
        keys.Wait(4);

        keys.Lanes[0].Succeeded(keys.Now);
        keys.Lanes[0].RateLimited(keys.Now, null);

        Assert.Equal(keys.In(1), keys.Peek().UsableAt);
    }

    [Fact]
    public void The_other_credential_serves_while_one_rests()
    {
        var keys = new Keys(Keys.Key("a"), Keys.Key("b"));
        keys.Lanes[0].RateLimited(keys.Now, TimeSpan.FromSeconds(5));

        for (var i = 0; i < 10; i++)
        {
            Assert.Same(keys.Lanes[1], keys.Call());
        }

        Assert.Equal((CredentialBlock.Resting, keys.In(5)), (keys.Peek(tried: 0b10).Block, keys.Peek(tried: 0b10).UsableAt));
    }

    [Fact]
    public void The_earliest_of_all_is_told()
    {
        var keys = new Keys(Keys.Key("a"), Keys.Key("b"), Keys.Key("c"));
        keys.Lanes[0].RateLimited(keys.Now, TimeSpan.FromSeconds(9));
        keys.Lanes[1].RateLimited(keys.Now, TimeSpan.FromSeconds(3));
        keys.Lanes[2].Refused(keys.Now, 401);

        Assert.Equal(new CredentialChoice(null, CredentialBlock.Resting, keys.In(3)), keys.Peek());
    }

    [Fact]
    public void A_quota_that_is_gone_rests_ten_minutes_and_longer_with_one_alarm()
    {
        var keys = new Keys(Keys.Key("a"));
        foreach (var minutes in new[] { 10, 20, 40, 60, 60 })
        {
            keys.Lanes[0].QuotaExhausted(keys.Now);
            keys.Lanes[0].QuotaExhausted(keys.Now);
            Assert.Equal((CredentialBlock.Resting, keys.In(minutes * 60)), (keys.Peek().Block, keys.Peek().UsableAt));
            keys.Wait(minutes * 60);
            Assert.True(keys.Peek().IsUsable);
        }

        Assert.Equal([true, false, false, false, false], keys.Told.Select(static told => told.IsNew));
        Assert.All(keys.Told, static told => Assert.Equal((CredentialEventKind.QuotaExhausted, Keys.Deployment), (told.Kind, told.Deployment)));
        keys.Lanes[0].Succeeded(keys.Now);
        keys.Lanes[0].QuotaExhausted(keys.Now);
        Assert.Equal(keys.In(600), keys.Peek().UsableAt);
    }
}
