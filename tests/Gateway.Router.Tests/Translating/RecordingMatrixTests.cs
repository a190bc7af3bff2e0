using Gateway.Core.Configuration;
using Gateway.Core.Requests;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Translating;

/// <summary>Every recorded answer, in pieces, through the Router to a client of every protocol: each understands the same.</summary>
public sealed class RecordingMatrixTests
{
    private static readonly (string Recorded, string Protocol, ProviderProtocol Provider)[] Upstreams =
    [
        ("openai-chat", "openai", ProviderProtocol.OpenAI),
        ("openai-responses", "responses", ProviderProtocol.OpenAI),
        ("anthropic", "anthropic", ProviderProtocol.Anthropic),
        ("gemini", "gemini", ProviderProtocol.Gemini),
        ("ollama", "ollama", ProviderProtocol.Ollama),
        ("bedrock-converse", "bedrock", ProviderProtocol.Bedrock),
    ];

    private static readonly (string Protocol, LlmOperation Operation, string Path, string Body)[] Clients =
    [
        ("openai", LlmOperation.ChatCompletions, "/v1/chat/completions", """{"model":"gpt-test","stream":STREAM,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"hi"}]}"""),
        ("responses", LlmOperation.Responses, "/v1/responses", """{"model":"gpt-test","stream":STREAM,"input":"hi"}"""),
        ("anthropic", LlmOperation.Messages, "/v1/messages", """{"model":"gpt-test","stream":STREAM,"max_tokens":100,"messages":[{"role":"user","content":"hi"}]}"""),
        ("gemini", LlmOperation.GenerateContent, "/v1beta/models/gpt-test:METHOD", """{"contents":[{"role":"user","parts":[{"text":"hi"}]}],"generationConfig":{"thinkingConfig":{"includeThoughts":true}}}"""),
        ("ollama", LlmOperation.OllamaChat, "/api/chat", """{"model":"gpt-test","stream":STREAM,"messages":[{"role":"user","content":"hi"}]}"""),
    ];

    /// <summary>Recordings that are not one answer: several choices, or a stream that another one was spliced into.</summary>
    private const string PiecewiseArguments = "gemini-stream-partial-tool-call-arguments";

    private static readonly string[] NotOneAnswer = ["openai-chat-n-many-1", "anthropic-stream-spliced-message-start"];

    public static TheoryData<string, string, string> Pairs
    {
        get
        {
            var data = new TheoryData<string, string, string>();
            foreach (var (recorded, protocol, _) in Upstreams)
            {
                foreach (string id in Recordings.Ids(recorded))
                {
                    if (Recordings.Load(id).Status != 200 || NotOneAnswer.Contains(id))
                    {
                        continue;
                    }

                    foreach (var client in Clients)
                    {
                        data.Add(id, protocol, client.Protocol);
                    }
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Recording_ToAClientOfAnyProtocol_SaysTheSame(string id, string protocol, string client)
    {
        var recording = Recordings.Load(id);
        await using var upstream = await UpstreamServer.StartAsync(context => PiecesAsync(context, recording));
        var provider = TestConfig.Provider(upstream.Url) with
        {
            Protocol = Upstreams.Single(entry => entry.Protocol == protocol).Provider,
            Quirks = protocol == "responses" ? new QuirksConfig { Responses = true, PreferResponses = true } : new QuirksConfig(),
        };
        await using var router = await RouterHost.StartAsync(TestConfig.For(provider));
        var (_, operation, path, body) = Clients.Single(entry => entry.Protocol == client);

        using var response = await router.SendAsync(
            body.Replace("STREAM", recording.Streaming ? "true" : "false", StringComparison.Ordinal),
            new LlmEndpoint(path.Replace("METHOD", recording.Streaming ? "streamGenerateContent?alt=sse" : "generateContent", StringComparison.Ordinal), operation));
        var got = await response.Content.ReadAsByteArrayAsync();

        var expected = SeenAnswer.Read(protocol, recording.Streaming, recording.Response);
        if (client == protocol && response.IsSuccessStatusCode)
        {
            Assert.Equal(recording.Response, got);
            return;
        }

        if (id == PiecewiseArguments)
        {
            expected = expected with { Calls = """getWeather({"location":"Boston"}) getWeather({"location":"San Francisco"})""" };
        }

        if (expected.Finish is "error" or "none")
        {
            // An error inside a 200, before any content: a real status. After it: an error event, and nothing like an end.
            Assert.True(!response.IsSuccessStatusCode || SeenAnswer.Read(client, recording.Streaming, got).Finish == "error");
            return;
        }

        Assert.True(response.IsSuccessStatusCode, System.Text.Encoding.UTF8.GetString(got));
        var seen = SeenAnswer.Read(client, recording.Streaming, got);
        if (expected is { Input: 0, Output: 0 })
        {
            // The upstream counted nothing; where the client's protocol must have counts they are estimates.
            seen = seen with { Input = 0, Output = 0 };
        }

        Assert.Equal(Understood(expected, client), Understood(seen, client));
    }

    /// <summary>What a protocol has no word for does not count: Ollama knows no cached tokens and no refusal, others one word for filtered and refused.</summary>
    private static SeenAnswer Understood(SeenAnswer answer, string client) => client switch
    {
        "ollama" => answer with { Cached = 0, Finish = answer.Finish is "filtered" or "refusal" ? "stop" : answer.Finish },
        "anthropic" or "gemini" => answer with { Finish = answer.Finish == "refusal" ? "filtered" : answer.Finish },
        _ => answer,
    };

    /// <summary>In pieces of lengths that are always the same ones, so that a failure comes again.</summary>
    private static async Task PiecesAsync(Microsoft.AspNetCore.Http.HttpContext context, Recording recording)
    {
        context.Response.ContentType = recording.ContentType;
        var random = new Random(recording.Response.Length);
        for (var at = 0; at < recording.Response.Length;)
        {
            var length = Math.Min(random.Next(1, 400), recording.Response.Length - at);
            await context.Response.Body.WriteAsync(recording.Response.AsMemory(at, length));
            await context.Response.Body.FlushAsync();
            at += length;
        }
    }
}
