using Gateway.Router.Credentials;

namespace Gateway.Router.Tests.Credentials;

public sealed class QuarantineTests
{
    [Fact]
    public void A_401_takes_the_credential_from_every_deployment_of_the_provider()
    {
        var keys = new Keys(Keys.Key("a"));
        var elsewhere = keys.Pool.NewLanes("up/other");
        keys.Lanes[0].Refused(keys.Now, 401);

        Assert.Equal((CredentialBlock.Quarantined, keys.In(300)), (keys.Peek().Block, keys.Peek().UsableAt));
        Assert.Equal(CredentialBlock.Quarantined, keys.Pool.Peek(elsewhere, default, 0, keys.Now).Block);
        Assert.Null(Assert.Single(keys.Told).Deployment);
    }

    [Fact]
    public void A_403_takes_it_from_this_deployment_only()
    {
        var keys = new Keys(Keys.Key("a"));
        var elsewhere = keys.Pool.NewLanes("up/other");
        keys.Lanes[0].Refused(keys.Now, 403);

        Assert.Equal(CredentialBlock.Quarantined, keys.Peek().Block);
        Assert.True(keys.Pool.Peek(elsewhere, default, 0, keys.Now).IsUsable);
        Assert.Equal(Keys.Deployment, Assert.Single(keys.Told).Deployment);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    public void After_it_one_call_tries_and_a_second_refusal_doubles_it_up_to_an_hour(int status)
    {
        var keys = new Keys(Keys.Key("a"));
        keys.Lanes[0].Refused(keys.Now, status);
        foreach (var minutes in new[] { 5, 10, 20, 40, 60, 60 })
        {
            Assert.Equal(keys.In(minutes * 60), keys.Peek().UsableAt);
            keys.Wait((minutes * 60) - 0.1);
            Assert.Null(keys.Take());
            keys.Wait(0.1);
            var trial = keys.Take();
            Assert.NotNull(trial);
            Assert.Equal(CredentialBlock.Quarantined, keys.Peek().Block);
            trial.Refused(keys.Now, status);
            keys.Return(trial);
        }

        Assert.Equal([true, false, false, false, false, false, false], keys.Told.Select(static told => told.IsNew));
    }

    [Fact]
    public void A_trial_that_succeeds_releases_it()
    {
        var keys = new Keys(Keys.Key("a"));
        keys.Lanes[0].Refused(keys.Now, 401);
        keys.Wait(300);
        var trial = keys.Take()!;
        trial.Succeeded(keys.Now);

        Assert.NotNull(keys.Take());
        Assert.NotNull(keys.Take());
        Assert.Equal(CredentialEventKind.Released, keys.Told[^1].Kind);
        keys.Return(trial);
        keys.Lanes[0].Refused(keys.Now, 401);
        Assert.Equal(keys.In(300), keys.Peek().UsableAt);
    }

    [Fact]
    public void A_trial_that_tells_nothing_lets_another_try()
    {
        var keys = new Keys(Keys.Key("a"));
        keys.Lanes[0].Refused(keys.Now, 401);
        keys.Wait(300);
        var trial = keys.Take()!;
        Assert.Null(keys.Take());

        keys.Return(trial, used: null);

        Assert.NotNull(keys.Take());
    }

    [Fact]
    public void A_trial_that_nobody_ends_is_over_some_time()
    {
        var keys = new Keys(Keys.Key("a"));
        keys.Lanes[0].Refused(keys.Now, 401);
        keys.Wait(300);
        Assert.NotNull(keys.Take());
        Assert.Null(keys.Take());
        keys.Wait(300);

        Assert.NotNull(keys.Take());
    }

    [Fact]
    public void Calls_that_were_under_way_neither_prolong_nor_release_it()
    {
        var keys = new Keys(Keys.Key("a"));
        keys.Lanes[0].Refused(keys.Now, 401);
        var until = keys.Peek().UsableAt;
        keys.Wait(1);
        keys.Lanes[0].Refused(keys.Now, 401);
        keys.Lanes[0].Succeeded(keys.Now);

        Assert.Equal((CredentialBlock.Quarantined, until), (keys.Peek().Block, keys.Peek().UsableAt));
        Assert.Single(keys.Told);
    }

    [Fact]
    public void One_bad_key_of_two_serves_nobody()
    {
        var keys = new Keys(Keys.Key("bad"), Keys.Key("good"));
        var refused = 0;
        for (var i = 0; i < 100; i++)
        {
            var lane = keys.Take()!;
            if (lane == keys.Lanes[0])
            {
                refused++;
                lane.Refused(keys.Now, 401);
                keys.Return(lane);

                // The same request goes on with the other.
                lane = keys.Take(tried: 0b01);
                Assert.Same(keys.Lanes[1], lane);
            }

            lane!.Succeeded(keys.Now);
            keys.Return(lane);
            keys.Wait(1);
        }

        Assert.Equal(1, refused);
    }

    [Fact]
    public void What_could_not_even_be_used_is_soon_tried_again()
    {
        var keys = new Keys(Keys.Key("a"));
        keys.Lanes[0].Refused(keys.Now, 0);

        Assert.Equal(keys.In(5), keys.Peek().UsableAt);
    }

    [Fact]
    public void The_spare_is_one_that_is_not_refused()
    {
        var keys = new Keys(Keys.Key("a"), Keys.Key("b"));
        Assert.Equal("up#1", keys.Pool.Spare!.Label);
        keys.Lanes[0].Refused(keys.Now, 401);
        Assert.Equal("up#2", keys.Pool.Spare!.Label);
        keys.Lanes[1].Refused(keys.Now, 401);
        Assert.NotNull(keys.Pool.Spare);
    }

    [Fact]
    public void The_same_key_keeps_its_state_in_another_document_and_a_new_one_begins_anew()
    {
        var keys = new Keys(Keys.Key("a"), Keys.Key("b"));
        keys.Lanes[0].Refused(keys.Now, 401);
        keys.Lanes[1].RateLimited(keys.Now, TimeSpan.FromSeconds(30));

        keys.Change(Keys.Key("c"), Keys.Key("b", weight: 3), Keys.Key("a"));

        Assert.Equal(["usable", "resting", "quarantined"], keys.Pool.Describe(keys.Lanes, keys.Now).Select(static report => report.State));

        keys.Change(Keys.Key("c"));
        keys.Change(Keys.Key("a"));
        Assert.True(keys.Peek().IsUsable);
    }

    [Fact]
    public void What_another_Router_learned_is_taken_over_and_not_told_on()
    {
        var keys = new Keys(Keys.Key("a"), Keys.Key("b"));
        var prints = keys.Pool.Credentials.Select(static credential => credential.Fingerprint).ToArray();
        keys.Memory.Accept(new CredentialHint("up", null, prints[0], IsQuarantine: true, TimeSpan.FromHours(1)), keys.Now);
        keys.Memory.Accept(new CredentialHint("up", Keys.Deployment, prints[1], IsQuarantine: false, TimeSpan.FromSeconds(20)), keys.Now);
        keys.Memory.Accept(new CredentialHint("up", null, "unknown", IsQuarantine: true, TimeSpan.FromHours(1)), keys.Now);

        var reports = keys.Pool.Describe(keys.Lanes, keys.Now);

        Assert.Equal([("quarantined", 300.0), ("resting", 20.0)], reports.Select(static report => (report.State, report.Until!.Value.TotalSeconds)));
        Assert.Empty(keys.Told);
    }
}
