using Gateway.Edge.Jwt;
using Gateway.Edge.Tests.Rig;
using Gateway.Edge.VirtualKeys;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Edge.Tests.Jwt;

/// <summary>Tokens of an issuer that publishes its keys.</summary>
public sealed class JwksTests : IAsyncLifetime
{
    private readonly ManualTime _time = new();
    private readonly LogLines _log = new();
    private readonly TokenMint _first = new("k1");
    private readonly TokenMint _second = new("k2");
    private FakeService _issuer = null!;
    private FakeService _router = null!;
    private volatile string _keys = "";
    private volatile int _status = 200;

    public async Task InitializeAsync()
    {
        _keys = _first.Jwks;
        _router = await FakeService.StartAsync();
        _issuer = await FakeService.StartAsync();
        _issuer.Answer = context =>
        {
            context.Response.StatusCode = _status;
            return context.Response.WriteAsync(_status == 200 ? _keys : "");
        };
    }

    public async Task DisposeAsync()
    {
        await _router.DisposeAsync();
        await _issuer.DisposeAsync();
        _first.Dispose();
        _second.Dispose();
    }

    [Theory]
    [InlineData("RS256", "k1", 200)]
    [InlineData("ES256", "k1-ec", 200)]
    [InlineData("RS256", null, 200)]
    [InlineData("RS256", "k1-ec", 401)]
    [InlineData("HS256", "k1-oct", 401)]
    public async Task PublishedKeys_AreUsed_EachForWhatItIs(string algorithm, string? kid, int status)
    {
        await using var edge = await StartAsync();
        using var response = await AskAsync(edge, _first.Make(Claims(), algorithm, keyId: kid, secret: System.Text.Encoding.UTF8.GetBytes(TokenMint.SharedSecret)));

        Assert.Equal(status, (int)response.StatusCode);
    }

    [Fact]
    public async Task NewKeyOfTheIssuer_IsFetchedWhenATokenNamesIt_AndNever401()
    {
        await using var edge = await StartAsync();
        using var old = await AskAsync(edge, _first.Make(Claims(), keyId: "k1"));
        Assert.Equal(200, (int)old.StatusCode);
        Assert.Equal(1, _issuer.Waiting);
        _time.Advance(JwtIssuer.Least);

        _keys = _second.Jwks;
        var token = _second.Make(Claims(), keyId: "k2");
        using var early = await AskOnceAsync(edge, token);
        await EdgeServer.AssertErrorAsync(early, 503, "key_store_unavailable");
        Assert.NotNull(early.Headers.RetryAfter);

        using var served = await AskAsync(edge, token);
        Assert.Equal(200, (int)served.StatusCode);
        Assert.Equal(2, _issuer.Waiting);
    }

