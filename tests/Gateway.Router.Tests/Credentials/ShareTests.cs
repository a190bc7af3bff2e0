using Gateway.Router.Credentials;

namespace Gateway.Router.Tests.Credentials;

public sealed class ShareTests
{
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(5, 1, 1)]
    [InlineData(7, 3, 2)]
    [InlineData(100, 1, 10)]
    public void Shares_are_as_the_weights_within_two_percent(int first, int second, int third)
    {
        int[] weights = [first, second, third];
        var keys = new Keys(Keys.Key("a", first), Keys.Key("b", second), Keys.Key("c", third));
        var counts = new int[3];
        const int Calls = 10_000;
        for (var i = 0; i < Calls; i++)
        {
            counts[keys.Call()!.Credential!.Index]++;
        }

        for (var i = 0; i < 3; i++)
        {
            Assert.InRange(counts[i] / (double)Calls, ((double)weights[i] / weights.Sum()) - 0.02, ((double)weights[i] / weights.Sum()) + 0.02);
        }
    }

    [Fact]
    public void Turns_of_light_keys_fall_between_those_of_a_heavy_one()
    {
        var keys = new Keys(Keys.Key("a", 5), Keys.Key("b"), Keys.Key("c"));

        var turns = Enumerable.Range(0, 70).Select(_ => keys.Call()!.Credential!.Index).ToArray();

        for (var i = 0; i < turns.Length; i += 7)
        {
            Assert.Equal([0, 0, 0, 0, 0, 1, 2], turns[i..(i + 7)].Order());
            Assert.Equal((0, 0), (turns[i], turns[i + 6]));
        }
    }

    [Fact]
    public void One_that_was_away_does_not_catch_up()
    {
        var keys = new Keys(Keys.Key("a"), Keys.Key("b"));
        keys.Lanes[0].RateLimited(keys.Now, TimeSpan.FromSeconds(60));
        for (var i = 0; i < 1000; i++)
        {
            Assert.Same(keys.Lanes[1], keys.Call());
        }

        keys.Wait(60);

        var first = Enumerable.Range(0, 20).Count(_ => keys.Call() == keys.Lanes[0]);
        Assert.InRange(first, 9, 11);
    }

    [Fact]
    public void The_one_with_the_most_quota_is_preferred()
    {
        var keys = new Keys(Keys.Key("a"), Keys.Key("b"));
        keys.Learn(keys.Lanes[0], ("x-ratelimit-limit-tokens", "1000"), ("x-ratelimit-remaining-tokens", "250"), ("x-ratelimit-reset-tokens", "45s"));

        var first = Enumerable.Range(0, 1000).Count(_ => keys.Call() == keys.Lanes[0]);
        Assert.InRange(first, 190, 210);

        keys.Wait(45);
        first = Enumerable.Range(0, 1000).Count(_ => keys.Call() == keys.Lanes[0]);
        Assert.InRange(first, 490, 510);
    }

    [Fact]
    public void Peek_says_what_is_taken_and_changes_nothing()
    {
        var random = new Random(11);
        for (var round = 0; round < 200; round++)
        {
            var keys = new Keys([.. Enumerable.Range(0, random.Next(1, 6)).Select(i => Keys.Key("k" + i, random.Next(1, 9)))]);
            for (var step = 0; step < 60; step++)
            {
                var lane = keys.Lanes[random.Next(keys.Lanes.Length)];
                switch (random.Next(8))
                {
                    case 0:
                        lane.RateLimited(keys.Now, random.Next(2) == 0 ? null : TimeSpan.FromSeconds(random.Next(1, 20)));
                        break;
                    case 1:
                        lane.Refused(keys.Now, random.Next(2) == 0 ? 401 : 403);
                        break;
                    case 2:
                        lane.Succeeded(keys.Now);
                        break;
                    case 3:
                        keys.Wait(random.Next(1, 400));
                        break;
                    case 4:
                        keys.Learn(lane, ("x-ratelimit-limit-requests", "10"), ("x-ratelimit-remaining-requests", $"{random.Next(11)}"), ("x-ratelimit-reset-requests", "30s"));
                        break;
                    default:
                        var tried = (ulong)random.Next(4);
                        var first = keys.Peek(tried: tried);
                        Assert.Equal(first, keys.Peek(tried: tried));
                        Assert.Equal(first.IsUsable, keys.Pool.TryTake(in first, default, keys.Now));
                        break;
                }
            }
        }
    }

    [Fact]
    public void A_provider_without_keys_has_one_lane_without_a_credential()
    {
        var keys = new Keys();

        Assert.Null(Assert.Single(keys.Lanes).Credential);
        Assert.Same(keys.Lanes[0], keys.Call());
        Assert.Null(keys.Pool.Spare);
        Assert.Equal(CredentialBlock.Tried, keys.Peek(tried: 1).Block);
    }
}
