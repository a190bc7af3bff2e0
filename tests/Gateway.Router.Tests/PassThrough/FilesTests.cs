using System.Collections.Frozen;
using System.Net;
using System.Text;
using Gateway.Core;
using Gateway.Core.Configuration;
using Gateway.Core.Context;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.PassThrough;

/// <summary>Files: method, path and bytes go to the one provider that the Edge decided for, and nothing is charged.</summary>
public sealed class FilesTests
{
    private const string FormType = "multipart/form-data; boundary=b1";
    private const string Form = "--b1\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nuser_data\r\n--b1\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n\0\u00FF\r\n--b1--\r\n";
    private const string File = """{"id":"file-1","object":"file"}""";

    [Fact]
    public async Task Upload_GoesOnByteForByte_AndLeavesNoRecord()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(File);
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await SendAsync(router, HttpMethod.Post, "/v1/files", form: Form);

        Assert.Equal(File, await response.Content.ReadAsStringAsync());
        var seen = Assert.Single(upstream.Seen);
        Assert.Equal(("/v1/files", FormType, Form, $"Bearer {TestConfig.Key}"), (seen.Path, seen.Headers["content-type"], Encoding.Latin1.GetString(seen.Body), seen.Headers["authorization"]));
        Assert.Empty(router.Journal.Intents);
        Assert.Empty(router.Journal.Finals);
        Assert.False(response.Headers.Contains("x-gateway-usage"));
    }

    [Theory]
    [InlineData("GET", "/v1/files")]
    [InlineData("GET", "/v1/files?limit=2&purpose=user_data")]
    [InlineData("GET", "/v1/files/file-1")]
    [InlineData("DELETE", "/v1/files/file-1")]
    public async Task Call_KeepsMethodAndPath_AndHasNoBody(string method, string target)
    {
        await using var upstream = await UpstreamServer.StartAsync(context =>
        {
            context.Response.Headers["x-request-id"] = context.Request.Method;
            return UpstreamServer.WriteJsonAsync(context, File);
        });
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await SendAsync(router, new HttpMethod(method), target);

        Assert.Equal(File, await response.Content.ReadAsStringAsync());
        Assert.Equal(method, Assert.Single(response.Headers.GetValues("x-request-id")));
        Assert.Equal((target, 0, false), (upstream.Seen[0].Path, upstream.Seen[0].Body.Length, upstream.Seen[0].Headers.ContainsKey("content-type")));
    }

    [Fact]
    public async Task Content_PassesByteForByte_WhateverItLooksLike()
    {
        var content = Encoding.UTF8.GetBytes("""{"error":{"message":"a line of a batch"}}""" + "\n" + new string('x', 200_000));
        await using var upstream = await UpstreamServer.StartAsync(async context =>
        {
            context.Response.ContentType = "application/octet-stream";
            await context.Response.Body.WriteAsync(content);
        });
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await SendAsync(router, HttpMethod.Get, "/v1/files/file-1/content");

        Assert.Equal((HttpStatusCode.OK, "application/octet-stream"), (response.StatusCode, response.Content.Headers.ContentType?.ToString()));
        Assert.Equal(content, await response.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Upstream_DoesNotKnowTheFile_ItsErrorPasses()
    {
        const string Error = """{"error":{"message":"No such File object: file-9","type":"invalid_request_error","param":"id","code":null}}""";
        await using var upstream = await UpstreamServer.StartJsonAsync(Error, 404);
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await SendAsync(router, HttpMethod.Get, "/v1/files/file-9");

        Assert.Equal((HttpStatusCode.NotFound, Error), (response.StatusCode, await response.Content.ReadAsStringAsync()));
    }

    [Theory]
    [InlineData("DELETE", "GET /v1/files/file-1", "/v1/files/file-1")]
    [InlineData("GET", "GET /v1/files/file-1", "/v1/files/file-2")]
    [InlineData("GET", "GET /v1/files", "/v1/files?limit=2")]
    [InlineData("GET", "/v1/files/file-1", "/v1/files/file-1")]
    public async Task Call_OtherThanTheSigned_Is401(string method, string claim, string target)
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(File);
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await SendAsync(router, new HttpMethod(method), target, claim: claim);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Empty(upstream.Seen);
    }

    [Theory]
    [InlineData("gone", ProviderProtocol.OpenAI)]
    [InlineData("up", ProviderProtocol.Anthropic)]
    [InlineData("*", ProviderProtocol.OpenAI)]
    public async Task Provider_ThatDoesNotServe_Is404(string provider, ProviderProtocol protocol)
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(File);
        await using var router = await RouterHost.StartAsync(TestConfig.For(TestConfig.Provider(upstream.Url) with { Protocol = protocol }));

        using var response = await SendAsync(router, HttpMethod.Get, "/v1/files", provider: provider);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Empty(upstream.Seen);
    }

    [Fact]
    public async Task Azure_HasItsVersionBehindTheQuery()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(File);
        var provider = TestConfig.Provider(upstream.Url) with { Protocol = ProviderProtocol.AzureOpenAI, BaseUrl = new Uri(upstream.Url) };
        await using var router = await RouterHost.StartAsync(TestConfig.For(provider));

        using var one = await SendAsync(router, HttpMethod.Get, "/v1/files/file-1");
        using var list = await SendAsync(router, HttpMethod.Get, "/v1/files?limit=2");

        Assert.Equal("/openai/files/file-1?api-version=2024-10-21", upstream.Seen[0].Path);
        Assert.Equal("/openai/files?limit=2&api-version=2024-10-21", upstream.Seen[1].Path);
    }

    [Theory]
    [InlineData("POST", "/v1/files", 503)]
    [InlineData("GET", "/v1/files", 200)]
    public async Task Policy_ThatIsRequired_RefusesOnlyWhatHasContent(string method, string target, int status)
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(File);
        var policy = new ModerationPolicyConfig { Name = "p", Input = [] };
        await using var router = await RouterHost.StartAsync(TestConfig.For(upstream.Url) with
        {
            Moderation = new ModerationConfig { Policies = new Dictionary<string, ModerationPolicyConfig> { ["p"] = policy }.ToFrozenDictionary() },
        });

        using var response = await SendAsync(router, new HttpMethod(method), target, form: method == "POST" ? Form : null, policy: "p");

        Assert.Equal((status, status == 200 ? 1 : 0), ((int)response.StatusCode, upstream.Seen.Count));
    }

    private static async Task<HttpResponseMessage> SendAsync(
        RouterHost router, HttpMethod method, string target, string? form = null, string? claim = null, string provider = "up", string policy = "")
    {
        using var request = new HttpRequestMessage(method, target);
        if (form is not null)
        {
            request.Content = new ByteArrayContent(Encoding.Latin1.GetBytes(form));
            request.Content.Headers.TryAddWithoutValidation("Content-Type", FormType);
        }

        request.Headers.Add(GatewayHeaders.Context, RouterHost.Tokens.Sign(new ContextClaims
        {
            Audience = ContextAudience.Router,
            Role = ContextRole.Client,
            RequestId = Guid.NewGuid(),
            Path = claim ?? $"{method} {target}",
            ExpiresUnixMs = RouterHost.Tokens.ExpiryFromNow(),
            KeyId = "demo",
            AllowedProviders = [provider],
            ModerationPolicy = policy,
        }));
        return await router.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }
}
