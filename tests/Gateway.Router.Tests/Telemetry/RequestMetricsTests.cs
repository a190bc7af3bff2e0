using System.Collections.Frozen;
using Gateway.Core.Configuration;
using Gateway.Router.Tests.Hosting;
using Microsoft.AspNetCore.Http;

namespace Gateway.Router.Tests.Telemetry;

public sealed class RequestMetricsTests
{
    private const string Place = "gen_ai.operation.name=chat gen_ai.provider.name=openai gen_ai.request.model=gpt-test gen_ai.response.model=real-model gateway.deployment=up/real-model";

    [Fact]
    public async Task A_plain_answer_is_measured_under_the_names_of_the_conventions()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var router = await RouterHost.StartAsync(upstream);
        using var measured = new Measured(router);

        using var response = await router.SendAsync(Requests.Plain);
        await measured.UntilAsync(1);

        Assert.Equal([$"{Place} gateway.ending=completed = 1"], measured.Of("gen_ai.server.request.duration"));
        Assert.Equal([$"{Place} = 1"], measured.Of("gen_ai.server.time_to_first_token"));
        Assert.Equal([$"{Place} gen_ai.token.type=input = 10", $"{Place} gen_ai.token.type=output = 5"], measured.Of("gen_ai.client.token.usage"));
        Assert.Equal(["model=gpt-test provider=openai deployment=up/real-model type=input = 10", "model=gpt-test provider=openai deployment=up/real-model type=output = 5"], measured.Of("llm.tokens"));

        // 10 tokens at 2 USD and 5 at 10 USD a million.
        Assert.Equal(["model=gpt-test provider=openai deployment=up/real-model = 7E-05"], measured.Of("llm.cost"));
        Assert.Equal(["gateway.deployment=up/real-model gateway.ending=completed = 1"], measured.Of("gateway.upstream.attempts"));
        Assert.Empty(measured.Of("llm.errors"));

