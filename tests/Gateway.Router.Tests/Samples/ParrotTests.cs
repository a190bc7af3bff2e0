using System.Net;
using System.Text;
using Gateway.Core.Requests;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Tests.Hosting;
using Gateway.Router.Tests.Translating;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Router.Tests.Samples;

/// <summary>What every new provider must show, on the sample of docs/extending.md.</summary>
public sealed class ParrotTests
{
    private const string Answer = """{"engine":"grey-1","says":"Polly wants\na cracker","why":"end","in":3,"out":5}""";
    private const string Stream = "data: {\"engine\":\"grey-1\",\"says\":\"Pol\"}\n\ndata: {\"says\":\"ly \U0001F99C\"}\n\ndata: {\"why\":\"limit\",\"in\":3,\"out\":5}\n\n";

    private static readonly LlmEndpoint Messages = new("/v1/messages", LlmOperation.Messages);

    // sample: pieces
    public static TheoryData<string> Writings => new(Stream, Stream.Replace("\n", "\r\n", StringComparison.Ordinal), ": still thinking\n\n" + Stream, Stream.TrimEnd());

    [Theory]
    [MemberData(nameof(Writings))]
    public void Stream_InPiecesOfAnySize_SaysTheSame(string stream)
    {
        var bytes = Encoding.UTF8.GetBytes(stream);
        for (var cut = 0; cut < bytes.Length; cut++)
        {
            AssertSaysAll(bytes, [cut]);
        }

        AssertSaysAll(bytes, Decoding.ByteByByte());
    }

    [Theory]
    [InlineData(25)]
    [InlineData(50)]
    [InlineData(75)]
    public void Stream_CutShort_IsNeverANormalEnd(int percent)
    {
        var bytes = Encoding.UTF8.GetBytes(Stream);

        Assert.NotEqual(DecodedEnd.Normal, Decoding.Stream(new ParrotUpstream(), new ParrotDecoder(null), bytes.AsSpan(0, bytes.Length * percent / 100), new EventLog()));
    }
    // end sample

    // sample: losses-test
    [Fact]
    public void Feature_OfAnyClient_IsWrittenOrNamedOrRefused()
    {
        var parrot = new ProtocolTableColumn("Parrot", "grey-1", new ParrotUpstream(), UpstreamTraits.Default);

        Assert.Empty(
            from client in ProtocolTable.Clients
            from row in client.Rows
            let asked = ProtocolTable.Ask(row, parrot)
            where asked.Fate == Fate.Lost && asked.Written == ProtocolTable.Ask(row with { Body = row.Base }, parrot).Written && !row.Feature.IsAlwaysWritten
            select $"{row.Operation} {row.Feature.Name}");
    }
    // end sample

    [Fact]
    public async Task Answer_ToAnAnthropicClient_IsInItsWordsAndNamesTheLosses()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(Answer);
        await using var router = await StartAsync(upstream);

        using var response = await router.SendAsync("""{"model":"gpt-test","max_tokens":9,"top_k":3,"messages":[{"role":"user","content":"hi"}]}""", Messages);
        var body = await response.Content.ReadAsStringAsync();

        Assert.Contains("\"text\":\"Polly wants\\na cracker\"", body, StringComparison.Ordinal);
        Assert.Contains("\"stop_reason\":\"end_turn\"", body, StringComparison.Ordinal);
        Assert.Equal("dropped=top_k", Assert.Single(response.Headers.GetValues("x-gateway-warning")));
        var seen = Assert.Single(upstream.Seen);
        Assert.Equal(("/ask", TestConfig.Key, "1"), (seen.Path, seen.Headers["x-parrot-key"], seen.Headers["x-parrot-version"]));
        Assert.Equal("""{"engine":"real-model","live":false,"talk":[{"who":"guest","says":["hi"]}],"limit":9}""", seen.Text);
    }

    [Fact]
    public async Task Stream_ToAnOpenAIClient_EndsAsItsProtocolWants()
    {
        await using var upstream = await UpstreamServer.StartStreamAsync(Stream);
        await using var router = await StartAsync(upstream);

        using var response = await router.SendAsync(Requests.Stream);
        var body = await response.Content.ReadAsStringAsync();

        Assert.Contains("\"content\":\"Pol\"", body, StringComparison.Ordinal);
        Assert.Contains("\"finish_reason\":\"length\"", body, StringComparison.Ordinal);
        Assert.EndsWith("data: [DONE]\n\n", body, StringComparison.Ordinal);
        var usage = Assert.Single(router.Journal.Finals).Usage;
        Assert.Equal((3, 5), (usage.Input, usage.Output));
    }

    [Fact]
    public async Task Stream_ThatEndsWithoutItsLastWord_IsAnErrorAtTheClient()
    {
        await using var upstream = await UpstreamServer.StartStreamAsync("data: {\"says\":\"Pol\"}\n\n");
        await using var router = await StartAsync(upstream);

        using var response = await router.SendAsync(Requests.Stream);
        var body = await response.Content.ReadAsStringAsync();

        Assert.Contains("\"error\":", body, StringComparison.Ordinal);
        Assert.DoesNotContain("[DONE]", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Error_InsideA200_HasAStatusOfItsOwn()
    {
        await using var upstream = await UpstreamServer.StartStreamAsync("data: {\"squawk\":\"too tired\"}\n\n");
        await using var router = await StartAsync(upstream);

        using var response = await router.SendAsync(Requests.Stream);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Contains("too tired", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private static void AssertSaysAll(byte[] bytes, IEnumerable<int> cuts)
    {
        var log = new EventLog();

        Assert.Equal(DecodedEnd.Normal, Decoding.Stream(new ParrotUpstream(), new ParrotDecoder(null), bytes, log, cuts));
        Assert.Equal("Polly \U0001F99C", log.Text);
        Assert.Equal((FinishReason.Length, 3, 5), (log.Reason, log.LastUsage!.Value.Input, log.LastUsage.Value.Output));
    }

    /// <summary>The Router as it ships, but for who speaks to the provider.</summary>
    private static Task<RouterHost> StartAsync(UpstreamServer upstream)
    {
        var provider = TestConfig.Provider(upstream.Url) with { BaseUrl = new Uri(upstream.Url) };
        var parrot = new ParrotUpstream();
        return RouterHost.StartAsync(TestConfig.For(provider), builder => builder.Services.AddSingleton<UpstreamProtocolOf>(_ => parrot));
    }
}
