using System.ClientModel;
using System.ClientModel.Primitives;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Embeddings;
using static Gateway.EndToEnd.Tests.DotnetSdkSamples;

namespace Gateway.EndToEnd.Tests;

/// <summary>The official .NET client of OpenAI, unmodified but for base URL and key, against an upstream of every protocol.</summary>
[Collection(ProtocolRig.Name)]
public sealed class DotnetOpenAITests(ProtocolRig shared)
{
    public static TheoryData<string> Upstreams => DotnetSdkSamples.Upstreams;

    public static TheoryData<string> Embedders => [.. ProtocolRig.Upstreams.Except(["anthropic", "bedrock"])];

    public static TheoryData<string, int> Statuses => DotnetSdkSamples.Statuses(400, 404, 429, 500);

    [Theory]
    [MemberData(nameof(Upstreams))]
    public async Task Chat_AnyUpstream_IsAnswered(string upstream)
    {
        ChatCompletion answer = await Chat(upstream).CompleteChatAsync(new SystemChatMessage("Be kind."), new UserChatMessage(Story));

        Assert.NotEmpty(answer.Content[0].Text);
        Assert.Equal(ChatFinishReason.Stop, answer.FinishReason);
        Assert.True(answer.Usage.InputTokenCount > 0 && answer.Usage.OutputTokenCount > 0);
        Assert.Equal(answer.Usage.TotalTokenCount, answer.Usage.InputTokenCount + answer.Usage.OutputTokenCount);
    }

    [Theory]
    [MemberData(nameof(Upstreams))]
    public async Task Stream_AnyUpstream_GivesTheTextOfTheWholeAnswer(string upstream)
    {
        var chat = Chat(upstream);
        ChatCompletion whole = await chat.CompleteChatAsync(Story);
        var (streamed, updates) = ("", 0);
        ChatFinishReason? reason = null;
        ChatTokenUsage? usage = null;

        await foreach (var update in chat.CompleteChatStreamingAsync(Story))
        {
            updates++;
            streamed += string.Concat(update.ContentUpdate.Select(static part => part.Text));
            reason = update.FinishReason ?? reason;
            usage = update.Usage ?? usage;
        }

        Assert.True(updates > 3);
        Assert.Equal(whole.Content[0].Text, streamed);
        Assert.Equal(ChatFinishReason.Stop, reason);
        Assert.Equal(whole.Usage.OutputTokenCount, usage?.OutputTokenCount);
    }

    [Theory]
    [MemberData(nameof(Upstreams))]
    public Task Tool_AnyUpstream_GoesRound(string upstream) => RoundTripAsync(upstream, "call get_weather", ["get_weather"]);

    [Theory]
    [MemberData(nameof(Upstreams))]
    public Task ParallelTools_AnyUpstream_GoRound(string upstream) => RoundTripAsync(upstream, "call get_weather and call get_time", ["get_time", "get_weather"]);

    [Theory]
    [MemberData(nameof(Upstreams))]
    public async Task StreamedTools_AnyUpstream_AreWhole(string upstream)
    {
        var calls = new SortedDictionary<int, (string Id, string Name, string Arguments)>();
        ChatFinishReason? reason = null;
        await foreach (var update in Chat(upstream).CompleteChatStreamingAsync([new UserChatMessage("call get_weather and call get_time")], Tools()))
        {
            reason = update.FinishReason ?? reason;
            foreach (var piece in update.ToolCallUpdates)
            {
                var (id, name, arguments) = calls.GetValueOrDefault(piece.Index, ("", "", ""));
                calls[piece.Index] = (id + piece.ToolCallId, name + piece.FunctionName, arguments + piece.FunctionArgumentsUpdate);
            }
        }

        Assert.Equal(ChatFinishReason.ToolCalls, reason);
        Assert.Equal([0, 1], calls.Keys);
        Assert.Equal(["get_time", "get_weather"], calls.Values.Select(static call => call.Name).Order());
        Assert.All(calls.Values, static call => AssertCity(call.Arguments));
    }

    [Theory]
    [MemberData(nameof(Upstreams))]
    public async Task Image_AnyUpstream_IsSeen(string upstream)
    {
        var image = ChatMessageContentPart.CreateImagePart(BinaryData.FromBytes(Convert.FromBase64String(Png)), "image/png");

        ChatCompletion answer = await Chat(upstream).CompleteChatAsync(new UserChatMessage(ChatMessageContentPart.CreateTextPart("What is this?"), image));

        // The Simulator charges 85 tokens for an image.
        Assert.True(answer.Usage.InputTokenCount > 85);
    }

    [Theory]
    [MemberData(nameof(Upstreams))]
    public async Task JsonSchema_AnyUpstream_IsKept(string upstream)
    {
        var options = new ChatCompletionOptions { ResponseFormat = ChatResponseFormat.CreateJsonSchemaFormat("person", BinaryData.FromString(Person), jsonSchemaIsStrict: true) };

        ChatCompletion answer = await Chat(upstream).CompleteChatAsync([new UserChatMessage("A person, as JSON.")], options);

        AssertPerson(answer.Content[0].Text);
    }