    [Fact]
    public async Task KeyThatTheIssuerNeverPublished_Is401_OnceItWasAskedFor()
    {
        await using var edge = await StartAsync();
        _time.Advance(JwtIssuer.Least);
        var token = _second.Make(Claims(), keyId: "k9");
        using var early = await AskOnceAsync(edge, token);
        using var late = await AskAsync(edge, token);

        Assert.Equal(503, (int)early.StatusCode);
        Assert.Contains("does not publish", await EdgeServer.AssertErrorAsync(late, 401, "invalid_api_key"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TokensWithManyInventedKeys_CostTheIssuerOneRequestIn30Seconds()
    {
        await using var edge = await StartAsync();
        for (var second = 0; second < 60; second++)
        {
            for (var i = 0; i < 5; i++)
            {
                using var refused = await AskOnceAsync(edge, _second.Make(Claims(), keyId: $"k{second}-{i}"));
                Assert.Contains((int)refused.StatusCode, new[] { 503, 401, 429 });
            }

            await TickAsync(edge);
        }

        Assert.InRange(_issuer.Waiting, 2, 3);
    }

    [Fact]
    public async Task IssuerAway_AtStart_Is503_AndServedWhenItIsBack()
    {
        _status = 500;
        await using var edge = await StartAsync(wait: false);
        var token = _first.Make(Claims(), keyId: "k1");
        using var away = await AskOnceAsync(edge, token);
        await EdgeServer.AssertErrorAsync(away, 503, "key_store_unavailable");
        await UntilAsync(() => _log.Lines.Any(static line => line.Contains("status 500", StringComparison.Ordinal)));

        _status = 200;
        using var served = await AskAsync(edge, token);
        Assert.Equal(200, (int)served.StatusCode);
    }

    [Theory]
    [InlineData("gone")]
    [InlineData("nonsense")]
    [InlineData("empty")]
    public async Task IssuerAway_Later_LeavesItsLastKeysInForce_AndNewOnesAre503(string kind)
    {
        await using var edge = await StartAsync();
        (_status, _keys) = kind switch { "gone" => (503, ""), "nonsense" => (200, "<html>"), _ => (200, """{"keys":[]}""") };
        _time.Advance(JwtIssuer.Every);
        using var unknown = await AskOnceAsync(edge, _second.Make(Claims(), keyId: "k2"));
        await UntilAsync(() => _log.Lines.Any(static line => line.Contains("those known so far go on", StringComparison.Ordinal)));
        using var still = await AskOnceAsync(edge, _second.Make(Claims(), keyId: "k2"));
        using var known = await AskOnceAsync(edge, _first.Make(Claims(), keyId: "k1"));

        Assert.Equal((503, 503, 200), ((int)unknown.StatusCode, (int)still.StatusCode, (int)known.StatusCode));
        Assert.DoesNotContain(_log.Lines, line => line.Contains(_issuer.Url.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal));
    }

    [Fact]
    public async Task KeyThatTheIssuerTookBack_EndsTheTokensThatItMade_ThoseThatAreKnownToo()
    {
        await using var edge = await StartAsync();
        var token = _first.Make(Claims(), keyId: "k1");
        using var before = await AskAsync(edge, token);
        Assert.Equal(200, (int)before.StatusCode);

        // Well within the time for which a good token is remembered.
        _keys = _second.Jwks;
        _time.Advance(JwtIssuer.Least);
        using var served = await AskAsync(edge, _second.Make(Claims(), keyId: "k2"));
        Assert.Equal(200, (int)served.StatusCode);
        _time.Advance(JwtIssuer.Least);
        using var after = await AskAsync(edge, token);

        Assert.Equal(401, (int)after.StatusCode);
    }

    [Fact]
    public async Task Keys_AreNeverFetched_FromPrivateAddresses_UnlessTheIssuerIsInternal()
    {
        using var client = new JwksClient();

        await Assert.ThrowsAsync<HttpRequestException>(() => client.FetchAsync(_issuer.Url, isInternal: false, CancellationToken.None));
        Assert.Equal(0, _issuer.Waiting);
        Assert.NotEmpty(await client.FetchAsync(_issuer.Url, isInternal: true, CancellationToken.None));
    }

    [Theory]
    [InlineData("redirect")]
    [InlineData("large")]
    [InlineData("status")]
    public async Task Answers_OtherThanKeys_AreErrors(string kind)
    {
        _issuer.Answer = context =>
        {
            if (kind == "redirect")
            {
                context.Response.Redirect("/elsewhere");
                return Task.CompletedTask;
            }

            context.Response.StatusCode = kind == "status" ? 204 : 200;
            return kind == "large" ? context.Response.WriteAsync(new string(' ', JwksClient.MaxBytes + 1)) : Task.CompletedTask;
        };
        using var client = new JwksClient();

        await Assert.ThrowsAsync<HttpRequestException>(() => client.FetchAsync(_issuer.Url, isInternal: true, CancellationToken.None));
        Assert.Equal(1, _issuer.Waiting);
    }

    [Fact]
    public void KnownTokens_AreBounded_AndThoseInUseStay()
    {
        var cache = new JwtCache();
        var token = new CheckedToken(VirtualKey.Nobody, null!, null!, 1, DateTimeOffset.MaxValue);
        var used = new SecretDigest(1, 2, 3, 4);
        cache.Add(used, token);
        for (var i = 0ul; i < 100_000; i++)
        {
            cache.Add(new SecretDigest(i, i, i, i), token);
            if (i % 1000 == 0)
            {
                Assert.NotNull(cache.Find(used));
            }
        }

        Assert.InRange(cache.Count, 1, JwtCache.MaxTokens);
        Assert.Null(cache.Find(new SecretDigest(5, 5, 5, 5)));
        Assert.NotNull(cache.Find(new SecretDigest(99_999, 99_999, 99_999, 99_999)));
    }

    private string Claims() => TokenMint.Claims(_time.GetUtcNow());

    private async Task<EdgeServer> StartAsync(bool wait = true)
    {
        var edge = await EdgeServer.StartAsync([_router.Url], time: _time, log: _log, config: EdgeServer.Config + $$"""

            auth:
              jwt:
                - { name: corp, issuer: "https://id.example.com/", audience: gateway, jwks_url: "{{_issuer.Url}}keys", internal: true, models: ["*"] }
            """);
        if (wait)
        {
            var issuers = edge.Services.GetRequiredService<JwtIssuers>();
            await UntilAsync(() => issuers.All.All(static issuer => issuer.Keys is not null));
        }

        return edge;
    }

    private static async Task<HttpResponseMessage> AskOnceAsync(EdgeServer edge, string token)
    {
        using var client = edge.Client(token);
        return await client.GetAsync("/v1/models");
    }

    /// <summary>As a client does that tries a 503 again; a second passes between.</summary>
    private async Task<HttpResponseMessage> AskAsync(EdgeServer edge, string token)
    {
        for (var attempt = 0; ; attempt++)
        {
            var response = await AskOnceAsync(edge, token);
            if ((int)response.StatusCode != 503 || attempt > 200)
            {
                return response;
            }

            response.Dispose();
            await TickAsync(edge);
        }
    }

    /// <summary>A second passes, and what is done in the background has its turn.</summary>
    private async Task TickAsync(EdgeServer edge)
    {
        _time.Advance(JwksRefresher.Look);
        for (var i = 0; i < 3; i++)
        {
            using var client = edge.Client();
            using var response = await client.GetAsync("/health");
        }
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        using var deadline = new CancellationTokenSource(EdgeServer.Patience);
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!isSo())
        {
            await tick.WaitForNextTickAsync(deadline.Token);
        }
    }
}
