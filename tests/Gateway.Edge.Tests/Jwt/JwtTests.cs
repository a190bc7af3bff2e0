using System.Text;
using Gateway.Core.Context;
using Gateway.Edge.Tests.Rig;

namespace Gateway.Edge.Tests.Jwt;

/// <summary>Tokens of an issuer whose keys stand in the document.</summary>
public sealed class JwtTests : IAsyncLifetime
{
    private readonly ManualTime _time = new();
    private readonly TokenMint _mint = new();
    private readonly TokenMint _stranger = new();
    private readonly LogLines _log = new();
    private FakeService _router = null!;
    private EdgeServer _edge = null!;

    public async Task InitializeAsync()
    {
        _router = await FakeService.StartAsync();
        _edge = await EdgeServer.StartAsync([_router.Url], config: Config(), time: _time, log: _log);
    }

    public async Task DisposeAsync()
    {
        await _edge.DisposeAsync();
        await _router.DisposeAsync();
        _mint.Dispose();
        _stranger.Dispose();
    }

    [Theory]
    [InlineData("RS256")]
    [InlineData("RS512")]
    [InlineData("PS256")]
    [InlineData("ES256")]
    public async Task GoodToken_IsServed_AsAKeyOfItsSubject(string algorithm)
    {
        using var response = await SendAsync(_mint.Make(Claims(("groups", new[] { "research" }), ("realm", new { team = "red" })), algorithm));

        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        var claims = await SeenAsync();
        Assert.Equal(("jwt:corp:alice", "red"), (claims.KeyId, claims.Team));
        Assert.Equal(["gpt-4o*"], claims.AllowedModels);
        Assert.Equal(["openai"], claims.AllowedProviders);
    }

    [Fact]
    public async Task SharedSecret_Signs_WhereTheDocumentHasIt()
    {
        using var response = await SendAsync(_mint.Make(Claims(("iss", "internal-tools"), ("sub", "cron")), "HS256", secret: Encoding.UTF8.GetBytes(TokenMint.SharedSecret)));

        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        Assert.Equal(("jwt:tools:cron", "ops"), ((await SeenAsync()).KeyId, "ops"));
    }

    [Fact]
    public async Task TokenInEveryPlaceWhereKeysAreSent_IsTaken()
    {
        var token = _mint.Make(Claims());
        foreach (var header in new[] { "x-api-key", "x-goog-api-key", "api-key" })
        {
            using var client = _edge.Client(key: null);
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models");
            request.Headers.Add(header, token);
            using var response = await client.SendAsync(request);
            Assert.Equal(200, (int)response.StatusCode);
        }
    }

    public static TheoryData<string, int, string, string> WrongTokens => new()
    {
        { "expired", 401, "expired_api_key", "'exp'" },
        { "no expiry", 401, "invalid_api_key", "'exp'" },
        { "expiry is text", 401, "invalid_api_key", "'exp'" },
        { "not yet", 401, "invalid_api_key", "'nbf'" },
        { "nbf is text", 401, "invalid_api_key", "'nbf'" },
        { "audience", 401, "invalid_api_key", "'aud'" },
        { "audiences", 401, "invalid_api_key", "'aud'" },
        { "no audience", 401, "invalid_api_key", "'aud'" },
        { "issuer", 401, "invalid_api_key", "'iss'" },
        { "no issuer", 401, "invalid_api_key", "'iss'" },
        { "issuer of the other's keys", 401, "invalid_api_key", "signed in a way" },
        { "none", 401, "invalid_api_key", "signed in a way" },
        { "None", 401, "invalid_api_key", "signed in a way" },
        { "public key as shared secret", 401, "invalid_api_key", "signed in a way" },
        { "stranger's key", 401, "invalid_api_key", "signature" },
        { "changed", 401, "invalid_api_key", "signature" },
        { "signature of a stranger, expired", 401, "expired_api_key", "'exp'" },
        { "curve's algorithm with an RSA signature", 401, "invalid_api_key", "signature" },
        { "critical", 401, "invalid_api_key", "'crit'" },
        { "type", 401, "invalid_api_key", "'typ'" },
        { "claim twice", 401, "invalid_api_key", "not a signed" },
        { "no subject", 401, "invalid_api_key", "no claim 'sub'" },
        { "empty subject", 401, "invalid_api_key", "no claim 'sub'" },
        { "team is no name", 401, "invalid_api_key", "'realm.team'" },
        { "models are a number", 401, "invalid_api_key", "'models'" },
        { "no role", 403, "role_forbidden", "'https://example.com/roles'" },
        { "too long", 401, "invalid_api_key", "longer than" },
    };

