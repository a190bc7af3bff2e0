using System.Security.Cryptography;
using System.Text.Json;
using Gateway.Router.Attempts;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Gemini;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gateway.Router.Tests.Protocols.Gemini;

/// <summary>Against a token endpoint on this machine, through Google's own library.</summary>
public sealed class GoogleTokensTests
{
    [Fact]
    public async Task Authorize_ServiceAccount_FetchesOneTokenForAllRequests()
    {
        await using var endpoint = await TokenEndpoint.StartAsync(StatusCodes.Status200OK);
        var vertex = new VertexUpstream();
        var credential = vertex.CredentialFor(endpoint.Account());
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("Bearer token-1", await HeaderAsync(vertex, credential));
        }

        Assert.Equal(1, endpoint.Fetches);
        Assert.Equal("urn:ietf:params:oauth:grant-type:jwt-bearer", endpoint.GrantType);
        Assert.DoesNotContain("PRIVATE", credential, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Authorize_TokenThatExpires_IsFetchedAnew()
    {
        // Google's library takes a token for expired some minutes before it is.
        await using var endpoint = await TokenEndpoint.StartAsync(StatusCodes.Status200OK, seconds: 10);
        var vertex = new VertexUpstream();
        var credential = vertex.CredentialFor(endpoint.Account());

        Assert.Equal("Bearer token-1", await HeaderAsync(vertex, credential));
        Assert.Equal("Bearer token-2", await HeaderAsync(vertex, credential));
    }

    [Fact]
    public async Task Authorize_AccountThatIsRefused_IsTheOperatorsTrouble()
    {
        await using var endpoint = await TokenEndpoint.StartAsync(StatusCodes.Status400BadRequest);
        var vertex = new VertexUpstream();
        var exception = await Assert.ThrowsAsync<HttpRequestException>(() => HeaderAsync(vertex, vertex.CredentialFor(endpoint.Account())));

        Assert.IsType<UpstreamCredentialException>(exception.InnerException);
        Assert.Contains("invalid_grant", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("who@example.org", exception.Message, StringComparison.Ordinal);
        using var timer = new AttemptTimer(TimeProvider.System);
        Assert.Equal("upstream_auth", AttemptFailure.OfCall(exception, timer, sent: false).Error.Facts.Code);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("""{"type":"service_account","client_email":"a@b","private_key":"no key"}""")]
    public async Task Authorize_DocumentThatIsNone_FailsOnlyWhenUsed(string document)
    {
        var vertex = new VertexUpstream();
        var credential = vertex.CredentialFor(document);

        var exception = await Assert.ThrowsAsync<HttpRequestException>(() => HeaderAsync(vertex, credential));
        Assert.IsType<UpstreamCredentialException>(exception.InnerException);
    }

    [Fact]
    public async Task Authorize_OtherKeys_AreTokens()
    {
        var vertex = new VertexUpstream();
        Assert.Equal("Bearer ya29.token", await HeaderAsync(vertex, vertex.CredentialFor("ya29.token")));

        var gemini = new GeminiUpstream();
        using var request = new HttpRequestMessage();
        await gemini.AuthorizeAsync(request, gemini.CredentialFor("AIza"), default, CancellationToken.None);
        Assert.Equal("AIza", Assert.Single(request.Headers.GetValues("x-goog-api-key")));
        Assert.False(request.Headers.Contains("Authorization"));
    }

    private static async Task<string> HeaderAsync(VertexUpstream vertex, string credential)
    {
        using var request = new HttpRequestMessage();
        await vertex.AuthorizeAsync(request, credential, default, CancellationToken.None);
        return Assert.Single(request.Headers.GetValues("Authorization"));
    }

    private sealed class TokenEndpoint(WebApplication app) : IAsyncDisposable
    {
        private int _fetches;

        public int Fetches => _fetches;

        public string? GrantType { get; private set; }

        public static async Task<TokenEndpoint> StartAsync(int status, int seconds = 3600)
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            var app = builder.Build();
            var endpoint = new TokenEndpoint(app);
            app.MapPost("/token", (RequestDelegate)(context => endpoint.AnswerAsync(context, status, seconds)));
            await app.StartAsync();
            return endpoint;
        }

        public string Account()
        {
            using var rsa = RSA.Create(2048);
            return JsonSerializer.Serialize(new Dictionary<string, string>
            {
                ["type"] = "service_account",
                ["project_id"] = "p",
                ["private_key_id"] = "1",
                ["private_key"] = rsa.ExportPkcs8PrivateKeyPem(),
                ["client_email"] = "who@example.org",
                ["token_uri"] = app.Urls.First() + "/token",
            });
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();

        private async Task AnswerAsync(HttpContext context, int status, int seconds)
        {
            var form = await context.Request.ReadFormAsync();
            GrantType = form["grant_type"];
            var number = Interlocked.Increment(ref _fetches);
            context.Response.StatusCode = status;
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(status == StatusCodes.Status200OK
                ? $$"""{"access_token":"token-{{number}}","expires_in":{{seconds}},"token_type":"Bearer"}"""
                : """{"error":"invalid_grant","error_description":"who@example.org is not known"}""");
        }
    }
}
