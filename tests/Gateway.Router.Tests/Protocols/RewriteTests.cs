using System.Text;
using System.Text.Json.Nodes;
using Gateway.Core.Requests;
using Gateway.Router.Attempts;
using Gateway.Router.Catalog;
using Gateway.Router.Cooldowns;
using Gateway.Router.Pipeline;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.OpenAI;
using Gateway.Router.Tests.Hosting;
using Microsoft.AspNetCore.Http;

namespace Gateway.Router.Tests.Protocols;

public sealed class RewriteTests
{
    private static readonly string[] Spaces = ["", " ", "\n  ", "\t", "\r\n"];
    private static readonly string[] Options =
    [
        "", "null", "{}", "{ }", """{"include_usage":false}""", """{"include_usage":true}""", """{"include_usage":null}""", """{"other":[1,{"a":"}"}]}""",
        """{ "include_usage" : false , "x":1}""", """{"x":{"include_usage":true}}""",
    ];

    [Fact]
    public async Task Rewrite_AnyBodyShape_ChangesTheModelAndAsksForUsageAndNothingElse()
    {
        var random = new Random(20_261_121);
        var written = 0;
        for (var round = 0; round < 3_000; round++)
        {
            var body = MakeBody(random);
            if (!RequestFactsReader.TryRead(Encoding.UTF8.GetBytes(body), LlmOperation.ChatCompletions, out var facts, out _))
            {
                continue;
            }

            written++;
            var name = round % 3 == 0 ? "we\"ird/mödel\\" : "real-model";
            var sent = await RewriteAsync(body, name);

            var expected = JsonNode.Parse(body)!.AsObject();
            expected["model"] = name;
            if (facts.Stream)
            {
                var options = expected["stream_options"] as JsonObject;
                if (options is null)
                {
                    expected["stream_options"] = options = [];
                }

                options["include_usage"] = true;
            }

            Assert.True(JsonNode.DeepEquals(expected, JsonNode.Parse(sent)), $"{body}\nbecame\n{sent}");
            CheckBytes(body, sent, facts, name);
        }

        Assert.True(written > 2_500, $"only {written} bodies were readable");
    }

    [Fact]
    public async Task Rewrite_NothingToChangeButTheName_KeepsEveryOtherByte()
    {
        const string Body = """{ "messages" : [ {"role":"user","content":"\u00e9 \/ \"model\":\"x\""} ],  "model"  :"gpt-test" , "seed": 1e3 }""";
        Assert.Equal(Body.Replace("\"gpt-test\"", "\"real-model\"", StringComparison.Ordinal), await RewriteAsync(Body, "real-model"));
    }

    /// <summary>What stands outside of the replaced runs is the same, byte for byte: taking them out of both leaves equal rests.</summary>
    private static void CheckBytes(string body, string sent, RequestFacts facts, string name)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        var pieces = new List<ByteRange> { facts.ModelToken };
        if (facts.Stream && !facts.IncludeUsage)
        {
            var value = facts.StreamOptionsToken.Length == 0 ? "" : Encoding.UTF8.GetString(bytes, facts.StreamOptionsToken.Start, facts.StreamOptionsToken.Length);
            pieces.Add(facts.IncludeUsageToken.Length > 0 ? facts.IncludeUsageToken
                : value.Length == 0 ? new ByteRange(facts.FirstMemberOffset, 0)
                : value[0] != '{' || value[1..^1].Trim().Length == 0 ? facts.StreamOptionsToken
                : new ByteRange(facts.StreamOptionsToken.Start + 1, 0));
        }

        pieces.Sort(static (one, other) => one.Start.CompareTo(other.Start));
        var at = 0;
        var rest = sent;
        foreach (var piece in pieces)
        {
            var kept = Encoding.UTF8.GetString(bytes, at, piece.Start - at);
            Assert.StartsWith(kept, rest, StringComparison.Ordinal);
            rest = rest[kept.Length..];
            var next = Encoding.UTF8.GetString(bytes, piece.End, bytes.Length - piece.End);

            // The replacement is short and known; skip it by its own text.
            rest = rest[Replacement(rest, name).Length..];
            at = piece.End;
            Assert.True(next.Length == 0 || rest.Length > 0);
        }

        Assert.Equal(Encoding.UTF8.GetString(bytes, at, bytes.Length - at), rest);
    }

    private static string Replacement(string rest, string name)
    {
        var model = Encoding.UTF8.GetString(Deployment(name).ModelJson);
        return new[] { "\"stream_options\":{\"include_usage\":true},", "{\"include_usage\":true}", "\"include_usage\":true,", "true", model }
            .First(text => rest.StartsWith(text, StringComparison.Ordinal));
    }

    private static string MakeBody(Random random)
    {
        string Space() => Spaces[random.Next(Spaces.Length)];
        var members = new List<string>
        {
            $"\"model\"{Space()}:{Space()}\"gpt-test\"",
            $"\"messages\":[{{\"role\":\"user\",\"content\":\"{new string('é', random.Next(0, 30))} \\\"model\\\": {{\"}}]",
        };
        if (random.Next(4) != 0)
        {
            members.Add($"\"stream\"{Space()}:{Space()}{(random.Next(5) == 0 ? "false" : "true")}");
        }

        var options = Options[random.Next(Options.Length)];
        if (options.Length > 0)
        {
            members.Add($"\"stream_options\"{Space()}:{Space()}{options}");
        }

        if (random.Next(2) == 0)
        {
            members.Add("\"tools\":[{\"model\":\"inner\",\"stream\":1}]");
        }

        if (random.Next(2) == 0)
        {
            members.Add("\"n\":2,\"user\":\"u\"");
        }

        var order = members.ToArray();
        random.Shuffle(order);
        return Space() + "{" + Space() + string.Join(Space() + "," + Space(), order) + Space() + "}" + Space();
    }

    private static async Task<string> RewriteAsync(string body, string model)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        Assert.True(RequestFactsReader.TryRead(bytes, LlmOperation.ChatCompletions, out var facts, out _));
        var exchange = new LlmExchange(new DefaultHttpContext(), LlmEndpoint.ChatCompletions, null!, TimeProvider.System);
        exchange.SetBody(new RequestBody(bytes, bytes.Length), in facts);
        using var content = new OpenAIUpstream().Rewrite(exchange, Deployment(model));
        using var written = new MemoryStream();
        await content.CopyToAsync(written);
        Assert.Equal(content.Length, written.Length);
        return Encoding.UTF8.GetString(written.ToArray());
    }

    private static Deployment Deployment(string model)
    {
        var upstream = new UpstreamClient(TestConfig.Provider("http://127.0.0.1:1"));
        return new(upstream, UpstreamTraits.Default, model, 1, null, 0, isConfigured: true, new DeploymentStates().Of("up", model, upstream.Credentials, isConfigured: true));
    }
}
