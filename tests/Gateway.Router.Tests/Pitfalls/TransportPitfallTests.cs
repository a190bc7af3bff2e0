using System.Net;
using System.Text.Json;
using Gateway.Core.Configuration;
using Gateway.Core.Journal;
using Gateway.Core.Requests;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Tests.Hosting;
using Gateway.Router.Tests.Translating;
using Microsoft.AspNetCore.Http;
using static Gateway.Router.Tests.Pitfalls.PitfallTalks;

namespace Gateway.Router.Tests.Pitfalls;

/// <summary>Pitfalls of the way between the sockets, whatever the protocols at its ends.</summary>
public sealed class TransportPitfallTests
{
    [Theory]
    [MemberData(nameof(Upstreams), MemberType = typeof(PitfallTalks))]
    public void Pitfall1_EventSplitOverTwoReads_IsOneEvent(ProviderProtocol protocol)
    {
        var bytes = Bytes(PitfallTalks.Stream(protocol));
        var whole = Decode(protocol, bytes, []);
        Assert.Equal(Text, whole.Text);

        for (var cut = 1; cut < bytes.Length; cut++)
        {
            Assert.Equal(whole.Lines, Decode(protocol, bytes, [cut]).Lines);
        }
    }

    [Theory]
    [MemberData(nameof(Upstreams), MemberType = typeof(PitfallTalks))]
    public async Task Pitfall2_CharactersSplitOverReads_StayWhole(ProviderProtocol protocol)
    {
        // The network may join what was written alone; a decoder that gets one byte at a time cannot be helped by it.
        Assert.Equal(Text, Decode(protocol, Bytes(PitfallTalks.Stream(protocol)), Decoding.ByteByByte()).Text);

        await using var upstream = await ServeAsync(protocol, oneByOne: true);
        await using var router = await StartAsync(upstream, protocol);
        foreach (var client in new[] { LlmProtocol.OpenAI, LlmProtocol.Anthropic })
        {
            using var response = await router.SendAsync(client);

            // A writer may escape what lies outside of the first plane; it means the same.
            var body = (await response.Content.ReadAsStringAsync()).Replace(@"\uD83E\uDD9C", "\U0001F99C", StringComparison.OrdinalIgnoreCase);

            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Contains(Text, body, StringComparison.Ordinal);
            Assert.Contains(client == LlmProtocol.OpenAI ? "[DONE]" : "message_stop", body, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Clients), MemberType = typeof(PitfallTalks))]
    public async Task Pitfall6_LineOfMegabytes_IsOneEvent(LlmProtocol client)
    {
        var text = new string('a', 3 * 1024 * 1024);
        await using var upstream = await UpstreamServer.StartStreamAsync(PitfallTalks.Stream(ProviderProtocol.OpenAI, text));
        await using var router = await StartAsync(upstream, ProviderProtocol.OpenAI);

        using var response = await router.SendAsync(client);

        Assert.Contains(text, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(LlmProtocol.OpenAI, ProviderProtocol.OpenAI, true)]
    [InlineData(LlmProtocol.OpenAI, ProviderProtocol.Anthropic, true)]
    [InlineData(LlmProtocol.Responses, ProviderProtocol.OpenAI, true)]
    [InlineData(LlmProtocol.Anthropic, ProviderProtocol.OpenAI, true)]
    [InlineData(LlmProtocol.Anthropic, ProviderProtocol.Anthropic, true)]
    [InlineData(LlmProtocol.Gemini, ProviderProtocol.Ollama, true)]
    [InlineData(LlmProtocol.Ollama, ProviderProtocol.Gemini, true)]
    [InlineData(LlmProtocol.OpenAI, ProviderProtocol.OpenAI, false)]
    [InlineData(LlmProtocol.Anthropic, ProviderProtocol.OpenAI, false)]
    [InlineData(LlmProtocol.Gemini, ProviderProtocol.Anthropic, false)]
    public async Task Pitfall12_ClientLeaves_UpstreamIsCancelled(LlmProtocol client, ProviderProtocol protocol, bool stream)
    {
        var reached = new TaskCompletionSource();
        var cancelled = new TaskCompletionSource();
        await using var upstream = await UpstreamServer.StartAsync(async context =>
        {
            if (stream)
            {
                context.Response.ContentType = TypeOf(protocol);
                await context.Response.Body.WriteAsync(Bytes(PitfallTalks.Start(protocol)));
                await context.Response.Body.FlushAsync();
            }

            reached.TrySetResult();
            var gone = new TaskCompletionSource();
            await using var registration = context.RequestAborted.Register(gone.SetResult);
            await gone.Task;
            cancelled.TrySetResult();
        });
        await using var router = await StartAsync(upstream, protocol);
        using var leave = new CancellationTokenSource();

        var pending = router.SendAsync(client, stream, leave.Token);
        await reached.Task.WaitAsync(RouterHost.Patience);
        if (stream)
        {
            // What was said is read before the client goes.
            using var response = await pending;
            await using var body = await response.Content.ReadAsStreamAsync();
            await body.ReadExactlyAsync(new byte[10]);
        }
        else
        {
            await leave.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pending);
        }

        await cancelled.Task.WaitAsync(RouterHost.Patience);

        // Not some time limit of the gateway's own, which would have cancelled it, too.
        Assert.Equal(RequestEnding.ClientGone, (await router.Journal.FirstFinalAsync()).Ending);
    }

