using Gateway.Core.Configuration;
using Gateway.Core.Journal;
using Gateway.Router.Tests.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.Router.Tests.Connections;

public sealed class ProxyTests
{
    private const string Credential = "gateway:p:w ü";

    [Theory]
    [InlineData("http", "models.example:8080 " + Credential)]
    [InlineData("socks5", "models.example:8080 " + Credential)]
    [InlineData("socks4a", "models.example:8080 gateway")]
    public async Task The_proxy_resolves_the_name_and_sees_only_its_own_credential(string scheme, string asked)
    {
        // Nothing here is internal: the proxy on loopback is the operator's word.
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var proxy = TestProxy.Start(scheme, new Uri(upstream.Url).Port, scheme == "socks4a" ? null : Credential);
        await using var router = await RouterAsync("http://models.example:8080", new ConnectionConfig { Proxy = proxy.Url, ProxyCredential = Credential }, isInternal: false);

        using var response = await router.SendAsync(Requests.Plain);

        Assert.Equal((200, Requests.Answer), ((int)response.StatusCode, await response.Content.ReadAsStringAsync()));
        Assert.Equal([asked], proxy.Asked);
        var seen = Assert.Single(upstream.Seen);
        Assert.Equal("models.example:8080", seen.Headers["host"]);
        Assert.DoesNotContain(seen.Headers.Keys, static name => name.StartsWith("proxy", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("http")]
    [InlineData("socks4")]
    [InlineData("socks4a")]
    [InlineData("socks5")]
    public async Task A_proxy_that_wants_no_credential_gets_none(string scheme)
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var proxy = TestProxy.Start(scheme, new Uri(upstream.Url).Port);
        await using var router = await RouterAsync(upstream.Url, new ConnectionConfig { Proxy = proxy.Url });

        using var response = await router.SendAsync(Requests.Plain);

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal([new Uri(upstream.Url).Authority], proxy.Asked);
    }

    [Theory]
    [InlineData("http", HttpVersionChoice.Auto)]
    [InlineData("https", HttpVersionChoice.Auto)]
    [InlineData("https", HttpVersionChoice.Http1)]
    [InlineData("socks5", HttpVersionChoice.Http2)]
    public async Task TLS_to_the_upstream_goes_through_the_proxy(string scheme, HttpVersionChoice http)
    {
        using var authority = new TestAuthority();
        using var certificate = authority.Issue("models.example");
        using var proxyCertificate = authority.Issue("127.0.0.1");
        await using var upstream = await ProtocolServer.StartAsync(
            HttpProtocols.Http1AndHttp2, static context => UpstreamServer.WriteJsonAsync(context, Requests.Answer), certificate, wantsClient: true);
        await using var proxy = TestProxy.Start(scheme, upstream.Port, Credential, scheme == "https" ? proxyCertificate : null);
        var connection = new ConnectionConfig
        {
            Http = http,
            Proxy = proxy.Url,
            ProxyCredential = Credential,
            TlsAuthorities = authority.RootFile,
            TlsCertificate = authority.IssueFile("gateway"),
            TlsServerName = "models.example",
        };
        await using var router = await RouterAsync("https://other.example", connection, isInternal: false);

        using var response = await router.SendAsync(Requests.Plain);

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal(["other.example:443 " + Credential], proxy.Asked);
        var seen = Assert.Single(upstream.Seen);
        Assert.Equal((http == HttpVersionChoice.Http1 ? "HTTP/1.1" : "HTTP/2", "CN=gateway"), (seen.Protocol, seen.Client));
    }

    [Fact]
    public async Task A_proxy_that_cannot_prove_who_it_is_hears_no_credential()
    {
        using var authority = new TestAuthority();
        using var certificate = authority.Issue("other.example");
        await using var proxy = TestProxy.Start("https", 1, Credential, certificate);
        await using var router = await RouterAsync(
            "http://models.example", new ConnectionConfig { Proxy = proxy.Url, ProxyCredential = Credential, TlsAuthorities = authority.RootFile }, isInternal: false);

        using var response = await router.SendAsync(Requests.Plain);

        Assert.Equal(502, (int)response.StatusCode);
        Assert.Empty(proxy.Asked);
    }

    [Theory]
    [InlineData("http", "models.example:80")]
    [InlineData("socks5", "models.example:80")]
    [InlineData("socks4a", "models.example:80")]
    public async Task What_the_proxy_refuses_was_not_sent_and_the_client_is_told(string scheme, string asked)
    {
        await using var proxy = TestProxy.Start(scheme, target: null);
        await using var router = await RouterAsync("http://models.example", new ConnectionConfig { Proxy = proxy.Url }, isInternal: false);

        using var response = await router.SendAsync(Requests.Plain);
        var body = await response.Content.ReadAsStringAsync();

        Assert.Equal(502, (int)response.StatusCode);
        Assert.Contains("\"upstream_unreachable\"", body, StringComparison.Ordinal);
        Assert.Contains("proxy", body, StringComparison.Ordinal);
        Assert.DoesNotContain("models.example", body, StringComparison.Ordinal);
        Assert.Equal(asked, Assert.Single(proxy.Asked.Distinct()));
        var final = Assert.Single(router.Journal.Finals);
        Assert.Equal((RequestEnding.UpstreamFailed, 0L), (final.Ending, final.Usage.Input));
    }

    [Theory]
    [InlineData("http", "127.0.0.1")]
    [InlineData("socks5", "10.0.0.1")]
    [InlineData("socks5", "[::1]")]
    [InlineData("http", "localhost")]
    [InlineData("socks4", "localhost")]
    public async Task A_private_address_in_the_URL_is_refused_before_the_proxy_hears_of_it(string scheme, string host)
    {
        await using var proxy = TestProxy.Start(scheme, 1);
        await using var router = await RouterAsync($"http://{host}:8080", new ConnectionConfig { Proxy = proxy.Url }, isInternal: false);

        using var response = await router.SendAsync(Requests.Plain);

        Assert.Equal(502, (int)response.StatusCode);
        Assert.Contains("internal: true", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(proxy.Asked);
    }

    [Fact]
    public async Task What_is_no_proxy_is_said_to_be_none()
    {
        await using var upstream = await RawServer.StartAsync("SSH-2.0-server\r\n\r\n");
        await using var router = await RouterAsync("http://models.example", new ConnectionConfig { Proxy = new Uri(upstream.Url) }, isInternal: false);

        using var response = await router.SendAsync(Requests.Plain);

        Assert.Equal(502, (int)response.StatusCode);
        Assert.Contains("proxy", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_kind_of_proxy_is_refused_when_the_document_loads()
    {
        var provider = TestConfig.Provider("http://models.example") with { Connection = new ConnectionConfig { Proxy = new Uri("ftp://127.0.0.1:1") } };

        var refused = await Assert.ThrowsAsync<GatewayConfigurationException>(() => RouterHost.StartAsync(TestConfig.For(provider)));

        Assert.Contains("socks5", refused.Message, StringComparison.Ordinal);
    }

    private static Task<RouterHost> RouterAsync(string url, ConnectionConfig connection, bool isInternal = true) =>
        RouterHost.StartAsync(TestConfig.Once(TestConfig.For(TestConfig.Provider(url) with { Connection = connection, Internal = isInternal })));
}
