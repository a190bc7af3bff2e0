using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text.Json;
using Gateway.Core;
using OpenAI;
using OpenAI.Moderations;

namespace Gateway.Moderation.Tests.Endpoints;

public sealed class ModerationsTests
{
    private const string Path = "/v1/moderations";

    [Fact]
    public async Task OfficialClient_FlaggedAndClean_ParsesBoth()
    {
        await using var service = await ModerationService.StartAsync(Policy.Of("default", Policy.Block("bad")));
        using var http = new HttpClient(new ContextHandler(service.Token(Path, "")));
        var client = new ModerationClient("omni-moderation-latest", new ApiKeyCredential("k"), new OpenAIClientOptions
        {
            Endpoint = new Uri(service.Http.BaseAddress!, "/v1"),
            Transport = new HttpClientPipelineTransport(http),
        });

        var results = (await client.ClassifyTextAsync(["so bad", "fine"])).Value;

        Assert.Equal("omni-moderation-latest", results.Model);
        Assert.Equal([true, false], results.Select(result => result.Flagged));
        Assert.False(results[0].Hate.Flagged);
        Assert.Equal(0, results[0].Violence.Score);
    }

    [Theory]
    [InlineData("""{"input":"so bad"}""", "keywords_1")]
    [InlineData("""{"input":["so bad"]}""", "keywords_1")]
    [InlineData("""{"input":[{"type":"text","text":"so b"},{"type":"image_url","image_url":{"url":"x"}},{"type":"text","text":"ad"}]}""", "keywords_1")]
    [InlineData("""{"input":"call 555"}""", "regex_2")]
    public async Task Match_IsReportedUnderTheNameOfTheCheck(string body, string check)
    {
        await using var service = await ModerationService.StartAsync(Policy.Of("p", Policy.Redact("bad"), Policy.BlockPattern("[0-9]{3}")));

        var reply = await service.AskAsync(Path, "p", body);

        using var answer = JsonDocument.Parse(reply.Body);
        var result = answer.RootElement.GetProperty("results")[0];
        Assert.True(result.GetProperty("flagged").GetBoolean());
        Assert.Equal([check], result.GetProperty("categories").EnumerateObject().Where(category => category.Value.GetBoolean()).Select(category => category.Name));
        Assert.Equal(1, result.GetProperty("category_scores").GetProperty(check).GetDouble());
    }

    [Fact]
    public async Task NoPolicy_NothingIsFlagged()
    {
        await using var service = await ModerationService.StartAsync(Policy.Of("p", Policy.Block("bad")));

        var reply = await service.AskAsync(Path, "", """{"input":"bad"}""");

        Assert.Equal(200, reply.Status);
        Assert.Contains("\"flagged\":false", reply.Body);
    }

    [Fact]
    public async Task UnknownPolicy_IsAnErrorAndNotAClean()
    {
        await using var service = await ModerationService.StartAsync(Policy.Of("p", Policy.Block("bad")));

        var reply = await service.AskAsync(Path, "other", """{"input":"bad"}""");

        Assert.Equal(503, reply.Status);
        Assert.DoesNotContain("flagged", reply.Body, StringComparison.Ordinal);
        Assert.Contains("4005", service.Log.All, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"input":7}""")]
    [InlineData("""{"input":[]}""")]
    [InlineData("""{"input":["a",{"type":"text","text":"b"}]}""")]
    [InlineData("""{"input":"\ud800"}""")]
    [InlineData("""{"input":"a"} x""")]
    [InlineData("x")]
    public async Task Input_OfAnotherShape_Is400(string body)
    {
        await using var service = await ModerationService.StartAsync(Policy.Of("p", Policy.Block("bad")));

        var reply = await service.AskAsync(Path, "p", body);

        Assert.Equal(400, reply.Status);
        Assert.Contains("invalid_request", reply.Body);
    }

    [Fact]
    public async Task Context_Missing_Is401()
    {
        await using var service = await ModerationService.StartAsync(Policy.Of("p", Policy.Block("bad")));

        Assert.Equal(401, (await service.AskAsync(Path, "p", """{"input":"bad"}""", token: "")).Status);
    }

    private sealed class ContextHandler(string token) : DelegatingHandler(new SocketsHttpHandler())
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Add(GatewayHeaders.Context, token);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
