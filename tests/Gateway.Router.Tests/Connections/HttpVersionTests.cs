using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Gateway.Core.Configuration;
using Gateway.Core.Journal;
using Gateway.Core.Requests;
using Gateway.Router.Tests.Hosting;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.Router.Tests.Connections;

public sealed class HttpVersionTests
{
    [Theory]
    [InlineData(HttpVersionChoice.Http2, HttpProtocols.Http2, "HTTP/2")]
    [InlineData(HttpVersionChoice.Http1, HttpProtocols.Http1, "HTTP/1.1")]
    [InlineData(HttpVersionChoice.Auto, HttpProtocols.Http1, "HTTP/1.1")]
    public async Task Without_TLS_the_document_decides_the_version(HttpVersionChoice choice, HttpProtocols spoken, string expected)
    {
        await using var upstream = await ProtocolServer.StartAsync(spoken, static context => UpstreamServer.WriteJsonAsync(context, Requests.Answer));
        await using var router = await StartAsync(upstream.Url, choice);

        using var response = await router.SendAsync(Requests.Plain);

        Assert.Equal((200, Requests.Answer), ((int)response.StatusCode, await response.Content.ReadAsStringAsync()));
        Assert.Equal(expected, Assert.Single(upstream.Seen).Protocol);
    }

    [Theory]
    [InlineData(HttpVersionChoice.Auto, HttpProtocols.Http1AndHttp2, "HTTP/2")]
    [InlineData(HttpVersionChoice.Auto, HttpProtocols.Http1, "HTTP/1.1")]
    [InlineData(HttpVersionChoice.Http2, HttpProtocols.Http1AndHttp2, "HTTP/2")]
    [InlineData(HttpVersionChoice.Http1, HttpProtocols.Http1AndHttp2, "HTTP/1.1")]
    public async Task With_TLS_the_two_agree_on_a_version(HttpVersionChoice choice, HttpProtocols spoken, string expected)
    {
        using var authority = new TestAuthority();
        using var certificate = authority.Issue("127.0.0.1");
        await using var upstream = await ProtocolServer.StartAsync(spoken, static context => UpstreamServer.WriteJsonAsync(context, Requests.Answer), certificate);
        await using var router = await StartAsync(upstream.Url, choice, authority.RootFile);

        // More than one at a time: what was learned of the server with the first connection must hold for the next.
        var responses = await Task.WhenAll(router.SendAsync(Requests.Plain), router.SendAsync(Requests.Plain), router.SendAsync(Requests.Plain));

        Assert.All(responses, static response => Assert.Equal(200, (int)response.StatusCode));
        Assert.All(upstream.Seen, call => Assert.Equal(expected, call.Protocol));
    }

    [Fact]
    public async Task A_server_that_wanted_HTTP_1_at_first_is_not_spoken_to_in_a_mixture_later()
    {
        using var authority = new TestAuthority();
        using var certificate = authority.Issue("127.0.0.1");
        using var both = new CountdownEvent(2);
        var arrived = new TaskCompletionSource();
        await using var upstream = await ProtocolServer.StartChangingAsync(
            async context =>
            {
                if (both.Signal())
                {
                    arrived.SetResult();
                }

                await arrived.Task;
                await UpstreamServer.WriteJsonAsync(context, Requests.Answer);
            },
            certificate);
        await using var router = await StartAsync(upstream.Url, HttpVersionChoice.Auto, authority.RootFile);

        // Each is answered when both are here: two connections.
        var responses = await Task.WhenAll(router.SendAsync(Requests.Plain), router.SendAsync(Requests.Plain)).WaitAsync(RouterHost.Patience);

        Assert.All(responses, static response => Assert.Equal(200, (int)response.StatusCode));
        Assert.All(upstream.Seen, static call => Assert.Equal("HTTP/1.1", call.Protocol));
    }

    [Fact]
    public async Task A_server_that_speaks_only_the_other_version_is_unreachable_and_nothing_is_charged()
    {
        using var authority = new TestAuthority();
        using var certificate = authority.Issue("127.0.0.1");
        await using var upstream = await ProtocolServer.StartAsync(HttpProtocols.Http1, static context => UpstreamServer.WriteJsonAsync(context, Requests.Answer), certificate);
        await using var router = await StartAsync(upstream.Url, HttpVersionChoice.Http2, authority.RootFile);

        using var response = await router.SendAsync(Requests.Plain);

        Assert.Equal(502, (int)response.StatusCode);
        Assert.Contains("\"upstream_unreachable\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(0, Assert.Single(router.Journal.Finals).Usage.Input);
        Assert.Empty(upstream.Seen);
    }

    [Fact]
    public async Task A_server_that_says_nothing_of_HTTP_2_is_not_sent_any()
    {
        using var authority = new TestAuthority();
        using var certificate = authority.Issue("127.0.0.1");
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var over = new CancellationTokenSource();
        var heard = HearAsync();
        await using var router = await StartAsync($"https://{listener.LocalEndpoint}", HttpVersionChoice.Http2, authority.RootFile);

        using var response = await router.SendAsync(Requests.Plain);

        Assert.Contains("\"upstream_unreachable\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(0, Assert.Single(router.Journal.Finals).Usage.Input);

        // Not one byte: the connection waits for a request of HTTP/1.1, which never comes.
        await router.RoundTripsAsync();
        Assert.False(heard.IsCompleted);
        await over.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => heard);

        async Task HearAsync()
        {
            using var client = await listener.AcceptTcpClientAsync(over.Token);
            await using var stream = new SslStream(client.GetStream());
            await stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, over.Token);
            await stream.ReadExactlyAsync(new byte[1], over.Token);
        }
    }

