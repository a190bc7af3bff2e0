using System.Collections.Frozen;
using System.Net;
using Gateway.Core.Configuration;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Attempts;

/// <summary>Groups that stand in for others: in order, each authorised anew, each at its own price.</summary>
public sealed class FallbackTests
{
    [Fact]
    public async Task Fallbacks_are_tried_in_order_and_each_is_charged_at_its_own_price()
    {
        await using var fleet = await Fleet.StartAsync(
            Fleet.Groups([Fleet.To(1), Fleet.To(2)]), null,
            Fleet.Streams(Requests.Usage, Requests.Error), Fleet.Streams(Requests.Usage, Requests.Error), Fleet.Streams(Fleet.StreamOf(2)));

        using var response = await fleet.Router.SendAsync(Requests.StreamWithUsage);

        Assert.Equal(string.Concat(Fleet.StreamOf(2)), await response.Content.ReadAsStringAsync());
        Assert.Equal(("3", "c/real-c"), (Fleet.One(response, "x-gateway-attempts"), Fleet.One(response, "x-gateway-deployment")));
        var final = fleet.Final();
        Assert.Equal(["a/real-a", "b/real-b", "c/real-c"], final.AttemptRecords.Select(static record => record.Deployment));
        Assert.Equal(("gpt-test", "c/real-c", Fleet.PriceOf(2)), (final.Intent.RequestedModel, final.Intent.Deployment, final.Intent.Price));
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal((10, 5), (final.AttemptRecords[i].Usage.Input, final.AttemptRecords[i].Usage.Output));
            Assert.Equal(Fleet.PriceOf(i).Cost(final.AttemptRecords[i].Usage), final.AttemptRecords[i].CostNanoUsd);
            Assert.Equal(Fleet.PriceOf(i), fleet.Journal.Intents[i].Price);
        }

