using System.ClientModel;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Embeddings;

namespace Gateway.EndToEnd.Tests;

/// <summary>The official .NET client, unmodified but for base URL and key.</summary>
[Collection(SharedRig.Name)]
public sealed class OpenAISdkTests(SharedRig shared)
{
    private OpenAIClient Client(string key = GatewayRig.DemoKey) =>
        new(new ApiKeyCredential(key), new OpenAIClientOptions { Endpoint = new Uri(shared.Rig.Url, "/v1") });

    [Fact]
    public async Task Chat_Completes()
    {
        ChatCompletion answer = await Client().GetChatClient("gpt-4o").CompleteChatAsync("Say something.");

        Assert.NotEmpty(answer.Content[0].Text);
        Assert.Equal(ChatFinishReason.Stop, answer.FinishReason);
        Assert.True(answer.Usage.OutputTokenCount > 0);
    }

    [Fact]
    public async Task Stream_GivesTheSameTextAsTheWholeAnswer()
    {
        var chat = Client().GetChatClient("gpt-4o");
        ChatCompletion whole = await chat.CompleteChatAsync("Tell me a story.");
        var streamed = "";
        ChatTokenUsage? usage = null;

        await foreach (var update in chat.CompleteChatStreamingAsync("Tell me a story."))
        {
            streamed += string.Concat(update.ContentUpdate.Select(part => part.Text));
            usage = update.Usage ?? usage;
        }

        Assert.Equal(whole.Content[0].Text, streamed);
        // This client asks for usage in its streams.
        Assert.Equal(whole.Usage.OutputTokenCount, usage?.OutputTokenCount);
    }

    [Fact]
    public async Task Embeddings_AreVectors()
    {
        OpenAIEmbedding vector = await Client().GetEmbeddingClient("text-embedding-3-small").GenerateEmbeddingAsync("a text");

        Assert.True(vector.ToFloats().Length > 1);
    }

    [Fact]
    public async Task Models_ListsWhatTheKeyMayUse()
    {
        var all = await Client().GetOpenAIModelClient().GetModelsAsync();
        var narrow = await Client("rig-narrow-key").GetOpenAIModelClient().GetModelsAsync();

        Assert.Contains(all.Value, model => model.Id == "gpt-4o");
        Assert.Equal(["gpt-4o-mini"], narrow.Value.Select(model => model.Id));
    }

    [Theory]
    [InlineData("bad-key", "gpt-4o", 401)]
    [InlineData("rig-narrow-key", "gpt-4o", 403)]
    public async Task Refusal_IsTheSdksOwnException(string key, string model, int status)
    {
        var chat = Client(key).GetChatClient(model);

        var problem = await Assert.ThrowsAsync<ClientResultException>(() => chat.CompleteChatAsync("hello"));

        Assert.Equal(status, problem.Status);
    }
}
