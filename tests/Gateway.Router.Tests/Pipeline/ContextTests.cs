using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Core.Context;
using Gateway.Core.Requests;
using Gateway.Router.Tests.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Gateway.Router.Tests.Pipeline;

public sealed class ContextTests
{
    private static readonly byte[] Body = Encoding.UTF8.GetBytes(Requests.Plain);

    public static TheoryData<string> BadContexts => ["none", "empty", "other secret", "other path", "other audience", "other role", "expired", "cut"];

    [Theory]
    [MemberData(nameof(BadContexts))]
    public async Task Request_WithoutAContextOfTheEdge_Gets401AndReachesNobody(string kind)
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var router = await RouterHost.StartAsync(upstream);
        var claims = RouterHost.ClaimsFor(Body, LlmEndpoint.ChatCompletions);
        var good = RouterHost.Tokens.Sign(claims);
        var stranger = new ContextToken(new ContextKeys(new string('x', 40)), TimeProvider.System);
        var context = kind switch
        {
            "none" => null,
            "empty" => "",
            "other secret" => stranger.Sign(claims),
            "other path" => RouterHost.Tokens.Sign(claims with { Path = "/v1/embeddings" }),
            "other audience" => RouterHost.Tokens.Sign(claims with { Audience = ContextAudience.Usage }),
            "other role" => RouterHost.Tokens.Sign(claims with { Role = ContextRole.Service }),
            "expired" => RouterHost.Tokens.Sign(claims with { ExpiresUnixMs = 1 }),
            "cut" => good[..^1],
            _ => good,
        };

        using var response = await router.SendRawAsync(Requests.Plain, "/v1/chat/completions", context);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Contains("\"context_rejected\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(upstream.Seen);
        Assert.Empty(router.Journal.Finals);
    }

    [Fact]
    public async Task Request_WithTwoContexts_Gets401ThoughBothAreGood()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var router = await RouterHost.StartAsync(upstream);
        var good = RouterHost.Tokens.Sign(RouterHost.ClaimsFor(Body, LlmEndpoint.ChatCompletions));

        // By hand: HttpClient would join the two lines into one value.
        using var socket = new TcpClient();
        await socket.ConnectAsync(router.Client.BaseAddress!.Host, router.Client.BaseAddress.Port);
        await using var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /v1/chat/completions HTTP/1.1\r\nHost: router\r\nConnection: close\r\nContent-Length: {Body.Length}\r\nx-gateway-context: {good}\r\nx-gateway-context: {good}\r\n\r\n{Requests.Plain}"));
        using var reader = new StreamReader(stream);
        Assert.Equal("HTTP/1.1 401 Unauthorized", await reader.ReadLineAsync().WaitAsync(RouterHost.Patience));
        Assert.Empty(upstream.Seen);
    }

    [Theory]
    [InlineData("model")]
    [InlineData("stream")]
    [InlineData("max_tokens")]
    [InlineData("n")]
    [InlineData("user")]
    public async Task Request_BodySaysSomethingElseThanTheContext_Gets400AndASecurityEvent(string field)
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync(Requests.Plain, claims: claims => field switch
        {
            "model" => claims with { RequestedModel = "cheap-model" },
            "stream" => claims with { Stream = true },
            "max_tokens" => claims with { OutputCap = 10 },
            "n" => claims with { CandidateCount = 2 },
            _ => claims with { User = "somebody" },
        });

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var body = await response.Content.ReadAsStringAsync();
        Assert.Contains("\"ambiguous_request\"", body, StringComparison.Ordinal);
        Assert.Contains($"\"param\":\"{field}\"", body, StringComparison.Ordinal);
        Assert.Contains(router.Logs.Lines, line => line.Level == LogLevel.Warning && line.EventId == 3004 && line.Message.Contains(field, StringComparison.Ordinal));
        Assert.Empty(upstream.Seen);
        Assert.Empty(router.Journal.Finals);
    }

    [Fact]
    public async Task Request_BodyThatTheReaderRefuses_IsASecurityEventToo()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var router = await RouterHost.StartAsync(upstream);
        var context = RouterHost.Tokens.Sign(RouterHost.ClaimsFor(Body, LlmEndpoint.ChatCompletions));

        using var response = await router.SendRawAsync("""{"model":"gpt-test","model":"gpt-4","messages":[]}""", "/v1/chat/completions", context);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(router.Logs.Lines, static line => line.EventId == 3004);
        Assert.Empty(upstream.Seen);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Request_BodyOverTheLimit_Gets413(bool withLength)
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var router = await RouterHost.StartAsync(TestConfig.For(upstream.Url) with { Server = new() { MaxBodyBytes = 50 } });
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = new ByteArrayContent(Body) };
        request.Headers.TransferEncodingChunked = !withLength;
        request.Headers.Add("x-gateway-context", RouterHost.Tokens.Sign(RouterHost.ClaimsFor(Body, LlmEndpoint.ChatCompletions)));

        using var response = await router.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Contains("\"request_too_large\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(upstream.Seen);
    }

    [Theory]
    [InlineData("")]
    [InlineData("short")]
    public void Start_WithoutAContextSecret_FailsAndNamesTheVariable(string secret)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection([new(ContextKeys.SecretVariable, secret)]);
        var problem = Assert.Throws<ContextConfigurationException>(() => builder.AddRouter());
        Assert.Contains("GATEWAY_CONTEXT_SECRET", problem.Message, StringComparison.Ordinal);
    }
}
