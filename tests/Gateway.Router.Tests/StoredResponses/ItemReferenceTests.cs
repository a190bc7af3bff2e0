using System.Net;
using System.Text.Json;
using Gateway.Core.Configuration;
using Gateway.Core.Requests;
using Gateway.Router.StoredResponses;
using Gateway.Router.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;
using static Gateway.Router.Tests.StoredResponses.StoredResponseTests;

namespace Gateway.Router.Tests.StoredResponses;

/// <summary>Clients that name items of earlier answers instead of sending them.</summary>
public sealed class ItemReferenceTests
{
    private static readonly LlmEndpoint Responses = LlmEndpoint.Routed.Single(static endpoint => endpoint.Operation == LlmOperation.Responses);
    private static readonly LlmEndpoint InputTokens = LlmEndpoint.Routed.Single(static endpoint => endpoint.Operation == LlmOperation.ResponsesInputTokens);

    [Theory]
    [InlineData("""{"type":"item_reference","id":"ID"}""")]
    [InlineData("""{"id":"ID"}""")]
    [InlineData("""{"type":null,"id":"ID"}""")]
    public async Task Item_OfAnEarlierAnswer_ReachesTheUpstreamAsItself(string reference)
    {
        await using var upstream = await ChatAsync();
        await using var router = await RouterHost.StartAsync(upstream);
        var item = ItemId(await AskAsync(router, """{"model":"gpt-test","input":"I am Ada."}"""));
        await AskAsync(router, Talk(reference.Replace("ID", item, StringComparison.Ordinal)));
        Assert.Equal(["user: I am Ada.", "assistant: hello", "user: Who?"], Messages(upstream.Seen[1]));
    }

    [Fact]
    public async Task Reasoning_WithTheProofOfACall_ReachesTheUpstreamOnItsCall()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(
            """{"candidates":[{"index":0,"finishReason":"STOP","content":{"role":"model","parts":[{"functionCall":{"name":"f","args":{}},"thoughtSignature":"cHJvb2Y="}]}}],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":1,"totalTokenCount":2}}""");
        await using var router = await RouterHost.StartAsync(TestConfig.For(TestConfig.Provider(upstream.Url) with { Protocol = ProviderProtocol.Gemini }));
        const string Tools = ""","tools":[{"type":"function","name":"f","parameters":{"type":"object","properties":{}}}]""";
        var output = (await AskAsync(router, $$"""{"model":"gpt-test","input":"Go"{{Tools}}}""")).GetProperty("output");
        var (proof, call) = (output.EnumerateArray().Single(static item => item.GetProperty("type").GetString() == "reasoning"), output.EnumerateArray().Single(static item => item.GetProperty("type").GetString() == "function_call"));

        // As the AI SDK sends it: the reasoning by its id, the call itself.
        await AskAsync(router, $$"""
            {"model":"gpt-test","input":[{"role":"user","content":"Go"},{"type":"item_reference","id":"{{Id(proof)}}"},{{call.GetRawText()}},
            {"type":"function_call_output","call_id":"{{call.GetProperty("call_id").GetString()}}","output":"42"}]{{Tools}}}
            """);

        Assert.Contains("\"thoughtSignature\":\"cHJvb2Y=\"", upstream.Seen[1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Talk_WithReferences_KeepsTheItemsThemselves()
    {
        await using var upstream = await ChatAsync();
        await using var router = await RouterHost.StartAsync(upstream);
        var first = await AskAsync(router, """{"model":"gpt-test","input":"I am Ada."}""");
        var second = await AskAsync(router, Talk(Reference(ItemId(first))));
        Assert.True(await router.Services.GetRequiredService<IResponseStore>().DeleteAsync("demo", Id(first), default));
        await AskAsync(router, $$"""{"model":"gpt-test","input":"Sure?","previous_response_id":"{{Id(second)}}"}""");
        Assert.Equal(["user: I am Ada.", "assistant: hello", "user: Who?", "assistant: hello", "user: Sure?"], Messages(upstream.Seen[2]));
    }

    [Fact]
    public async Task TokenCount_WithAReference_CountsTheItem()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync("""{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"hello"}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}""");
        await using var router = await RouterHost.StartAsync(TestConfig.For(TestConfig.Provider(upstream.Url) with { Protocol = ProviderProtocol.Anthropic }));
        var item = ItemId(await AskAsync(router, """{"model":"gpt-test","input":"I am Ada."}"""));
        using var counted = await router.SendAsync(Talk(Reference(item)), InputTokens);
        Assert.Contains("hello", upstream.Seen[1].Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("msg_unknown")]
    [InlineData("not an id")]
    [InlineData("demo:x")]
    public async Task Item_ThatIsNotThere_Is400(string id)
    {
        await using var upstream = await ChatAsync();
        await using var router = await RouterHost.StartAsync(upstream);
        await AssertNotFoundAsync(router, id);
        Assert.Empty(upstream.Seen);
    }

    [Fact]
    public async Task Item_OfAnotherKeyOrDeletedOrNotStored_Is400()
    {
        await using var upstream = await ChatAsync();
        await using var router = await RouterHost.StartAsync(upstream);
        var first = await AskAsync(router, """{"model":"gpt-test","input":"x"}""");
        await AssertNotFoundAsync(router, ItemId(first), "other");
        await router.Services.GetRequiredService<IResponseStore>().DeleteAsync("demo", Id(first), default);
        await AssertNotFoundAsync(router, ItemId(first));
        var unstored = await AskAsync(router, """{"model":"gpt-test","input":"x","store":false}""");
        await AssertNotFoundAsync(router, ItemId(unstored));
    }

    [Theory]
    [InlineData(1001, "at most 1000")]
    [InlineData(30, "longer than 2048 bytes")]
    public async Task References_ToMoreThanATalkMayHold_AreRefused(int count, string message)
    {
        await using var upstream = await ChatAsync();
        await using var router = await RouterHost.StartAsync(TestConfig.For(upstream.Url), configuration: [new("Gateway:Responses:MaxBytes", "2048")]);
        var item = ItemId(await AskAsync(router, """{"model":"gpt-test","input":"x"}"""));
        using var refused = await router.SendAsync(Talk(string.Join(',', Enumerable.Repeat(Reference(item), count))), Responses);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains(message, await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Single(upstream.Seen);
    }

    internal static string ItemId(JsonElement response) => Id(response.GetProperty("output")[0]);

    internal static string Reference(string id) => $$"""{"type":"item_reference","id":"{{id}}"}""";

    internal static string Talk(string item) => $$"""{"model":"gpt-test","input":[{"role":"user","content":"I am Ada."},{{item}},{"role":"user","content":"Who?"}]}""";

    private static async Task AssertNotFoundAsync(RouterHost router, string id, string keyId = "demo")
    {
        using var refused = await router.SendAsync(Talk(Reference(id)), Responses, claims => claims with { KeyId = keyId });
        var error = JsonDocument.Parse(await refused.Content.ReadAsStringAsync()).RootElement.GetProperty("error");
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Equal("input[1]", error.GetProperty("param").GetString());
        Assert.Contains($"Item with id '{id}' not found.", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }
}