        Assert.Equal(final.AttemptRecords[0].CostNanoUsd + final.AttemptRecords[1].CostNanoUsd, fleet.Journal.Intents[2].CarriedNanoUsd);
        Assert.Equal(final.AttemptRecords[0].Usage + final.AttemptRecords[1].Usage, fleet.Journal.Intents[2].CarriedUsage);
        await fleet.AssertAllGivenBackAsync();
    }

    [Fact]
    public async Task A_fallback_of_a_fallback_is_tried_before_the_next_of_the_group_and_none_twice()
    {
        await using var fleet = await Fleet.StartAsync(
            config => Fleet.Group(static group => group with { Attempts = 3 })(Fleet.Groups([Fleet.To(1), Fleet.To(2)], [Fleet.To(3), Fleet.To(2)])(config)),
            null, Fleet.Says(500), Fleet.Says(500), Fleet.Answers(2), Fleet.Answers(3));

        using var response = await fleet.Router.SendAsync(Requests.Plain);

        Assert.Equal(Fleet.AnswerOf(3), await response.Content.ReadAsStringAsync());
        Assert.Equal(["a/real-a", "b/real-b", "d/real-d"], fleet.Final().AttemptRecords.Select(static record => record.Deployment));
    }

    [Fact]
    public async Task A_fallback_stands_in_without_a_call_for_a_group_that_is_out()
    {
        await using var fleet = await Fleet.StartAsync(Fleet.Groups([Fleet.To(1)]), null, Fleet.Says(401), Fleet.Answers(1));

        for (var i = 0; i < 3; i++)
        {
            using var response = await fleet.Router.SendAsync(Requests.Plain);
            Assert.Equal(Fleet.AnswerOf(1), await response.Content.ReadAsStringAsync());
            Assert.Equal(i == 0 ? "2" : "1", Fleet.One(response, "x-gateway-attempts"));
        }

        Assert.Equal((1, 3), (fleet.Seen(0).Count, fleet.Seen(1).Count));
    }

    public static TheoryData<string> Forbidden => ["model", "provider", "access", "tag", "moderation", "only", "ignore", "nothing"];

    [Theory]
    [MemberData(nameof(Forbidden))]
    public async Task A_fallback_that_the_request_may_not_use_is_passed_over(string because)
    {
        await using var fleet = await Fleet.StartAsync(
            config =>
            {
                var changed = Fleet.Groups([Fleet.To(1), Fleet.To(2)])(config);
                return Fleet.Group(group => group with
                {
                    Access = because == "access" && group.Name != "group-b" ? AccessLevel.Internal : AccessLevel.Private,
                    Moderation = because == "moderation" && group.Name == "group-b" ? "strict" : null,
                    Deployments = [.. group.Deployments.Select(deployment => deployment with { Tags = because == "tag" && deployment.Provider != "b" ? Eu : Tags.None })],
                })(changed);
            },
            null, Fleet.Says(500), Fleet.Answers(1), Fleet.Answers(2));
        var steer = because switch
        {
            "only" => "\"provider\":{\"only\":[\"a\",\"c\"]},",
            "ignore" => "\"provider\":{\"ignore\":[\"b\"]},",
            _ => "",
        };

        using var response = await fleet.Router.SendAsync(Requests.Plain.Replace("\"messages\"", steer + "\"messages\"", StringComparison.Ordinal), claims: claims => because switch
        {
            "model" => claims with { AllowedModels = ["gpt-test", "group-c"] },
            "provider" => claims with { AllowedProviders = ["a", "c"] },
            "access" => claims with { AllowedModels = [] },
            "tag" => claims with { RequiredTags = ["region=eu"] },
            _ => claims,
        });

        if (because == "nothing")
        {
            // The counter-test: nothing forbids it.
            Assert.Equal(Fleet.AnswerOf(1), await response.Content.ReadAsStringAsync());
            return;
        }

        Assert.Equal(Fleet.AnswerOf(2), await response.Content.ReadAsStringAsync());
        Assert.Empty(fleet.Seen(1));
        Assert.Equal(["a/real-a", "c/real-c"], fleet.Final().AttemptRecords.Select(static record => record.Deployment));
    }

    [Fact]
    public async Task The_models_of_the_body_go_before_the_fallbacks_of_the_group()
    {
        await using var fleet = await Fleet.StartAsync(Fleet.Groups([Fleet.To(1)]), null, Fleet.Says(500), Fleet.Answers(1), Fleet.Says(500), Fleet.Answers(3));

        using var response = await fleet.Router.SendAsync(With("\"models\":[\"group-c\",\"group-d\"],"));

        Assert.Equal(Fleet.AnswerOf(3), await response.Content.ReadAsStringAsync());
        Assert.Equal(["a/real-a", "c/real-c", "d/real-d"], fleet.Final().AttemptRecords.Select(static record => record.Deployment));
        Assert.All((int[])[0, 2, 3], index => Assert.DoesNotContain("models", fleet.Seen(index)[0].Text, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("model")]
    [InlineData("unknown")]
    public async Task A_model_of_the_body_that_the_key_may_not_use_is_passed_over(string because)
    {
        await using var fleet = await Fleet.StartAsync(Fleet.Groups(), null, Fleet.Says(500), Fleet.Answers(1), Fleet.Answers(2));

        using var response = await fleet.Router.SendAsync(
            With(because == "unknown" ? "\"models\":[\"no-such-model\",\"group-c\"]," : "\"models\":[\"group-b\",\"group-c\"],"),
            claims: static claims => claims with { AllowedModels = ["gpt-test", "group-c", "no-such-model"] });

        Assert.Equal(Fleet.AnswerOf(2), await response.Content.ReadAsStringAsync());
        Assert.Empty(fleet.Seen(1));
    }

    [Theory]
    [InlineData("\"provider\":{\"order\":[\"c\",\"b\"]},", "c")]
    [InlineData("\"provider\":{\"order\":[\"b\"]},", "b")]
    [InlineData("\"provider\":{\"only\":[\"b\"]},", "b")]
    [InlineData("\"provider\":{\"only\":[\"c\",\"b\"]},", "b")]
    [InlineData("\"provider\":{\"ignore\":[\"a\"]},", "b")]
    [InlineData("\"provider\":{\"ignore\":[\"a\",\"b\"]},", "c")]
    [InlineData("", "a")]
    public async Task A_request_may_say_who_goes_first(string steer, string expected)
    {
        await using var fleet = await Fleet.StartAsync(Fleet.Answers(0), Fleet.Answers(1), Fleet.Answers(2));

        using var response = await fleet.Router.SendAsync(With(steer));

        Assert.Equal((HttpStatusCode.OK, $"{expected}/real-{expected}"), (response.StatusCode, Fleet.One(response, "x-gateway-deployment")));
        Assert.Equal(1, fleet.Calls);
    }

    [Theory]
    [InlineData("price", "a")]
    [InlineData("latency", "b")]
    public async Task A_request_may_say_what_decides(string sort, string expected)
    {
        await using var fleet = await Fleet.StartAsync(
            Fleet.Group(static group => group with { Deployments = [.. group.Deployments.Select(static deployment => deployment with { Order = 1 })] }), null, Fleet.Answers(0), Fleet.Answers(1));
        var load = fleet.GroupOf().Deployments[0].State.Load;
        load.NoteWhole(1, TimeSpan.FromSeconds(20));
        fleet.GroupOf().Deployments[1].State.Load.NoteWhole(1, TimeSpan.FromSeconds(1));
        if (sort == "latency")
        {
            // One of the two runs a call already, so that it is not merely tried.
            load.Enter();
            fleet.GroupOf().Deployments[1].State.Load.Enter();
        }

        for (var i = 0; i < 3; i++)
        {
            using var response = await fleet.Router.SendAsync(With($"\"provider\":{{\"sort\":\"{sort}\"}},"));
            Assert.Equal($"{expected}/real-{expected}", Fleet.One(response, "x-gateway-deployment"));
        }
    }

    [Fact]
    public async Task Without_fallbacks_only_the_first_choice_is_asked()
    {
        await using var fleet = await Fleet.StartAsync(
            config => Fleet.Group(group => group.Name == "gpt-test" ? group with { Deployments = [Fleet.DeploymentOf(0), Fleet.DeploymentOf(1) with { Order = 2 }] } : group)(Fleet.Groups([Fleet.To(2)])(config)),
            null, Fleet.Says(500), Fleet.Answers(1), Fleet.Answers(2));

        using var response = await fleet.Router.SendAsync(With("\"provider\":{\"allow_fallbacks\":false},"));

        Assert.Equal((HttpStatusCode.InternalServerError, "1"), (response.StatusCode, Fleet.One(response, "x-gateway-attempts")));
        Assert.Equal(1, fleet.Calls);
    }

    [Fact]
    public async Task A_fallback_is_for_the_failures_that_it_names()
    {
        await using var fleet = await Fleet.StartAsync(
            Fleet.Groups([Fleet.To(1, FallbackTriggers.ContextLength), Fleet.To(2, FallbackTriggers.ContentPolicy | FallbackTriggers.Error)]), null, Fleet.Says(500), Fleet.Answers(1), Fleet.Answers(2));

        using var response = await fleet.Router.SendAsync(Requests.Plain);

        Assert.Equal(Fleet.AnswerOf(2), await response.Content.ReadAsStringAsync());
        Assert.Empty(fleet.Seen(1));
    }

    private static FrozenDictionary<string, string> Eu => new Dictionary<string, string> { ["region"] = "eu" }.ToFrozenDictionary();

    private static string With(string steer) => Requests.Plain.Replace("\"messages\"", steer + "\"messages\"", StringComparison.Ordinal);
}
