using Gateway.Router.Credentials;

namespace Gateway.Router.Tests.Credentials;

public sealed class CredentialBreakerTests
{
    [Fact]
    public void Failures_of_one_key_of_several_open_its_lane_and_no_other()
    {
        var keys = new Keys(Keys.Key("a"), Keys.Key("b"));
        for (var i = 0; i < 5; i++)
        {
            var lane = keys.Take(tried: 0b10)!;
            Assert.True(lane.Failed(keys.Now));
            keys.Return(lane);
        }

        Assert.Equal(CredentialBlock.Open, keys.Peek(tried: 0b10).Block);
        Assert.True(keys.Peek(tried: 0b10).UsableAt > keys.Now);
        for (var i = 0; i < 10; i++)
        {
            Assert.Same(keys.Lanes[1], keys.Call());
        }

        Assert.Equal(["open", "usable"], keys.Pool.Describe(keys.Lanes, keys.Now).Select(static report => report.State));
    }

    [Fact]
    public void Half_open_one_call_tries_it_and_its_success_closes_it()
    {
        var keys = new Keys(Keys.Key("a"), Keys.Key("b"));
        for (var i = 0; i < 5; i++)
        {
            keys.Lanes[0].Failed(keys.Now);
        }

        keys.Wait(7);
        var trial = keys.Take(tried: 0b10)!;
        Assert.Same(keys.Lanes[0], trial);
        Assert.Equal(CredentialBlock.Open, keys.Peek(tried: 0b10).Block);

        keys.Return(trial);
        trial = keys.Take(tried: 0b10)!;
        trial.Succeeded(keys.Now);

        Assert.NotNull(keys.Take(tried: 0b10));
        Assert.NotNull(keys.Take(tried: 0b10));
    }

    [Fact]
    public void The_only_key_of_a_provider_has_none_since_the_deployment_has()
    {
        var keys = new Keys(Keys.Key("a"));
        for (var i = 0; i < 50; i++)
        {
            Assert.False(keys.Lanes[0].Failed(keys.Now));
        }

        Assert.True(keys.Peek().IsUsable);
    }
}
