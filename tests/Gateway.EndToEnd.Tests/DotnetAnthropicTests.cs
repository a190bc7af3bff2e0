using System.Text.Json;
using Anthropic;
using Anthropic.Exceptions;
using Anthropic.Models.Messages;
using static Gateway.EndToEnd.Tests.DotnetSdkSamples;

namespace Gateway.EndToEnd.Tests;

/// <summary>The official .NET client of Anthropic, unmodified but for base URL and key, against an upstream of every protocol.</summary>
[Collection(ProtocolRig.Name)]
public sealed class DotnetAnthropicTests(ProtocolRig shared)
{
    public static TheoryData<string> Upstreams => DotnetSdkSamples.Upstreams;

    public static TheoryData<string, int> Statuses => DotnetSdkSamples.Statuses(400, 404, 429, 500, 529);

    [Theory]
    [MemberData(nameof(Upstreams))]
    public async Task Message_AnyUpstream_IsAnswered(string upstream)
    {
        using var client = Client();

        var answer = await client.Messages.Create(Ask(upstream, Story) with { System = "Be kind." });

        Assert.NotEmpty(Text(answer));
        Assert.Equal("end_turn", answer.StopReason?.Raw());
        Assert.True(answer.Usage.InputTokens > 0 && answer.Usage.OutputTokens > 0);
    }

    [Theory]
    [MemberData(nameof(Upstreams))]
    public async Task Stream_AnyUpstream_GivesTheTextOfTheWholeAnswer(string upstream)
    {
        using var client = Client();
        var whole = await client.Messages.Create(Ask(upstream, Story));
        var (streamed, deltas, stops) = ("", 0, 0);
        RawMessageDeltaEvent? end = null;

        await foreach (var each in client.Messages.CreateStreaming(Ask(upstream, Story)))
        {
            switch (each.Value)
            {
                case RawContentBlockDeltaEvent { Delta.Value: TextDelta delta }:
                    deltas++;
                    streamed += delta.Text;
                    break;
                case RawMessageDeltaEvent last:
                    end = last;
                    break;
                case RawMessageStopEvent:
                    stops++;
                    break;
            }
        }

        Assert.True(deltas > 3);
        Assert.Equal(Text(whole), streamed);
        Assert.Equal("end_turn", end?.Delta.StopReason?.Raw());
        Assert.Equal(whole.Usage.OutputTokens, end?.Usage.OutputTokens);
        Assert.Equal(1, stops);
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
        using var client = Client();
        var calls = new SortedDictionary<long, (string Name, string Arguments)>();

        await foreach (var each in client.Messages.CreateStreaming(Ask(upstream, "call get_weather and call get_time") with { Tools = Tools }))
        {
            if (each.Value is RawContentBlockStartEvent { ContentBlock.Value: ToolUseBlock call } start)
            {
                calls[start.Index] = (call.Name, "");
            }
            else if (each.Value is RawContentBlockDeltaEvent { Delta.Value: InputJsonDelta piece } delta)
            {
                calls[delta.Index] = calls[delta.Index] with { Arguments = calls[delta.Index].Arguments + piece.PartialJson };
            }
        }

        Assert.Equal(["get_time", "get_weather"], calls.Values.Select(static call => call.Name).Order());
        Assert.All(calls.Values, static call => AssertCity(call.Arguments));
    }

    [Theory]
    [MemberData(nameof(Upstreams))]
    public async Task Image_AnyUpstream_IsSeen(string upstream)
    {
        using var client = Client();
        List<ContentBlockParam> content = [new ImageBlockParam(new Base64ImageSource { Data = Png, MediaType = "image/png" }), new TextBlockParam("What is this?")];

        var answer = await client.Messages.Create(Ask(upstream, content));

        // The Simulator charges 85 tokens for an image.
        Assert.True(answer.Usage.InputTokens > 85);
    }

    [Theory]
    [MemberData(nameof(Upstreams))]
    public async Task JsonSchema_AnyUpstream_IsKept(string upstream)
    {
        using var client = Client();
        var format = new JsonOutputFormat { Schema = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(Person)! };

        var answer = await client.Messages.Create(Ask(upstream, "A person, as JSON.") with { OutputConfig = new OutputConfig { Format = format } });

        AssertPerson(Text(answer));
    }

    [Theory]
    [MemberData(nameof(Upstreams))]
    public async Task CountTokens_AnyUpstream_IsACount(string upstream)
    {
        using var client = Client();

        var count = await client.Messages.CountTokens(new MessageCountTokensParams { Model = $"chat-{upstream}", Messages = [new UserMessageParam(Story)] });

        Assert.True(count.InputTokens > 0);
    }