    [Theory]
    [InlineData(ProviderProtocol.Anthropic)]
    [InlineData(ProviderProtocol.Gemini)]
    [InlineData(ProviderProtocol.Ollama)]
    public async Task Pitfall22_FirstChunkOverAnotherProtocol_HasTheRole(ProviderProtocol protocol)
    {
        await using var upstream = await ServeAsync(protocol);
        await using var router = await StartAsync(upstream, protocol);

        using var response = await router.SendAsync(LlmProtocol.OpenAI);
        var body = await response.Content.ReadAsStringAsync();

        using var first = JsonDocument.Parse(body[..body.IndexOf('\n', StringComparison.Ordinal)].Replace("data: ", "", StringComparison.Ordinal));
        Assert.Equal("assistant", first.RootElement.GetProperty("choices")[0].GetProperty("delta").GetProperty("role").GetString());
    }

    [Theory]
    [MemberData(nameof(Clients), MemberType = typeof(PitfallTalks))]
    public async Task Pitfall30_RetryAfterOfTheUpstream_ReachesEveryClient(LlmProtocol client)
    {
        await using var upstream = await UpstreamServer.StartAsync(static async context =>
        {
            context.Response.Headers.RetryAfter = "7";
            await UpstreamServer.WriteJsonAsync(context, """{"error":{"message":"slow down"}}""", StatusCodes.Status429TooManyRequests);
        });
        foreach (var stream in new[] { true, false })
        {
            // A new one each time: the credential rests after a 429.
            await using var router = await StartAsync(upstream, ProviderProtocol.OpenAI);
            using var response = await router.SendAsync(client, stream);

            Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
            Assert.Equal(("7", "7000"), (Assert.Single(response.Headers.GetValues("retry-after")), Assert.Single(response.Headers.GetValues("retry-after-ms"))));
        }
    }

    private static EventLog Decode(ProviderProtocol protocol, byte[] bytes, IEnumerable<int> cuts)
    {
        var log = new EventLog();
        var adapter = ProtocolAdapters.Upstream(protocol);
        Assert.Equal(DecodedEnd.Normal, Decoding.Stream(adapter, adapter.Decode(Anyone()), bytes, log, cuts));
        return log;
    }

    private static Translation Anyone() =>
        new(new NeutralRequest { Model = "m" }, ProtocolAdapters.Client(LlmProtocol.OpenAI), "m", UpstreamTraits.Default, new TranslationNotes());
}