    [Theory]
    [MemberData(nameof(WrongTokens))]
    public async Task WrongToken_IsRefused_SayingWhatIsWrong_WithoutShowingIt(string kind, int status, string code, string says)
    {
        var token = Wrong(kind);

        using var response = await SendAsync(token);

        var message = await EdgeServer.AssertErrorAsync(response, status, code);
        Assert.Contains(says, message, StringComparison.Ordinal);
        Assert.Equal(0, _router.Waiting);
        foreach (var hidden in new[] { token[..40], token[^20..], "alice", "secret-audience", "not a team!" })
        {
            Assert.DoesNotContain(hidden, message, StringComparison.Ordinal);
            Assert.DoesNotContain(_log.Lines, line => line.Contains(hidden, StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData(-3659, true)]
    [InlineData(-3661, false)]
    public async Task Clocks_MayDifferByAMinute_AtTheEnd(int seconds, bool isGood)
    {
        var then = _time.GetUtcNow() + TimeSpan.FromSeconds(seconds);
        using var response = await SendAsync(_mint.Make(TokenMint.Claims(then)));

        Assert.Equal(isGood, response.IsSuccessStatusCode);
    }

    [Theory]
    [InlineData(59, true)]
    [InlineData(61, false)]
    public async Task Clocks_MayDifferByAMinute_AtTheBeginning(int seconds, bool isGood)
    {
        using var response = await SendAsync(_mint.Make(Claims(("nbf", TokenMint.Unix(_time.GetUtcNow()) + seconds))));

        Assert.Equal(isGood, response.IsSuccessStatusCode);
    }

    [Fact]
    public async Task Token_ThatWasGood_IsRefusedWhenItExpires()
    {
        var token = _mint.Make(Claims(("exp", TokenMint.Unix(_time.GetUtcNow()) + 30)));
        using var first = await SendAsync(token);
        _time.Advance(TimeSpan.FromSeconds(89));
        using var second = await SendAsync(token);
        _time.Advance(TimeSpan.FromSeconds(1));
        using var third = await SendAsync(token);

        Assert.Equal((200, 200, 401), ((int)first.StatusCode, (int)second.StatusCode, (int)third.StatusCode));
    }

    [Theory]
    [InlineData("alice", "jwt:corp:alice")]
    [InlineData("auth0|alice", "jwt:corp:#")]
    [InlineData("#0123456789abcdef", "jwt:corp:#")]
    [InlineData("üser\n", "jwt:corp:#")]
    public async Task Subject_ThatIsNoName_IsKnownByItsDigest(string subject, string starts)
    {
        using var response = await SendAsync(_mint.Make(Claims(("sub", subject))));

        Assert.True(response.IsSuccessStatusCode);
        var id = (await SeenAsync()).KeyId;
        Assert.StartsWith(starts, id, StringComparison.Ordinal);
        Assert.InRange(id.Length, 1, 160);
        Assert.Equal(starts.EndsWith('#'), id != $"jwt:corp:{subject}");
    }

    [Fact]
    public async Task LongSubject_IsBounded()
    {
        using var response = await SendAsync(_mint.Make(Claims(("sub", new string('a', 5000)))));

        Assert.True(response.IsSuccessStatusCode);
        Assert.Equal("jwt:corp:#".Length + 32, (await SeenAsync()).KeyId.Length);
    }

    [Theory]
    [InlineData("gpt-4o-mini", 200, "gpt-4o-mini")]
    [InlineData("gpt-4o-m*", 200, "gpt-4o-m*")]
    [InlineData("*", 200, "gpt-4o*")]
    [InlineData("slow", 403, null)]
    [InlineData("*-mini", 403, null)]
    public async Task ModelsOfTheToken_NarrowThoseOfTheIssuer_AndNeverWiden(string wished, int status, string? allowed)
    {
        using var response = await SendAsync(_mint.Make(Claims(("models", new[] { wished }))), "gpt-4o-mini");

        Assert.True(status == (int)response.StatusCode, await response.Content.ReadAsStringAsync());
        if (allowed is not null)
        {
            Assert.Equal([allowed], (await SeenAsync()).AllowedModels);
        }
    }

    [Theory]
    [InlineData("role in a list", true)]
    [InlineData("role in a text", true)]
    [InlineData("other", false)]
    public async Task RequiredRole_MustBeThere(string kind, bool isGood)
    {
        object roles = kind switch { "role in a list" => new[] { "reader", "llm-user" }, "role in a text" => "reader llm-user", _ => new[] { "llm-user-not" } };

        using var response = await SendAsync(_mint.Make(Claims(("iss", "strict"), ("https://example.com/roles", roles))));

        Assert.Equal(isGood ? 200 : 403, (int)response.StatusCode);
    }

    [Fact]
    public async Task Limits_AreThoseOfEachSubject()
    {
        for (var i = 0; i < 2; i++)
        {
            using var served = await SendAsync(_mint.Make(Claims(("sub", "bob"), ("jti", i))));
            Assert.True(served.IsSuccessStatusCode, await served.Content.ReadAsStringAsync());
        }

        using var bob = await SendAsync(_mint.Make(Claims(("sub", "bob"))));
        using var carol = await SendAsync(_mint.Make(Claims(("sub", "carol"))));

        Assert.Equal((429, 200), ((int)bob.StatusCode, (int)carol.StatusCode));
    }

    [Fact]
    public async Task Configuration_WithoutTheIssuer_EndsItsTokens_ThoseThatWereGoodToo()
    {
        using var store = new HeldConfigStore(Core.Configuration.GatewayConfigLoader.Load(Config(), static _ => null, "test").Config!);
        await using var edge = await EdgeServer.StartAsync([_router.Url], time: _time, store: store);
        var token = _mint.Make(Claims());
        using var client = edge.Client(token);
        using var before = await client.GetAsync("/v1/models");

        store.Change(store.Current.Config with { JwtIssuers = [] });
        using var after = await client.GetAsync("/v1/models");

        Assert.Equal((200, 401), ((int)before.StatusCode, (int)after.StatusCode));
    }

    private string Wrong(string kind)
    {
        var now = TokenMint.Unix(_time.GetUtcNow());
        var good = _mint.Make(Claims());
        return kind switch
        {
            "expired" => _mint.Make(Claims(("exp", now - 61))),
            "no expiry" => _mint.Make(Claims(("exp", null))),
            "expiry is text" => _mint.Make(Claims(("exp", "tomorrow"))),
            "not yet" => _mint.Make(Claims(("nbf", now + 100))),
            "nbf is text" => _mint.Make(Claims(("nbf", "yesterday"))),
            "audience" => _mint.Make(Claims(("aud", "secret-audience"))),
            "audiences" => _mint.Make(Claims(("aud", new object[] { "secret-audience", 7, "Gateway" }))),
            "no audience" => _mint.Make(Claims(("aud", null))),
            "issuer" => _mint.Make(Claims(("iss", "https://evil.example.com/"))),
            "no issuer" => _mint.Make(Claims(("iss", null))),
            "issuer of the other's keys" => _mint.Make(Claims(("iss", "internal-tools"))),
            "none" => _mint.Make(Claims(), "none"),
            "None" => _mint.Make(Claims(), "None"),
            "public key as shared secret" => _mint.Make(Claims(), "HS256", secret: Encoding.UTF8.GetBytes(_mint.RsaPem)),
            "stranger's key" => _stranger.Make(Claims()),
            "changed" => $"{good.Split('.')[0]}.{TokenMint.Text(Encoding.UTF8.GetBytes(Claims(("sub", "root"))))}.{good.Split('.')[2]}",
            "signature of a stranger, expired" => _stranger.Make(Claims(("exp", now - 61))),
            "curve's algorithm with an RSA signature" => $"{_mint.Make(Claims(), "ES256")[..^86]}{good.Split('.')[2]}",
            "critical" => _mint.Make(Claims(), header: ",\"crit\":[\"exp\"]"),
            "type" => _mint.Make(Claims(), header: ",\"typ\":\"logout+jwt\""),
            "claim twice" => _mint.Make(Claims()[..^1] + ",\"sub\":\"root\"}"),
            "no subject" => _mint.Make(Claims(("sub", null))),
            "empty subject" => _mint.Make(Claims(("sub", ""))),
            "team is no name" => _mint.Make(Claims(("realm", new { team = "not a team!" }))),
            "models are a number" => _mint.Make(Claims(("models", 7))),
            "no role" => _mint.Make(Claims(("iss", "strict"))),
            "too long" => _mint.Make(Claims(("filler", new string('x', 13_000)))),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
        };
    }

    private string Claims(params (string Name, object? Value)[] others) => TokenMint.Claims(_time.GetUtcNow(), others);

    private async Task<HttpResponseMessage> SendAsync(string token, string model = "gpt-4o")
    {
        using var client = _edge.Client(token);
        using var content = EdgeServer.Json(EdgeServer.ChatBody.Replace("gpt-4o", model, StringComparison.Ordinal));
        return await client.PostAsync(EdgeServer.Chat, content);
    }

    private async Task<ContextClaims> SeenAsync() =>
        EdgeServer.Tokens(_time).Verify((await _router.NextAsync()).Headers["x-gateway-context"], ContextAudience.Router, EdgeServer.Chat)!;

    private string Config() => EdgeServer.Config + $$"""

        auth:
          jwt:
            - name: corp
              issuer: https://id.example.com/
              audience: [gateway, other]
              keys:
                - {{Quoted(_mint.RsaPem)}}
                - {{Quoted(_mint.CurvePem)}}
              team_claim: realm.team
              models_claim: models
              models: ["gpt-4o*"]
              providers: [openai]
              team: research
              limits: { requests_per_minute: 2, burst: 60s }
            - { name: tools, issuer: internal-tools, audience: gateway, keys: ["{{TokenMint.SharedSecret}}"], models: ["*"], team: ops }
            - name: strict
              issuer: strict
              audience: gateway
              keys: [{{Quoted(_mint.RsaPem)}}]
              roles_claim: https://example.com/roles
              required_roles: [llm-user, admin]
              models: ["*"]
        """;

    private static string Quoted(string pem) => $"\"{pem.ReplaceLineEndings("\\n")}\"";
}