    [Fact]
    public async Task Models_HaveThoseOfEveryUpstream()
    {
        using var client = Client();
        var ids = new List<string>();

        for (var page = await client.Models.List(); page is not null; page = page.HasNext() ? await page.Next() : null)
        {
            ids.AddRange(page.Items.Select(static model => model.ID));
        }

        Assert.Empty(ProtocolRig.Upstreams.Select(static upstream => $"chat-{upstream}").Except(ids));
        Assert.Equal("chat-gemini", (await client.Models.Retrieve("chat-gemini")).ID);
    }

    [Theory]
    [MemberData(nameof(Upstreams))]
    public async Task Stream_LeftInItsMiddle_EndsAndTheNextWorks(string upstream)
    {
        using var client = Client();
        using var left = new CancellationTokenSource();
        var events = 0;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var each in client.Messages.CreateStreaming(Ask(upstream, Endless) with { MaxTokens = 2000 }, left.Token))
            {
                if (++events == 4)
                {
                    await left.CancelAsync();
                }
            }
        });

        Assert.InRange(events, 4, 100);
        Assert.NotEmpty(Text(await client.Messages.Create(Ask(upstream, Story))));
    }

    [Theory]
    [MemberData(nameof(Statuses))]
    public async Task Error_OfAnyUpstream_IsTheSdksOwnException(string upstream, int status)
    {
        using var client = Client();

        var problem = await Assert.ThrowsAnyAsync<AnthropicApiException>(() => client.Messages.Create(Ask(upstream, $"[sim status={status} retry_after=9]") with { Model = ProtocolRig.Broken(upstream) }));

        Assert.Equal(status, (int)problem.StatusCode);
        Assert.IsAssignableFrom(status switch
        {
            400 => typeof(AnthropicBadRequestException),
            404 => typeof(AnthropicNotFoundException),
            429 => typeof(AnthropicRateLimitException),
            529 => typeof(AnthropicOverloadedException),
            _ => typeof(Anthropic5xxException),
        }, problem);
    }

    [Fact]
    public async Task Refusal_IsTheSdksOwnException()
    {
        using var unknown = Client("bad-key");
        using var narrow = Client(ProtocolRig.NarrowKey);

        await Assert.ThrowsAsync<AnthropicUnauthorizedException>(() => unknown.Messages.Create(Ask("openai", Story)));
        await Assert.ThrowsAsync<AnthropicForbiddenException>(() => narrow.Messages.Create(Ask("openai", Story)));
    }

    [Theory]
    [MemberData(nameof(Upstreams))]
    public async Task Stream_ThatBreaks_IsTheSdksOwnException(string upstream)
    {
        using var client = Client();
        var stops = 0;

        await Assert.ThrowsAnyAsync<AnthropicException>(async () =>
        {
            await foreach (var each in client.Messages.CreateStreaming(Ask(upstream, $"{Story} [sim cut_after=3]")))
            {
                stops += each.Value is RawMessageStopEvent ? 1 : 0;
            }
        });

        Assert.Equal(0, stops);
    }

    private static List<ToolUnion> Tools { get; } =
    [
        new Tool { Name = "get_weather", Description = "The weather of a city", InputSchema = Schema() },
        new Tool { Name = "get_time", Description = "The time of a city", InputSchema = Schema() },
    ];

    private static InputSchema Schema() => new(JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(City)!);

    private static MessageCreateParams Ask(string upstream, MessageContentParam content) =>
        new() { Model = $"chat-{upstream}", MaxTokens = 500, Messages = [new UserMessageParam(content)] };

    private static string Text(Message answer) => string.Concat(answer.Content.Select(static block => (block.Value as TextBlock)?.Text));

    private async Task RoundTripAsync(string upstream, string ask, string[] expected)
    {
        using var client = Client();
        var question = Ask(upstream, ask) with { Tools = Tools };
        var first = await client.Messages.Create(question);
        Assert.Equal("tool_use", first.StopReason?.Raw());
        var calls = first.Content.Select(static block => block.Value).OfType<ToolUseBlock>().ToList();
        Assert.Equal(expected, calls.Select(static call => call.Name).Order());
        Assert.All(calls, static call => Assert.Equal(JsonValueKind.String, call.Input["city"].ValueKind));
        List<ContentBlockParam> said = [.. first.Content.Select(static block => new ContentBlockParam(block.Json))];
        List<ContentBlockParam> results = [.. calls.Select(static call => (ContentBlockParam)new ToolResultBlockParam(call.ID) { Content = $"result of {call.Name}" })];

        var second = await client.Messages.Create(question with { Messages = [.. question.Messages, new AssistantMessageParam(said), new UserMessageParam(results)] });

        Assert.Equal("end_turn", second.StopReason?.Raw());
        Assert.NotEmpty(Text(second));
    }

    private AnthropicClient Client(string key = GatewayRig.DemoKey) => new() { BaseUrl = shared.Rig.Url.ToString().TrimEnd('/'), ApiKey = key, MaxRetries = 0 };
}
