using System.Net;
using Gateway.Core.Journal;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Pipeline;

public sealed class JournalTests
{
    [Theory]
    [InlineData(Requests.Plain)]
    [InlineData(Requests.Stream)]
    public async Task Intent_NotWrittenYet_NothingIsDispatched(string body)
    {
        var written = new TaskCompletionSource();
        var asked = new TaskCompletionSource();
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var router = await RouterHost.StartAsync(upstream);
        router.Journal.BeforeIntent = () =>
        {
            asked.SetResult();
            return written.Task;
        };

        var pending = router.SendAsync(body);
        await asked.Task.WaitAsync(RouterHost.Patience);
        await router.RoundTripsAsync();
        Assert.Empty(upstream.Seen);
        written.SetResult();
        using var response = await pending;

        Assert.Single(upstream.Seen);
        var intent = Assert.Single(router.Journal.Intents);
        Assert.Equal(("up/real-model", (body.Length + 3) / 4, TestConfig.Price), (intent.Deployment, (int)intent.EstimatedInputTokens, intent.Price));
        Assert.Equal(intent, router.Journal.Finals[0].Intent);
    }

    [Fact]
    public async Task Intent_CannotBeWritten_ClientGets503AndNothingIsDispatched()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var router = await RouterHost.StartAsync(upstream);
        router.Journal.BeforeIntent = static () => throw new IOException("disk");

        using var response = await router.SendAsync(Requests.Plain);

        await FullAsync(response);
        Assert.Empty(upstream.Seen);
        Assert.Empty(router.Journal.Finals);
    }

    [Fact]
    public async Task Journal_IsNotWritable_ClientGets503AndNothingIsWritten()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var router = await RouterHost.StartAsync(upstream);
        router.Journal.IsWritable = false;

        using var response = await router.SendAsync(Requests.Plain);

        await FullAsync(response);
        Assert.Empty(router.Journal.Intents);
        Assert.Empty(upstream.Seen);
    }

    [Fact]
    public async Task Final_CannotBeWritten_ClientOfAPlainAnswerGets503()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var router = await RouterHost.StartAsync(upstream);
        var attempts = 0;
        router.Journal.BeforeFinal = () =>
        {
            attempts++;
            throw new IOException("disk");
        };

        using var response = await router.SendAsync(Requests.Plain);

        await FullAsync(response);
        Assert.Equal(1, attempts);
    }

    [Fact]
    public async Task Final_OfAFailedAttemptCannotBeWritten_ClientGets503()
    {
        await using var upstream = await UpstreamServer.StartAsync(static context =>
        {
            context.Abort();
            return Task.CompletedTask;
        });
        await using var router = await RouterHost.StartAsync(upstream);
        router.Journal.BeforeFinal = static () => throw new IOException("disk");

        using var response = await router.SendAsync(Requests.Plain);

        await FullAsync(response);
    }

    [Fact]
    public async Task Router_FailsAfterTheIntent_InputIsBookedAsEstimated()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        var provider = TestConfig.Provider(upstream.Url);
        await using var router = await RouterHost.StartAsync(TestConfig.For(provider with { Headers = [new("not a header name", "x")] }));

        using var response = await router.SendAsync(Requests.Plain);

        // The pipeline records what its stages left open after the answer, so the record may come a moment later.
        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        var final = await router.Journal.FirstFinalAsync();
        Assert.Equal((RequestEnding.UpstreamFailed, UsageFlags.Estimated | UsageFlags.Incomplete, 500), (final.Ending, final.Flags, final.Status));
        Assert.Equal(router.Journal.Intents[0].EstimatedInputTokens, final.Usage.Input);
    }

    [Fact]
    public async Task Deployment_WithoutAPrice_IsRecordedAsUnpriced()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        var config = TestConfig.For(upstream.Url);
        await using var router = await RouterHost.StartAsync(config with { Models = TestConfig.Group("gpt-test", new Core.Configuration.DeploymentConfig { Provider = "up", Model = "m" }) });

        using var response = await router.SendAsync(Requests.Plain);

        var final = Assert.Single(router.Journal.Finals);
        Assert.Equal((0L, UsageFlags.Unpriced, 5L), (final.CostNanoUsd, final.Flags, final.Usage.Output));
        Assert.False(response.Headers.Contains("x-gateway-cost-usd"));
    }

    private static async Task FullAsync(HttpResponseMessage response)
    {
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.NotNull(response.Headers.RetryAfter);
        Assert.Contains("\"usage_journal_full\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }
}