    [Fact]
    public async Task Over_HTTP_2_each_event_goes_on_at_once()
    {
        var seen = new TaskCompletionSource();
        await using var upstream = await ProtocolServer.StartAsync(HttpProtocols.Http2, async context =>
        {
            await UpstreamServer.WritePieceAsync(context, Requests.Delta("one"));
            await seen.Task;
            await UpstreamServer.WritePieceAsync(context, Requests.Finish + Requests.Done);
        });
        await using var router = await StartAsync(upstream.Url, HttpVersionChoice.Http2);
        using var response = await router.SendAsync(Requests.Stream);
        await using var stream = await response.Content.ReadAsStreamAsync();
        using var patience = new CancellationTokenSource(RouterHost.Patience);

        // The upstream goes on only after the client has read its event: held back, the test would end in a time-out.
        await stream.ReadExactlyAsync(new byte[Requests.Delta("one").Length], patience.Token);
        seen.SetResult();

        using var rest = new StreamReader(stream);
        Assert.Equal(Requests.Finish + Requests.Done, await rest.ReadToEndAsync(patience.Token));
        Assert.Equal(RequestEnding.Completed, Assert.Single(router.Journal.Finals).Ending);
        Assert.Equal("HTTP/2", Assert.Single(upstream.Seen).Protocol);
    }

    [Fact]
    public async Task Over_HTTP_2_an_answer_without_a_length_is_whole_where_its_stream_ends()
    {
        await using var upstream = await ProtocolServer.StartAsync(HttpProtocols.Http2, static async context =>
        {
            context.Response.ContentType = "audio/mpeg";
            await context.Response.Body.WriteAsync("sound"u8.ToArray());
            await context.Response.Body.FlushAsync();
        });
        await using var router = await StartAsync(upstream.Url, HttpVersionChoice.Http2);

        using var response = await router.SendAsync("""{"model":"gpt-test","input":"hi","voice":"a"}""", new LlmEndpoint("/v1/audio/speech", LlmOperation.Speech));

        Assert.Equal((200, "sound"), ((int)response.StatusCode, await response.Content.ReadAsStringAsync()));
        Assert.Equal(RequestEnding.Completed, Assert.Single(router.Journal.Finals).Ending);
    }

    [Theory]
    [InlineData(HttpVersionChoice.Http1, false)]
    [InlineData(HttpVersionChoice.Http2, false)]
    [InlineData(HttpVersionChoice.Http1, true)]
    [InlineData(HttpVersionChoice.Http2, true)]
    public async Task A_reset_stream_fails_like_a_reset_connection(HttpVersionChoice choice, bool begun)
    {
        var seen = new TaskCompletionSource();
        await using var upstream = await ProtocolServer.StartAsync(choice == HttpVersionChoice.Http2 ? HttpProtocols.Http2 : HttpProtocols.Http1, async context =>
        {
            if (begun)
            {
                await UpstreamServer.WritePieceAsync(context, Requests.Delta("one"));
                await seen.Task;
            }

            if (context.Features.Get<IHttpResetFeature>() is { } stream)
            {
                stream.Reset(2);
            }
            else
            {
                context.Abort();
            }
        });
        await using var router = await StartAsync(upstream.Url, choice);

        // A head comes with the first event, or with the failure.
        using var response = await router.SendAsync(Requests.Stream);
        seen.SetResult();
        var body = await response.Content.ReadAsStringAsync();

        Assert.Equal(begun ? 200 : 502, (int)response.StatusCode);
        Assert.Contains(begun ? "\"upstream_stream_broken\"" : "\"upstream_invalid_response\"", body, StringComparison.Ordinal);
        Assert.Equal(RequestEnding.UpstreamFailed, Assert.Single(router.Journal.Finals).Ending);
    }

    [Fact]
    public async Task A_stream_that_the_server_refuses_counts_as_not_sent()
    {
        await using var upstream = Http2Script.Start(static (_, server, connection, stream) => server.ResetAsync(connection, stream, code: 7));
        await using var router = await StartAsync(upstream.Url, HttpVersionChoice.Http2);

        using var response = await router.SendAsync(Requests.Plain);

        Assert.Equal(502, (int)response.StatusCode);
        Assert.Contains("\"upstream_unreachable\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        var final = Assert.Single(router.Journal.Finals);
        Assert.Equal((RequestEnding.UpstreamFailed, 0L), (final.Ending, final.Usage.Input));
    }

    [Fact]
    public async Task A_connection_that_goes_away_before_it_looked_at_a_request_costs_nobody_anything()
    {
        await using var upstream = Http2Script.Start(static (number, server, connection, stream) =>
            number == 1 ? server.GoAwayAsync(connection) : server.AnswerAsync(connection, stream, Requests.Answer));
        await using var router = await StartAsync(upstream.Url, HttpVersionChoice.Http2);

        using var response = await router.SendAsync(Requests.Plain);

        Assert.Equal((200, Requests.Answer), ((int)response.StatusCode, await response.Content.ReadAsStringAsync()));
        Assert.Equal(2, upstream.Requests);
        Assert.Equal(RequestEnding.Completed, Assert.Single(router.Journal.Finals).Ending);
    }

    private static Task<RouterHost> StartAsync(string url, HttpVersionChoice choice, string? authorities = null) =>
        RouterHost.StartAsync(TestConfig.For(TestConfig.Provider(url) with { Connection = new ConnectionConfig { Http = choice, TlsAuthorities = authorities } }));
}
