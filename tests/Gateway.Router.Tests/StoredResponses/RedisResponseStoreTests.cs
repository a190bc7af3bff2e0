using System.Net;
using Gateway.Core.Errors;
using Gateway.Core.Requests;
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
        await StoredResponseTests.AskAsync(other, ItemReferenceTests.Talk(ItemReferenceTests.Reference(ItemReferenceTests.ItemId(first))));
        Assert.Equal(["user: I am Ada.", "assistant: hello", "user: Who?"], StoredResponseTests.Messages(upstream.Seen[2]));
    }

    [Fact]
    public async Task Id_ThatSpellsAnotherKey_FindsNothing()
    {
        await using var redis = await RedisProcess.StartNewAsync();
        await using var upstream = await StoredResponseTests.ChatAsync();
        await using var router = await StartAsync(upstream, redis);
        await ConnectedAsync(router);
        await router.Services.GetRequiredService<IResponseStore>().SaveAsync("demo:b", new StoredResponse("r", """{"output":[]}"""u8.ToArray(), "[]"u8.ToArray()), default);
        using var refused = await router.SendAsync("""{"model":"gpt-test","input":"x","previous_response_id":"b:r"}""", LlmEndpoint.Routed.Single(static endpoint => endpoint.Operation == LlmOperation.Responses));
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Empty(upstream.Seen);
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
        exception = await Assert.ThrowsAsync<GatewayException>(async () => await store.LoadItemsAsync("demo", ["msg_unknown"], default));
        Assert.Equal((GatewayErrorKind.ServiceUnavailable, "input"), (exception.Error.Kind, exception.Error.Param));
        var item = ItemReferenceTests.ItemId(first);
        Assert.Equal([item], (await store.LoadItemsAsync("demo", [item], default)).Keys);
    }

    [Fact]
    public async Task Response_InRedis_BelongsToItsKeyAndCanBeDeleted()
    {
        await using var redis = await RedisProcess.StartNewAsync();
        await using var upstream = await StoredResponseTests.ChatAsync();
        await using var router = await StartAsync(upstream, redis);
        await ConnectedAsync(router);
        var store = router.Services.GetRequiredService<IResponseStore>();
        var document = """{"output":[{"id":"i"},{"id":"j"}]}"""u8.ToArray();
        await store.SaveAsync("k", new StoredResponse("r", document, "[]"u8.ToArray()), default);
        Assert.Equal(["i", "j"], (await store.LoadItemsAsync("k", ["i", "x", "j"], default)).Keys.Order());
        Assert.Empty(await store.LoadItemsAsync("l", ["i"], default));
        Assert.Equal(document, (await store.LoadAsync("k", "r", default))!.Response.ToArray());
        Assert.Null(await store.LoadAsync("l", "r", default));
        Assert.True(await store.DeleteAsync("k", "r", default));
        Assert.Null(await store.LoadAsync("k", "r", default));
        Assert.False(await store.DeleteAsync("k", "r", default));
        Assert.Empty(await store.LoadItemsAsync("k", ["i", "j"], default));
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
