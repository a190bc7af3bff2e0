using System.Collections.Frozen;
using System.Text;
using System.Text.Json.Nodes;
using Gateway.Core.Configuration;
using Gateway.Core.Requests;
using Gateway.Router.Protocols;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Protocols;

/// <summary>Members that steer the gateway alone: no upstream sees them, and nothing else is lost with them.</summary>
public sealed class OwnMemberTests
{
    private const string Own = "\"models\":[\"gpt-test\"],\"provider\":{\"allow_fallbacks\":true}";

    private static readonly string[] Spaces = ["", " ", "\n  ", "\t", "\r\n"];

    [Fact]
    public async Task Any_body_is_valid_and_whole_without_them()
    {
        var random = new Random(20_261_121);
        for (var round = 0; round < 2_000; round++)
        {
            var body = MakeBody(random);
            var bytes = Encoding.UTF8.GetBytes(body);
            Assert.True(RequestFactsReader.TryRead(bytes, LlmOperation.ChatCompletions, out var facts, out var error), error?.Message);
            var named = facts.ModelToken.Length > 0;
            var model = named ? new Splice(facts.ModelToken.Start, facts.ModelToken.Length, "\"real\""u8.ToArray()) : new Splice(facts.FirstMemberOffset, 0, "\"model\":\"real\","u8.ToArray());
            var options = round % 2 == 0 ? new Splice(facts.FirstMemberOffset, 0, "\"stream_options\":{},"u8.ToArray()) : new Splice(model.End, 0, default);
            using var content = new SplicedBody(new Router.Pipeline.RequestBody(bytes, bytes.Length), model, options, facts.OwnMembers);
            using var written = new MemoryStream();
            await content.CopyToAsync(written);

            var expected = JsonNode.Parse(body)!.AsObject();
            expected.Remove("models");
            expected.Remove("provider");
            expected["model"] = "real";
            if (round % 2 == 0)
            {
                expected["stream_options"] = new JsonObject();
            }

            var sent = Encoding.UTF8.GetString(written.ToArray());
            Assert.True(JsonNode.DeepEquals(expected, JsonNode.Parse(sent)), $"{body}\nbecame\n{sent}");
            Assert.Equal(content.Length, written.Length);
        }
    }

    [Fact]
    public async Task Every_byte_that_is_kept_is_the_client_s()
    {
        const string Body = """{ "messages" : [ {"role":"user","content":"\u00e9 \/"} ], "models": ["x"] ,  "model"  :"gpt-test" , "provider": {} }""";
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync(Body);

        Assert.Equal("""{ "messages" : [ {"role":"user","content":"\u00e9 \/"} ] ,  "model"  :"real-model"  }""", upstream.Seen[0].Text);
    }

    public static TheoryData<string, LlmOperation, string, ProviderProtocol> Pairs()
    {
        var pairs = new TheoryData<string, LlmOperation, string, ProviderProtocol>();
        foreach (var protocol in (ProviderProtocol[])[ProviderProtocol.OpenAI, ProviderProtocol.Anthropic, ProviderProtocol.Gemini, ProviderProtocol.Ollama])
        {
            pairs.Add("/v1/chat/completions", LlmOperation.ChatCompletions, "\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]", protocol);
            pairs.Add("/v1/completions", LlmOperation.Completions, "\"max_tokens\":9,\"prompt\":\"hi\"", protocol);
            pairs.Add("/v1/responses", LlmOperation.Responses, "\"max_output_tokens\":9,\"input\":\"hi\"", protocol);
            pairs.Add("/v1/messages", LlmOperation.Messages, "\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]", protocol);
            if (protocol != ProviderProtocol.Anthropic)
            {
                pairs.Add("/v1/embeddings", LlmOperation.Embeddings, "\"input\":\"hi\"", protocol);
            }
        }

        return pairs;
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task No_upstream_sees_them_and_they_are_no_loss(string path, LlmOperation operation, string content, ProviderProtocol protocol)
    {
        await using var upstream = await UpstreamServer.StartJsonAsync("{}");
        var config = TestConfig.For(TestConfig.Provider(upstream.Url) with { Protocol = protocol });
        var strict = config.Models["gpt-test"] with { Attempts = 1, Translation = new TranslationConfig { Unmappable = UnmappableFields.Reject } };
        await using var router = await RouterHost.StartAsync(config with { Models = new[] { strict }.ToFrozenDictionary(static group => group.Name) });

        using var named = await router.SendAsync("{\"model\":\"gpt-test\"," + Own + "," + content + "}", new LlmEndpoint(path, operation));
        using var unnamed = await router.SendAsync("{" + Own + "," + content + "}", new LlmEndpoint(path, operation));

        Assert.True(upstream.Seen.Count >= 2, await named.Content.ReadAsStringAsync());
        foreach (var seen in upstream.Seen)
        {
            var body = JsonNode.Parse(seen.Text)!.AsObject();
            Assert.False(body.ContainsKey("models") || body.ContainsKey("provider"), seen.Text);
            Assert.Contains("real-model", seen.Text + seen.Path, StringComparison.Ordinal);
        }
    }

    private static string MakeBody(Random random)
    {
        string Space() => Spaces[random.Next(Spaces.Length)];
        var members = new List<string> { $"\"messages\"{Space()}:[{{\"role\":\"user\",\"content\":\"é, \\\"models\\\": [ }}\"}}]" };
        var named = random.Next(2) == 0;
        if (named)
        {
            members.Add($"\"model\"{Space()}:{Space()}\"gpt-test\"");
        }

        if (!named || random.Next(3) != 0)
        {
            members.Add($"\"models\"{Space()}:{Space()}[{Space()}\"gpt-test\"{Space()},\"b\"]");
        }

        if (random.Next(3) != 0)
        {
            members.Add($"\"provider\"{Space()}:{Space()}{(random.Next(4) == 0 ? "null" : "{ \"only\" : [\"x\"] , \"max_price\":{} }")}");
        }

        if (random.Next(2) == 0)
        {
            members.Add("\"metadata\":{\"provider\":\"kept\",\"models\":[1]}");
        }

        var order = members.ToArray();
        random.Shuffle(order);
        return Space() + "{" + Space() + string.Join(Space() + "," + Space(), order) + Space() + "}" + Space();
    }
}
