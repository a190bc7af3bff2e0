using System.ClientModel;
using System.Text;
using System.Text.Json;
using OpenAI;
using OpenAI.Chat;

namespace Gateway.Simulator.Tests.Protocols.OpenAI;

public sealed class OfficialClientTests
{
    [Fact]
    public async Task OfficialClient_ChatPlainAndStreamed_ReadsTextAndUsage()
    {
        await using var simulator = await TestSimulator.StartAsync();
        var chat = Client(simulator).GetChatClient("gpt-4o");

        var whole = (await chat.CompleteChatAsync("hello")).Value;
        var text = new StringBuilder();
        var tokens = 0;
        await foreach (var update in chat.CompleteChatStreamingAsync([new UserChatMessage("hello")]))
        {
            text.Append(string.Concat(update.ContentUpdate.Select(part => part.Text)));
            tokens = update.Usage?.OutputTokenCount ?? tokens;
        }

        Assert.Equal(whole.Content[0].Text, text.ToString());
        Assert.Equal(whole.Usage.OutputTokenCount, tokens);
        Assert.Equal(ChatFinishReason.Stop, whole.FinishReason);
    }

    [Fact]
    public async Task OfficialClient_ToolCall_IsRead()
    {
        await using var simulator = await TestSimulator.StartAsync();
        var options = new ChatCompletionOptions { Tools = { ChatTool.CreateFunctionTool("f", null, BinaryData.FromString("""{"type":"object","properties":{"q":{"type":"string"}}}""")) } };

        var answer = (await Client(simulator).GetChatClient("gpt-4o").CompleteChatAsync([new UserChatMessage("call f")], options)).Value;

        Assert.Equal("f", answer.ToolCalls.Single().FunctionName);
        Assert.True(JsonElement.Parse(answer.ToolCalls.Single().FunctionArguments.ToString()).TryGetProperty("q", out _));
    }

    [Fact]
    public async Task OfficialClient_Embeddings_AreUnitVectorsThatDependOnTheText()
    {
        await using var simulator = await TestSimulator.StartAsync();
        var client = Client(simulator).GetEmbeddingClient("text-embedding-3-small");

        var list = (await client.GenerateEmbeddingsAsync(["a", "b", "a"])).Value;

        var vectors = list.Select(entry => entry.ToFloats().ToArray()).ToList();
        Assert.Equal(1536, vectors[0].Length);
        Assert.Equal(1, Math.Sqrt(vectors[0].Sum(value => (double)value * value)), 4);
        Assert.Equal(vectors[0], vectors[2]);
        Assert.NotEqual(vectors[0], vectors[1]);
        Assert.Equal(3, list.Usage.InputTokenCount);
    }

    [Fact]
    public async Task Embeddings_Base64AndFloat_AreTheSameNumbers()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var floats = await simulator.JsonAsync("""{"model":"m","input":"a","dimensions":5}""", "/v1/embeddings");
        var base64 = await simulator.JsonAsync("""{"model":"m","input":"a","dimensions":5,"encoding_format":"base64"}""", "/v1/embeddings");

        var bytes = Convert.FromBase64String(base64.GetProperty("data")[0].GetProperty("embedding").GetString()!);
        Assert.Equal(
            floats.GetProperty("data")[0].GetProperty("embedding").EnumerateArray().Select(number => number.GetSingle()),
            Enumerable.Range(0, 5).Select(index => BitConverter.ToSingle(bytes, index * 4)));
    }

    [Fact]
    public async Task OfficialClient_Models_AreListedAndFound()
    {
        await using var simulator = await TestSimulator.StartAsync();
        var client = Client(simulator).GetOpenAIModelClient();

        Assert.Contains((await client.GetModelsAsync()).Value, model => model.Id == "gpt-4o");
        Assert.Equal("gpt-4o", (await client.GetModelAsync("gpt-4o")).Value.Id);
        Assert.Equal(404, (await Assert.ThrowsAsync<ClientResultException>(() => client.GetModelAsync("nothing"))).Status);
    }

    [Fact]
    public async Task Completions_PlainAndStreamed_SayTheSame()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var whole = await simulator.JsonAsync("""{"model":"m","prompt":["a","b"],"max_tokens":6}""", "/v1/completions");
        var events = await simulator.EventsAsync("""{"model":"m","prompt":["a","b"],"max_tokens":6,"stream":true}""", "/v1/completions");

        Assert.Equal(12, whole.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
        for (var index = 0; index < 2; index++)
        {
            Assert.Equal(
                whole.GetProperty("choices")[index].GetProperty("text").GetString(),
                string.Concat(events[..^1].Select(data => JsonElement.Parse(data).GetProperty("choices")[0])
                    .Where(choice => choice.GetProperty("index").GetInt32() == index).Select(choice => choice.GetProperty("text").GetString())));
        }
    }

    private static OpenAIClient Client(TestSimulator simulator) =>
        new(new ApiKeyCredential("k"), new OpenAIClientOptions { Endpoint = new Uri(simulator.Address, "/v1") });
}
