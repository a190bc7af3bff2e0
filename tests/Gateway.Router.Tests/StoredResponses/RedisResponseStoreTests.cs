using Gateway.Core.Errors;
using Gateway.Edge.Tests.Rig;
using Gateway.Router.StoredResponses;
using Gateway.Router.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Router.Tests.StoredResponses;

/// <summary>Two Routers that share a real Redis.</summary>
public sealed class RedisResponseStoreTests
{
    [Fact]
    public async Task Response_OfOneRouter_IsContinuedAtAnother()
    {
        await using var redis = await RedisProcess.StartNewAsync();
        await using var upstream = await StoredResponseTests.ChatAsync();
        await using var one = await StartAsync(upstream, redis);
        await using var other = await StartAsync(upstream, redis);
        await ConnectedAsync(one);
        await ConnectedAsync(other);
        var first = await StoredResponseTests.AskAsync(one, """{"model":"gpt-test","input":"I am Ada."}""");
        await StoredResponseTests.AskAsync(other, $$"""{"model":"gpt-test","input":"Who?","previous_response_id":"{{StoredResponseTests.Id(first)}}"}""");
        Assert.Equal(["user: I am Ada.", "assistant: hello", "user: Who?"], StoredResponseTests.Messages(upstream.Seen[1]));
    }

    [Fact]
    public async Task Redis_Gone_ResponsesAreKeptInMemoryAndOthersAreUnknown()
    {
        await using var redis = await RedisProcess.StartNewAsync();
        await using var upstream = await StoredResponseTests.ChatAsync();
        await using var router = await StartAsync(upstream, redis);
        await ConnectedAsync(router);
        await redis.KillAsync();
        var first = await StoredResponseTests.AskAsync(router, """{"model":"gpt-test","input":"I am Ada."}""");
        await StoredResponseTests.AskAsync(router, $$"""{"model":"gpt-test","input":"Who?","previous_response_id":"{{StoredResponseTests.Id(first)}}"}""");
        Assert.Equal(["user: I am Ada.", "assistant: hello", "user: Who?"], StoredResponseTests.Messages(upstream.Seen[1]));

        var store = router.Services.GetRequiredService<IResponseStore>();
        var exception = await Assert.ThrowsAsync<GatewayException>(async () => await store.LoadAsync("demo", "resp_unknown", default));
        Assert.Equal(GatewayErrorKind.ServiceUnavailable, exception.Error.Kind);
    }

    [Fact]
    public async Task Response_InRedis_BelongsToItsKeyAndCanBeDeleted()
    {
        await using var redis = await RedisProcess.StartNewAsync();
        await using var upstream = await StoredResponseTests.ChatAsync();
        await using var router = await StartAsync(upstream, redis);
        await ConnectedAsync(router);
        var store = router.Services.GetRequiredService<IResponseStore>();
        await store.SaveAsync("k", new StoredResponse("r", "{}"u8.ToArray(), "[]"u8.ToArray()), default);
        Assert.Equal("{}"u8.ToArray(), (await store.LoadAsync("k", "r", default))!.Response.ToArray());
        Assert.Null(await store.LoadAsync("l", "r", default));
        Assert.True(await store.DeleteAsync("k", "r", default));
        Assert.Null(await store.LoadAsync("k", "r", default));
        Assert.False(await store.DeleteAsync("k", "r", default));
    }

    private static Task<RouterHost> StartAsync(UpstreamServer upstream, RedisProcess redis) =>
        RouterHost.StartAsync(TestConfig.For(upstream.Url), configuration: [new("ConnectionStrings:cache", redis.ConnectionString)]);

    /// <summary>The Router connects beside its start: a test that is about Redis waits for that.</summary>
    private static async Task ConnectedAsync(RouterHost router)
    {
        var store = router.Services.GetRequiredService<IResponseStore>();
        for (var i = 0; i < 10_000; i++)
        {
            try
            {
                await store.LoadAsync("none", "none", default);
                return;
            }
            catch (GatewayException)
            {
                await router.RoundTripsAsync();
            }
        }

        Assert.Fail("The Router does not reach Redis.");
    }
}
