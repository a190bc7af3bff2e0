using System.Text;
using Gateway.Core.Configuration;
using Gateway.Core.Requests;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Pitfalls;

/// <summary>One small talk in the words of each protocol: what upstreams stream, and what clients send.</summary>
internal static class PitfallTalks
{
    /// <summary>Letters of two bytes, and one of four.</summary>
    public const string Text = "Grüße, \U0001F99C!";

    private const string Client = "gpt-test";

    public static TheoryData<ProviderProtocol> Upstreams => new(ProviderProtocol.OpenAI, ProviderProtocol.Anthropic, ProviderProtocol.Gemini, ProviderProtocol.Ollama);

    public static TheoryData<LlmProtocol> Clients => new(LlmProtocol.OpenAI, LlmProtocol.Responses, LlmProtocol.Anthropic, LlmProtocol.Gemini, LlmProtocol.Ollama);

    /// <summary>A whole stream that says a text.</summary>
    public static string Stream(ProviderProtocol protocol, string text = Text) => Start(protocol, text) + protocol switch
    {
        ProviderProtocol.OpenAI => Requests.Finish + Requests.Usage + Requests.Done,
        ProviderProtocol.Anthropic => Event("content_block_stop", "\"index\":0")
            + Event("message_delta", """ "delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":4} """) + Event("message_stop", "\"n\":0"),
        ProviderProtocol.Gemini => """data: {"candidates":[{"content":{"parts":[{"text":""}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":4,"totalTokenCount":7}}""" + "\r\n\r\n",
        ProviderProtocol.Ollama => """{"model":"m","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","prompt_eval_count":3,"eval_count":4}""" + "\n",
        _ => throw new ArgumentOutOfRangeException(nameof(protocol), protocol, "Has no talk here."),
    };

    /// <summary>The same without its end.</summary>
    public static string Start(ProviderProtocol protocol, string text = Text) => protocol switch
    {
        ProviderProtocol.OpenAI => Requests.Delta(text),
        ProviderProtocol.Anthropic => Event("message_start", """ "message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":1}} """)
            + Event("content_block_start", """ "index":0,"content_block":{"type":"text","text":""} """)
            + Event("content_block_delta", $$""" "index":0,"delta":{"type":"text_delta","text":"{{text}}"} """),
        ProviderProtocol.Gemini => $$$"""data: {"candidates":[{"content":{"parts":[{"text":"{{{text}}}"}],"role":"model"},"index":0}],"modelVersion":"m"}""" + "\r\n\r\n",
        ProviderProtocol.Ollama => $$$"""{"model":"m","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"{{{text}}}"},"done":false}""" + "\n",
        _ => throw new ArgumentOutOfRangeException(nameof(protocol), protocol, "Has no talk here."),
    };

    public static (string Body, LlmEndpoint Endpoint) Request(LlmProtocol client, bool stream = true) => client switch
    {
        LlmProtocol.OpenAI => (stream ? Requests.Stream : Requests.Plain, LlmEndpoint.ChatCompletions),
        LlmProtocol.Responses => ($$"""{"model":"{{Client}}","stream":{{Word(stream)}},"input":"hi"}""", new LlmEndpoint("/v1/responses", LlmOperation.Responses)),
        LlmProtocol.Anthropic => ($$"""{"model":"{{Client}}","stream":{{Word(stream)}},"max_tokens":9,"messages":[{"role":"user","content":"hi"}]}""", new LlmEndpoint("/v1/messages", LlmOperation.Messages)),
        LlmProtocol.Gemini => ("""{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}""", new LlmEndpoint(
            $"/v1beta/models/{Client}:{(stream ? "streamGenerateContent?alt=sse" : "generateContent")}", LlmOperation.GenerateContent)),
        LlmProtocol.Ollama => ($$"""{"model":"{{Client}}","stream":{{Word(stream)}},"messages":[{"role":"user","content":"hi"}]}""", new LlmEndpoint("/api/chat", LlmOperation.OllamaChat)),
        _ => throw new ArgumentOutOfRangeException(nameof(client), client, "No client speaks it."),
    };

    public static Task<HttpResponseMessage> SendAsync(this RouterHost router, LlmProtocol client, bool stream = true, CancellationToken cancellationToken = default)
    {
        var (body, endpoint) = Request(client, stream);
        return router.SendAsync(body, endpoint, cancellationToken: cancellationToken);
    }

    public static Task<RouterHost> StartAsync(UpstreamServer upstream, ProviderProtocol protocol)
    {
        var version = protocol switch { ProviderProtocol.Ollama => "", ProviderProtocol.Gemini => "/v1beta", _ => "/v1" };
        return RouterHost.StartAsync(TestConfig.For(TestConfig.Provider(upstream.Url) with { Protocol = protocol, BaseUrl = new Uri(upstream.Url + version) }));
    }

    /// <summary>A server that streams a talk as its protocol does.</summary>
    /// <param name="oneByOne">Each byte flushed alone.</param>
    public static Task<UpstreamServer> ServeAsync(ProviderProtocol protocol, bool oneByOne = false) => UpstreamServer.StartAsync(async context =>
    {
        context.Response.ContentType = TypeOf(protocol);
        foreach (var piece in Bytes(Stream(protocol)).Chunk(oneByOne ? 1 : int.MaxValue))
        {
            await context.Response.Body.WriteAsync(piece);
            await context.Response.Body.FlushAsync();
        }
    });

    public static string TypeOf(ProviderProtocol protocol) => protocol == ProviderProtocol.Ollama ? "application/x-ndjson" : "text/event-stream";

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string Word(bool value) => value ? "true" : "false";

    private static string Event(string type, string members) => $$"""
        event: {{type}}
        data: {"type":"{{type}}",{{members}}}


        """.ReplaceLineEndings("\n");
}
