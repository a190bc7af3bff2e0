using System.Diagnostics.CodeAnalysis;
using Gateway.Core.Configuration;
using Gateway.Core.Tests;
using Gateway.Router.Connections;
using Gateway.Router.Tests.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.Router.Tests.Connections;

public sealed class TlsTests
{
    [Theory]
    [InlineData(true, 200)]
    [InlineData(false, 502)]
    public async Task A_certificate_of_an_unknown_authority_is_good_only_if_the_document_names_it(bool named, int status)
    {
        using var authority = new TestAuthority();
        await using var upstream = await StartAsync(authority, "127.0.0.1");
        await using var router = await RouterAsync(upstream.Url, new ConnectionConfig { TlsAuthorities = named ? authority.RootFile : null });

        using var response = await router.SendAsync(Requests.Plain);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(named ? 1 : 0, upstream.Seen.Count);
    }

    [Fact]
    public async Task Named_authorities_stand_instead_of_others()
    {
        using var authority = new TestAuthority();
        using var other = new TestAuthority();
        await using var upstream = await StartAsync(authority, "127.0.0.1");
        await using var router = await RouterAsync(upstream.Url, new ConnectionConfig { TlsAuthorities = other.RootFile });

        using var response = await router.SendAsync(Requests.Plain);

        Assert.Equal(502, (int)response.StatusCode);
        Assert.Contains("\"upstream_unreachable\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(upstream.Seen);
    }

    [Theory]
    [InlineData("models.example", 200)]
    [InlineData("other.example", 502)]
    [InlineData(null, 502)]
    public async Task The_server_must_prove_the_name_that_the_document_says(string? serverName, int status)
    {
        using var authority = new TestAuthority();
        await using var upstream = await StartAsync(authority, "models.example");
        await using var router = await RouterAsync(upstream.Url, new ConnectionConfig { TlsAuthorities = authority.RootFile, TlsServerName = serverName });

        using var response = await router.SendAsync(Requests.Plain);

        Assert.Equal(status, (int)response.StatusCode);
        if (status == 200)
        {
            // The name is for TLS alone: HTTP still says the host of the URL.
            Assert.Equal(("models.example", new Uri(upstream.Url).Authority), (upstream.Seen[0].ServerName, upstream.Seen[0].Host));
        }
        else
        {
            Assert.Empty(upstream.Seen);
        }
    }

    [Theory]
    [InlineData(true, 200)]
    [InlineData(false, 502)]
    public async Task A_client_certificate_is_shown_where_the_document_has_one(bool shown, int status)
    {
        using var authority = new TestAuthority();
        using var certificate = authority.Issue("127.0.0.1");
        await using var upstream = await ProtocolServer.StartAsync(
            HttpProtocols.Http1, static context => UpstreamServer.WriteJsonAsync(context, Requests.Answer), certificate, wantsClient: true);
        await using var router = await RouterAsync(upstream.Url, new ConnectionConfig { TlsAuthorities = authority.RootFile, TlsCertificate = shown ? authority.IssueFile("gateway") : null });

        using var response = await router.SendAsync(Requests.Plain);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(shown ? ["CN=gateway"] : [], upstream.Seen.Select(static call => call.Client!));
    }

    [Theory]
    [InlineData("authorities", null, "cannot be read")]
    [InlineData("authorities", "no certificate", "authorities")]
    [InlineData("certificate", null, "cannot be read")]
    [InlineData("certificate", "no certificate", "private key")]
    public void A_file_that_cannot_be_used_is_named_when_the_document_loads(string setting, string? content, string expected)
    {
        using var authority = new TestAuthority();
        var path = content is null ? authority.RootFile + ".missing" : authority.Write("bad.pem", content);
        var connection = setting == "authorities" ? new ConnectionConfig { TlsAuthorities = path } : new ConnectionConfig { TlsCertificate = path };

        var refused = Assert.Throws<GatewayConfigurationException>(() => TlsMaterial.Read("up", connection));

        Assert.StartsWith($"providers.up.connection.tls.{setting}:", refused.Message, StringComparison.Ordinal);
        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_certificate_without_its_key_is_refused()
    {
        using var authority = new TestAuthority();

        var refused = Assert.Throws<GatewayConfigurationException>(() => TlsMaterial.Read("up", new ConnectionConfig { TlsCertificate = authority.RootFile }));

        Assert.Contains("private key", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_document_with_a_bad_file_leaves_the_catalogue_in_force()
    {
        using var authority = new TestAuthority();
        await using var upstream = await StartAsync(authority, "127.0.0.1");
        await using var router = await RouterAsync(upstream.Url, new ConnectionConfig { TlsAuthorities = authority.RootFile });

        Assert.Throws<GatewayConfigurationException>(() =>
            router.Config.Change(TestConfig.For(TestConfig.Provider(upstream.Url) with { Connection = new ConnectionConfig { TlsAuthorities = "/nowhere/root.pem" } })));

        using var response = await router.SendAsync(Requests.Plain);
        Assert.Equal(200, (int)response.StatusCode);
    }

    [Fact]
    public void Nothing_in_the_services_replaces_the_check_of_certificates()
    {
        var sources = Directory.EnumerateDirectories(RepositoryFiles.Root, "Gateway.*").SelectMany(static folder => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)).ToList();

        Assert.NotEmpty(sources);
        Assert.DoesNotContain(sources, static source => File.ReadAllText(source) is var text
            && (text.Contains("CertificateValidationCallback", StringComparison.Ordinal) || text.Contains("CertificateCustomValidation", StringComparison.Ordinal)
                || text.Contains("AllowAnyClientCertificate", StringComparison.Ordinal) || text.Contains("DangerousAccept", StringComparison.Ordinal)
                || text.Contains("X509VerificationFlags", StringComparison.Ordinal)));
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "The server uses the certificate to its end.")]
    private static Task<ProtocolServer> StartAsync(TestAuthority authority, string name) =>
        ProtocolServer.StartAsync(HttpProtocols.Http1, static context => UpstreamServer.WriteJsonAsync(context, Requests.Answer), authority.Issue(name));

    private static Task<RouterHost> RouterAsync(string url, ConnectionConfig connection) =>
        RouterHost.StartAsync(TestConfig.For(TestConfig.Provider(url) with { Connection = connection }));
}
