using System.Collections.Frozen;
using System.Net;
using System.Text;
using Gateway.Core;
using Gateway.Core.Configuration;
using Gateway.Core.Journal;
using Gateway.Core.Requests;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.PassThrough;

/// <summary>Images, audio and reranking: the bytes go on, the model's name does not, and what it cost is in the ledger.</summary>
public sealed class PassThroughTests
{
    private const string FormType = "multipart/form-data; boundary=b1";
    private const string Form = "--b1\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\n\0\u0001\u00FF\r\n\n-\r\n"
        + "--b1\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\ngpt-test\r\n--b1\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\ngpt-test\r\n--b1--\r\n";

    private const string Image = """{"model":"gpt-test","prompt":"a cat","n":2,"size":"auto"}""";
    private const string ImageAnswer = """{"created":1,"data":[{"b64_json":"iVBORw0KGgo="}],"usage":{"total_tokens":110,"input_tokens":10,"output_tokens":100,"input_tokens_details":{"text_tokens":10,"image_tokens":0}}}""";

    [Fact]
    public async Task Image_GoesOnWithTheDeploymentsModel_AndItsTokensAreCharged()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(ImageAnswer);
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync(Image, Of(LlmOperation.ImageGenerations));

        Assert.Equal(ImageAnswer, await response.Content.ReadAsStringAsync());
        Assert.Equal(("/v1/images/generations", Image.Replace("gpt-test", "real-model", StringComparison.Ordinal)), (upstream.Seen[0].Path, upstream.Seen[0].Text));
        var final = Assert.Single(router.Journal.Finals);
        Assert.Equal((10L, 100L, UsageFlags.None, RequestEnding.Completed), (final.Usage.Input, final.Usage.Output, final.Flags, final.Ending));
        Assert.Equal(LlmOperation.ImageGenerations, final.Intent.Operation);
    }

    [Fact]
    public async Task Image_Streamed_EndsBehindItsLastPictureWithoutAMarker()
    {
        string[] events =
        [
            "event: image_generation.partial_image\ndata: {\"type\":\"image_generation.partial_image\",\"b64_json\":\"aaaa\",\"partial_image_index\":0}\n\n",
            "event: image_generation.completed\ndata: {\"type\":\"image_generation.completed\",\"b64_json\":\"bbbb\",\"usage\":{\"total_tokens\":12,\"input_tokens\":5,\"output_tokens\":7}}\n\n",
        ];
        await using var upstream = await UpstreamServer.StartStreamAsync(events);
        await using var router = await RouterHost.StartAsync(upstream);
        const string Body = """{"model":"gpt-test","prompt":"a cat","stream":true}""";

        using var response = await router.SendAsync(Body, Of(LlmOperation.ImageGenerations));

        Assert.Equal(string.Concat(events), await response.Content.ReadAsStringAsync());
        // Nothing of chat's is spliced into it: these upstreams refuse fields that they do not know.
        Assert.Equal(Body.Replace("gpt-test", "real-model", StringComparison.Ordinal), upstream.Seen[0].Text);
        Assert.Equal((5L, 7L, UsageFlags.None), (router.Journal.Finals[0].Usage.Input, router.Journal.Finals[0].Usage.Output, router.Journal.Finals[0].Flags));
    }

    [Fact]
    public async Task Image_StreamCutBeforeItsLastPicture_EndsInOneErrorEvent()
    {
        const string Partial = "data: {\"type\":\"image_generation.partial_image\",\"b64_json\":\"aaaa\"}\n\n";
        await using var upstream = await UpstreamServer.StartStreamAsync(Partial);
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync("""{"model":"gpt-test","prompt":"a cat","stream":true}""", Of(LlmOperation.ImageGenerations));

        var text = await response.Content.ReadAsStringAsync();
        Assert.StartsWith(Partial, text, StringComparison.Ordinal);
        Assert.Contains("\"error\"", text[Partial.Length..], StringComparison.Ordinal);
        Assert.NotEqual(RequestEnding.Completed, router.Journal.Finals[0].Ending);
    }

    [Theory]
    [InlineData("event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"code\":\"x\",\"message\":\"no\"}}\n\n", 400)]
    [InlineData("data: {\"error\":{\"code\":\"invalid_api_key\",\"message\":\"no\"}}\n\n", 502)]
    public async Task Image_StreamThatBeginsWithAnError_HasARealStatus(string error, int status)
    {
        await using var upstream = await UpstreamServer.StartStreamAsync(error);
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync("""{"model":"gpt-test","prompt":"a cat","stream":true}""", Of(LlmOperation.ImageGenerations));

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal((0L, 0L), (router.Journal.Finals[0].Usage.Input, router.Journal.Finals[0].CostNanoUsd));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Speech_PassesByteForByte_AndWithoutUsageIsMarkedEstimated(bool withLength)
    {
        var sound = new byte[200_000];
        new Random(3).NextBytes(sound);
        await using var upstream = await UpstreamServer.StartAsync(async context =>
        {
            context.Response.ContentType = "audio/mpeg";
            context.Response.ContentLength = withLength ? sound.Length : null;
            await context.Response.Body.WriteAsync(sound.AsMemory(0, 1000));
            await context.Response.Body.FlushAsync();
            await context.Response.Body.WriteAsync(sound.AsMemory(1000));
        });
        await using var router = await RouterHost.StartAsync(upstream);
        const string Body = """{"model":"gpt-test","input":"hello there","voice":"alloy"}""";

        using var response = await router.SendAsync(Body, Of(LlmOperation.Speech));

        Assert.Equal("audio/mpeg", response.Content.Headers.ContentType?.ToString());
        Assert.Equal(sound, await response.Content.ReadAsByteArrayAsync());
        var final = await router.Journal.FirstFinalAsync();
        Assert.Equal((0L, UsageFlags.Estimated, RequestEnding.Completed), (final.Usage.Output, final.Flags, final.Ending));
        Assert.Equal(final.Intent.EstimatedInputTokens, final.Usage.Input);
    }

    [Fact]
    public async Task Speech_IsHeardWhileItIsMade()
    {
        var more = new TaskCompletionSource();
        await using var upstream = await UpstreamServer.StartAsync(async context =>
        {
            context.Response.ContentType = "audio/mpeg";
            await context.Response.Body.WriteAsync("abc"u8.ToArray());
            await context.Response.Body.FlushAsync();
            await more.Task;
            await context.Response.Body.WriteAsync("de"u8.ToArray());
        });
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync("""{"model":"gpt-test","input":"hello","voice":"alloy"}""", Of(LlmOperation.Speech)).WaitAsync(RouterHost.Patience);
        await using var sound = await response.Content.ReadAsStreamAsync();
        var first = new byte[2];
        await sound.ReadExactlyAsync(first).AsTask().WaitAsync(RouterHost.Patience);
        more.SetResult();
        using var rest = new MemoryStream();
        await sound.CopyToAsync(rest);

        Assert.Equal(("ab", "cde"), (Encoding.ASCII.GetString(first), Encoding.ASCII.GetString(rest.ToArray())));
    }

    [Theory]
    [InlineData("")]
    [InlineData("data: [DONE]\n\n")]
    public async Task Speech_AsEvents_EndsWithItsOwnLastEvent(string behind)
    {
        const string Events = "data: {\"type\":\"speech.audio.delta\",\"audio\":\"aGk=\"}\n\ndata: {\"type\":\"speech.audio.done\",\"usage\":{\"input_tokens\":3,\"output_tokens\":40,\"total_tokens\":43}}\n\n";
        await using var upstream = await UpstreamServer.StartStreamAsync(Events, behind);
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync("""{"model":"gpt-test","input":"hello","voice":"alloy","stream_format":"sse"}""", Of(LlmOperation.Speech));

        Assert.Equal(Events + behind, await response.Content.ReadAsStringAsync());
        Assert.Equal((3L, 40L), (router.Journal.Finals[0].Usage.Input, router.Journal.Finals[0].Usage.Output));
    }

    [Theory]
    [InlineData("""{"text":"hi","usage":{"type":"tokens","input_tokens":14,"input_token_details":{"audio_tokens":12,"text_tokens":2},"output_tokens":4,"total_tokens":18}}""", 14, 12, 4, UsageFlags.None)]
    [InlineData("""{"text":"hi","usage":{"type":"duration","seconds":3}}""", 0, 0, 0, UsageFlags.None)]
    [InlineData("""{"text":"hi"}""", 0, 0, 0, UsageFlags.Estimated)]
    public async Task Transcription_FormGoesOnByteForByteButForTheModel(string answer, long input, long audio, long output, UsageFlags flags)
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(answer);
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await SendFormAsync(router, LlmOperation.Transcriptions, Form);

        Assert.Equal(answer, await response.Content.ReadAsStringAsync());
        var seen = Assert.Single(upstream.Seen);
        Assert.Equal(("/v1/audio/transcriptions", FormType), (seen.Path, seen.Headers["content-type"]));
        Assert.Equal(Form.Replace("\r\n\r\ngpt-test\r\n--b1\r\n", "\r\n\r\nreal-model\r\n--b1\r\n", StringComparison.Ordinal), Encoding.Latin1.GetString(seen.Body));
        var final = Assert.Single(router.Journal.Finals);
        Assert.Equal((input, audio, output, flags), (final.Usage.Input, final.Usage.AudioInput, final.Usage.Output, final.Flags));
        // Sound is not text: its bytes are no tokens.
        Assert.Equal(0, final.Intent.EstimatedInputTokens);
    }

    [Theory]
    [InlineData(LlmOperation.ImageEdits, "/v1/images/edits")]
    [InlineData(LlmOperation.ImageVariations, "/v1/images/variations")]
    [InlineData(LlmOperation.SpeechTranslations, "/v1/audio/translations")]
    public async Task Form_OfEachOperation_ReachesItsPath(LlmOperation operation, string path)
    {
        await using var upstream = await UpstreamServer.StartJsonAsync("""{"text":"hi"}""");
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await SendFormAsync(router, operation, Form);

        Assert.Equal((HttpStatusCode.OK, path), (response.StatusCode, upstream.Seen[0].Path));
    }

    [Theory]
    [InlineData("gpt-test", "other-model", FormType)]
    [InlineData("b1--\r\n", "b1--\r\nmore", FormType)]
    [InlineData("x", "x", "multipart/form-data; boundary=b2")]
    [InlineData("x", "x", "application/json")]
    public async Task Form_OtherThanTheAuthorised_IsRefused(string from, string to, string type)
    {
        await using var upstream = await UpstreamServer.StartJsonAsync("{}");
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await SendFormAsync(router, LlmOperation.Transcriptions, Form.Replace(from, to, StringComparison.Ordinal), type);

        Assert.Contains("does not mean what was authorised", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(upstream.Seen);
    }

    [Theory]
    [InlineData("""{"results":[{"index":1,"relevance_score":0.9}],"usage":{"total_tokens":17}}""", 17, UsageFlags.None)]
    [InlineData("""{"results":[],"meta":{"billed_units":{"search_units":1}}}""", 0, UsageFlags.None)]
    [InlineData("""{"results":[{"document":{"text":"\"search_units\":"}}]}""", 16, UsageFlags.Estimated)]
    public async Task Rerank_IsMeteredInItsProvidersUnit(string answer, long input, UsageFlags flags)
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(answer);
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync("""{"model":"gpt-test","query":"cats","documents":["a cat","dog"]}""", Of(LlmOperation.Rerank));

        Assert.Equal((HttpStatusCode.OK, "/v1/rerank"), (response.StatusCode, upstream.Seen[0].Path));
        Assert.Equal((input, 0L, flags), (router.Journal.Finals[0].Usage.Input, router.Journal.Finals[0].Usage.Output, router.Journal.Finals[0].Flags));
    }

    [Fact]
    public async Task Upstream_RefusesInAnotherShape_ClientGetsOpenAIs()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync("""{"message":"no documents"}""", 422);
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync("""{"model":"gpt-test","query":"cats","documents":["a"]}""", Of(LlmOperation.Rerank));

        Assert.Equal(422, (int)response.StatusCode);
        Assert.StartsWith("{\"error\":{", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal((0L, 0L), (router.Journal.Finals[0].Usage.Input, router.Journal.Finals[0].CostNanoUsd));
    }

    [Theory]
    [InlineData(ProviderProtocol.Anthropic)]
    [InlineData(ProviderProtocol.Gemini)]
    [InlineData(ProviderProtocol.Vertex)]
    [InlineData(ProviderProtocol.Ollama)]
    [InlineData(ProviderProtocol.Bedrock)]
    public async Task Provider_WithoutIt_IsAClear404(ProviderProtocol protocol)
    {
        await using var upstream = await UpstreamServer.StartJsonAsync("{}");
        await using var router = await RouterHost.StartAsync(TestConfig.For(TestConfig.Provider(upstream.Url) with { Protocol = protocol, Keys = [] }));

        using var response = await router.SendAsync(Image, Of(LlmOperation.ImageGenerations));

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Contains("has no images", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(upstream.Seen);
        Assert.Empty(router.Journal.Intents);
    }

    [Fact]
    public async Task Group_OfSeveralProtocols_IsServedByThoseThatCan()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(ImageAnswer);
        var config = TestConfig.For(TestConfig.Provider(upstream.Url), TestConfig.Provider(upstream.Url, "claude") with { Protocol = ProviderProtocol.Anthropic });
        await using var router = await RouterHost.StartAsync(config with
        {
            Models = TestConfig.Group("gpt-test", new DeploymentConfig { Provider = "claude", Model = "c" }, new DeploymentConfig { Provider = "up", Model = "real-model" }),
        });

        for (var i = 0; i < 4; i++)
        {
            using var response = await router.SendAsync(Image, Of(LlmOperation.ImageGenerations));
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        Assert.All(upstream.Seen, static seen => Assert.Equal("/v1/images/generations", seen.Path));
    }

    [Fact]
    public async Task Azure_HasItsDeploymentInThePath()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(ImageAnswer);
        await using var router = await RouterHost.StartAsync(TestConfig.For(TestConfig.Provider(upstream.Url) with { Protocol = ProviderProtocol.AzureOpenAI, BaseUrl = new Uri(upstream.Url) }));

        using var response = await router.SendAsync(Image, Of(LlmOperation.ImageGenerations));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Matches("^/openai/deployments/real-model/images/generations\\?api-version=|^/images/generations$", upstream.Seen[0].Path);
    }

    [Theory]
    [InlineData(ModerationMode.Required, 503)]
    [InlineData(ModerationMode.BestEffort, 200)]
    public async Task Form_UnderAPolicy_IsNotServedUnread(ModerationMode mode, int status)
    {
        await using var upstream = await UpstreamServer.StartJsonAsync("""{"text":"hi"}""");
        var policy = new ModerationPolicyConfig { Name = "p", Mode = mode, Input = [] };
        await using var router = await RouterHost.StartAsync(TestConfig.For(upstream.Url) with
        {
            Moderation = new ModerationConfig { Policies = new Dictionary<string, ModerationPolicyConfig> { ["p"] = policy }.ToFrozenDictionary() },
        });

        using var response = await SendFormAsync(router, LlmOperation.Transcriptions, Form, policy: "p");

        Assert.Equal((status, status == 200 ? 1 : 0), ((int)response.StatusCode, upstream.Seen.Count));
        if (status == 503)
        {
            Assert.Contains("cannot read forms", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
        else
        {
            Assert.True(router.Journal.Finals[0].Flags.HasFlag(UsageFlags.Unmoderated));
        }
    }

    private static LlmEndpoint Of(LlmOperation operation) => LlmEndpoint.Routed.Single(endpoint => endpoint.Operation == operation);

    private static async Task<HttpResponseMessage> SendFormAsync(RouterHost router, LlmOperation operation, string form, string type = FormType, string policy = "")
    {
        var path = Of(operation).Path;
        var claims = RouterHost.ClaimsFor(Encoding.UTF8.GetBytes(Requests.Plain), LlmEndpoint.ChatCompletions) with { Path = path, ModerationPolicy = policy };
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(Encoding.Latin1.GetBytes(form)) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        request.Headers.Add(GatewayHeaders.Context, RouterHost.Tokens.Sign(claims));
        return await router.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }
}