        // Without a stream nobody knows how long one token took.
        Assert.Empty(measured.Of("gen_ai.server.time_per_output_token"));
    }

    [Fact]
    public async Task A_completed_stream_tells_the_time_of_each_token()
    {
        await using var upstream = await UpstreamServer.StartStreamAsync(Requests.Delta("hel"), Requests.Delta("lo"), Requests.Finish, Requests.Usage, Requests.Done);
        await using var router = await RouterHost.StartAsync(upstream);
        using var measured = new Measured(router);

        using var response = await router.SendAsync(Requests.StreamWithUsage);
        await response.Content.ReadAsStringAsync();
        await measured.UntilAsync(1);

        Assert.Equal([$"{Place} = 1"], measured.Of("gen_ai.server.time_per_output_token"));
    }

    [Fact]
    public async Task A_stream_that_breaks_is_an_error_and_tells_no_time_of_a_token()
    {
        // Only what has begun can break: until its first content is there, another call replaces it.
        var begun = new TaskCompletionSource();
        await using var upstream = await UpstreamServer.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await UpstreamServer.WritePieceAsync(context, Requests.Delta("more than one token in all"));
            await UpstreamServer.WritePieceAsync(context, Requests.Delta(", as anybody would guess"));
            await begun.Task;
            context.Abort();
        });
        await using var router = await RouterHost.StartAsync(upstream);
        using var measured = new Measured(router);

        using var response = await router.SendAsync(Requests.Stream);
        begun.SetResult();
        await Record.ExceptionAsync(() => response.Content.ReadAsStringAsync());
        await measured.UntilAsync(1);

        var final = Assert.Single(router.Journal.Finals);
        Assert.True(final is { Usage.Output: > 1, TimeToFirstTokenMs: >= 0 }, final.ToString());
        Assert.Empty(measured.Of("gen_ai.server.time_per_output_token"));
        Assert.StartsWith($"{Place} gateway.ending=upstream_failed error.type=", Assert.Single(measured.Of("gen_ai.server.request.duration")), StringComparison.Ordinal);
        Assert.Contains("domain=upstream model=gpt-test = 1", Assert.Single(measured.Of("llm.errors")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_that_failed_and_was_charged_counts_for_its_own_deployment()
    {
        await using var broken = await UpstreamServer.StartAsync(static async context =>
        {
            // Its head says that it was generated; what it holds cannot be read.
            context.Response.Headers.ContentEncoding = "unknown";
            await UpstreamServer.WriteJsonAsync(context, Requests.Answer);
        });
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        var config = TestConfig.For(TestConfig.Provider(broken.Url), TestConfig.Provider(upstream.Url, "second"));
        config = config with
        {
            Models = TestConfig.Group(
                "gpt-test",
                new DeploymentConfig { Provider = "up", Model = "real-model", Price = TestConfig.Price, Order = 1 },
                new DeploymentConfig { Provider = "second", Model = "real-model", Price = TestConfig.Price, Order = 2 }),
        };
        await using var router = await RouterHost.StartAsync(config);
        using var measured = new Measured(router);

        using var response = await router.SendAsync(Requests.Plain);
        await measured.UntilAsync(1);

        var final = Assert.Single(router.Journal.Finals);
        Assert.Equal(2, final.Attempts);
        var first = final.AttemptRecords[0].Usage.Input;
        Assert.True(first > 0);
        Assert.Equal(
            [
                "model=gpt-test provider=openai deployment=second/real-model type=input = 10",
                "model=gpt-test provider=openai deployment=second/real-model type=output = 5",
                $"model=gpt-test provider=openai deployment=up/real-model type=input = {first}",
                "model=gpt-test provider=openai deployment=up/real-model type=output = 0",
            ],
            measured.Of("llm.tokens"));
        Assert.Equal(final.CostNanoUsd, (long)Math.Round(measured.Of("llm.cost").Sum(static line => double.Parse(line.Split(" = ")[1], System.Globalization.CultureInfo.InvariantCulture)) * 1e9));
    }

    [Fact]
    public async Task Names_that_clients_invent_make_no_series()
    {
        await using var upstream = await UpstreamServer.StartAsync(static context => UpstreamServer.WriteJsonAsync(
            context, Requests.Answer.Replace("real-model-1", $"answered-{Guid.NewGuid():N}", StringComparison.Ordinal), Random.Shared.Next(3) == 0 ? 400 : 200));
        await using var router = await RouterHost.StartAsync(TestConfig.For(upstream.Url) with { Resolve = new() { DefaultProvider = "up" } });
        using var measured = new Measured(router);
        await FloodAsync(router, 60);
        await measured.UntilAsync(60);
        var before = measured.Count();

        await FloodAsync(router, 120);
        await measured.UntilAsync(180);

        Assert.Contains("model=other provider=openai deployment=up/* = ", Assert.Single(measured.Of("llm.cost"), static line => line.Contains("other", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.All(measured.Of("gen_ai.server.request.duration"), static line => Assert.True(
            line.Contains("gen_ai.request.model=other gen_ai.response.model=other gateway.deployment=up/* ", StringComparison.Ordinal) || line.Contains("model=none", StringComparison.Ordinal), line));
        Assert.InRange(measured.Count(), 1, before + 4);

        static async Task FloodAsync(RouterHost router, int requests)
        {
            for (var i = 0; i < requests; i++)
            {
                var name = Guid.NewGuid().ToString("N");
                var body = $$"""{"model":"{{(i % 5 == 0 ? "nowhere/" : "")}}{{name}}","user":"{{name}}","messages":[{"role":"user","content":"hi"}]}""";
                using var response = await router.SendAsync(body, claims: claims => claims with { KeyId = name, Team = name, User = name, Tags = [$"app={name}"] });
            }
        }
    }

    [Fact]
    public async Task A_refusal_is_counted_by_its_code_and_by_who_has_to_act()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var router = await RouterHost.StartAsync(upstream);
        using var measured = new Measured(router);

        using var unknown = await router.SendAsync(Requests.Plain.Replace("gpt-test", "nothing", StringComparison.Ordinal));
        router.Journal.IsWritable = false;
        using var full = await router.SendAsync(Requests.Plain);
        await measured.UntilAsync(2);

        Assert.Equal(["code=model_not_found domain=caller model=none = 1", "code=usage_journal_full domain=gateway model=gpt-test = 1"], measured.Of("llm.errors"));
        Assert.Contains(
            "gen_ai.operation.name=chat gen_ai.provider.name=none gen_ai.request.model=gpt-test gen_ai.response.model=none gateway.deployment=none gateway.ending=refused error.type=usage_journal_full = 1",
            measured.Of("gen_ai.server.request.duration"));
    }

    [Fact]
    public async Task Two_groups_on_one_deployment_are_told_apart()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        var config = TestConfig.For(upstream.Url);
        var other = config.Models["gpt-test"] with { Name = "second" };
        await using var router = await RouterHost.StartAsync(config with
        {
            Models = config.Models.Values.Append(other).ToFrozenDictionary(static group => group.Name),
            Aliases = new Dictionary<string, string> { ["nick"] = "second" }.ToFrozenDictionary(),
        });
        using var measured = new Measured(router);

        using var first = await router.SendAsync(Requests.Plain);
        using var second = await router.SendAsync(Requests.Plain.Replace("gpt-test", "nick", StringComparison.Ordinal));
        await measured.UntilAsync(2);

        Assert.Equal(
            ["model=gpt-test provider=openai deployment=up/real-model = 7E-05", "model=second provider=openai deployment=up/real-model = 7E-05"], measured.Of("llm.cost"));
    }
}