    [Theory]
    [MemberData(nameof(Embedders))]
    public async Task Embeddings_AnyUpstreamThatHasThem_AreVectors(string upstream)
    {
        OpenAIEmbeddingCollection vectors = await Client().GetEmbeddingClient($"embed-{upstream}").GenerateEmbeddingsAsync(["one", "two"]);

        Assert.Equal(2, vectors.Count);
        Assert.All(vectors, static vector => Assert.True(vector.ToFloats().Length > 1));
        Assert.NotEqual(vectors[0].ToFloats().ToArray(), vectors[1].ToFloats().ToArray());
    }

    [Fact]
    public async Task Models_HaveThoseOfEveryUpstream()
    {
        var models = await Client().GetOpenAIModelClient().GetModelsAsync();

        Assert.Empty(ProtocolRig.Upstreams.Select(static upstream => $"chat-{upstream}").Except(models.Value.Select(static model => model.Id)));
    }

    [Theory]
    [MemberData(nameof(Upstreams))]
    public async Task Stream_LeftInItsMiddle_EndsAndTheNextWorks(string upstream)
    {
        using var left = new CancellationTokenSource();
        var updates = 0;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var update in Chat(upstream).CompleteChatStreamingAsync([new UserChatMessage(Endless)], cancellationToken: left.Token))
            {
                if (++updates == 4)
                {
                    await left.CancelAsync();
                }
            }
        });

        Assert.InRange(updates, 4, 100);
        ChatCompletion next = await Chat(upstream).CompleteChatAsync(Story);
        Assert.Equal(ChatFinishReason.Stop, next.FinishReason);
    }

    [Theory]
    [MemberData(nameof(Statuses))]
    public async Task Error_OfAnyUpstream_IsTheSdksOwnException(string upstream, int status)
    {
        var problem = await Assert.ThrowsAsync<ClientResultException>(() => Client().GetChatClient(ProtocolRig.Broken(upstream)).CompleteChatAsync($"[sim status={status} retry_after=9]"));

        Assert.Equal(status, problem.Status);
    }

    [Theory]
    [InlineData("bad-key", 401)]
    [InlineData(ProtocolRig.NarrowKey, 403)]
    public async Task Refusal_IsTheSdksOwnException(string key, int status)
    {
        var problem = await Assert.ThrowsAsync<ClientResultException>(() => Client(key).GetChatClient("chat-anthropic").CompleteChatAsync(Story));

        Assert.Equal(status, problem.Status);
    }

    [Theory]
    [MemberData(nameof(Upstreams))]
    public async Task Stream_ThatBreaks_IsNoWholeAnswer(string upstream)
    {
        ChatFinishReason? reason = null;

        // This client reads an error event in a stream as an update without content: what it must not see is an end.
        var problem = await Record.ExceptionAsync(async () =>
        {
            await foreach (var update in Chat(upstream).CompleteChatStreamingAsync($"{Story} [sim cut_after=3]"))
            {
                reason = update.FinishReason ?? reason;
            }
        });

        Assert.Null(reason);
        Assert.True(problem is null or ClientResultException or InvalidOperationException or KeyNotFoundException or IOException, problem?.ToString());
    }

    private async Task RoundTripAsync(string upstream, string ask, string[] expected)
    {
        var chat = Chat(upstream);
        List<ChatMessage> messages = [new UserChatMessage(ask)];
        ChatCompletion first = await chat.CompleteChatAsync(messages, Tools());
        Assert.Equal(ChatFinishReason.ToolCalls, first.FinishReason);
        Assert.Equal(expected, first.ToolCalls.Select(static call => call.FunctionName).Order());
        Assert.Equal(expected.Length, first.ToolCalls.Select(static call => call.Id).Distinct().Count());
        messages.Add(new AssistantChatMessage(first));
        foreach (var call in first.ToolCalls)
        {
            AssertCity(call.FunctionArguments.ToString());
            messages.Add(new ToolChatMessage(call.Id, $"result of {call.FunctionName}"));
        }

        ChatCompletion second = await chat.CompleteChatAsync(messages, Tools());

        Assert.Equal(ChatFinishReason.Stop, second.FinishReason);
        Assert.NotEmpty(second.Content[0].Text);
    }

    private static ChatCompletionOptions Tools() => new()
    {
        Tools =
        {
            ChatTool.CreateFunctionTool("get_weather", "The weather of a city", BinaryData.FromString(City)),
            ChatTool.CreateFunctionTool("get_time", "The time of a city", BinaryData.FromString(City), functionSchemaIsStrict: true),
        },
    };

    private ChatClient Chat(string upstream) => Client().GetChatClient($"chat-{upstream}");

    private OpenAIClient Client(string key = GatewayRig.DemoKey) =>
        new(new ApiKeyCredential(key), new OpenAIClientOptions { Endpoint = new Uri(shared.Rig.Url, "/v1"), RetryPolicy = new ClientRetryPolicy(maxRetries: 0) });
}
