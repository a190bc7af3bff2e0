using System.Net;
using Gateway.Core.Context;
using Gateway.Edge.Admin.Console;
using Gateway.Edge.Tests.Rig;

namespace Gateway.Edge.Tests.Admin;

public sealed class ConsoleDoorTests : IAsyncLifetime
{
    private const string SignIn = "/console/sign-in";

    private readonly ManualTime _time = new();
    private readonly LogLines _log = new();
    private FakeService _inner = null!;
    private EdgeServer _edge = null!;

    public async Task InitializeAsync()
    {
        _inner = await FakeService.StartAsync();
        _edge = await EdgeServer.StartAsync([_inner.Url], new() { ["Services:usage:http:0"] = _inner.Url.ToString(), ["GATEWAY_KEY_PEPPER"] = "pepper-pepper-pepper-pepper-pepper-0123" }, time: _time, log: _log);
    }

    public async Task DisposeAsync()
    {
        await _edge.DisposeAsync();
        await _inner.DisposeAsync();
    }

    [Fact]
    public async Task The_admin_key_opens_a_session_with_one_cookie_that_scripts_cannot_read()
    {
        using var client = _edge.Client(key: null);

        using var answer = await SendAsync(client, HttpMethod.Post, SignIn, body: $$"""{"key":"{{EdgeServer.AdminKey}}"}""");

        Assert.Equal(204, (int)answer.StatusCode);
        var cookies = answer.Headers.GetValues("Set-Cookie").ToArray();
        Assert.Equal(2, cookies.Length);
        var session = Assert.Single(cookies, static cookie => cookie.StartsWith("gateway-session=", StringComparison.Ordinal));
        Assert.Contains("httponly", session, StringComparison.OrdinalIgnoreCase);
        Assert.All(cookies, static cookie => Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase));
        Assert.All(cookies, static cookie => Assert.Contains("path=/", cookie, StringComparison.OrdinalIgnoreCase));
        Assert.All(cookies, static cookie => Assert.Equal(43, cookie.Split(';')[0].Split('=')[1].Length));    // 256 bits
        Assert.DoesNotContain(cookies, static cookie => cookie.Contains("expires", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Over_https_the_cookies_are_of_this_host_alone()
    {
        using var client = _edge.Client(key: null);
        client.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https");

        using var answer = await SendAsync(client, HttpMethod.Post, SignIn, body: $$"""{"key":"{{EdgeServer.AdminKey}}"}""");

        var cookies = answer.Headers.GetValues("Set-Cookie").ToArray();
        Assert.All(cookies, static cookie => Assert.StartsWith("__Host-gateway-", cookie, StringComparison.Ordinal));
        Assert.All(cookies, static cookie => Assert.Contains("secure", cookie, StringComparison.OrdinalIgnoreCase));
        Assert.All(cookies, static cookie => Assert.DoesNotContain("domain", cookie, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task A_wrong_key_opens_nothing_and_five_lock_the_address_out()
    {
        using var client = _edge.Client(key: null);
        for (var i = 0; i < 5; i++)
        {
            using var refused = await SendAsync(client, HttpMethod.Post, SignIn, body: """{"key":"guess"}""");
            await EdgeServer.AssertErrorAsync(refused, 401, "admin_key_required");
            Assert.False(refused.Headers.Contains("Set-Cookie"));
        }

        using var locked = await SendAsync(client, HttpMethod.Post, SignIn, body: $$"""{"key":"{{EdgeServer.AdminKey}}"}""");

        await EdgeServer.AssertErrorAsync(locked, 429, "admin_locked");
        Assert.DoesNotContain(_log.Lines, static line => line.Contains("guess", StringComparison.Ordinal));
        Assert.Equal(6, _log.Lines.Count(static line => line.Contains("POST /console/sign-in", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    [InlineData("Sec-Fetch-Site", "none")]
    [InlineData("Origin", "https://elsewhere.example")]
    [InlineData("Origin", "null")]
    [InlineData(null, null)]
    public async Task Another_page_cannot_sign_anybody_in(string? header, string? value)
    {
        using var client = _edge.Client(key: null);

        using var refused = await SendAsync(client, HttpMethod.Post, SignIn, body: $$"""{"key":"{{EdgeServer.AdminKey}}"}""", site: null, headers: header is null ? [] : [(header, value!)]);

        await EdgeServer.AssertErrorAsync(refused, 401, "admin_key_required");
        Assert.False(refused.Headers.Contains("Set-Cookie"));
    }

    [Theory]
    [InlineData("/console", "/console/sign-in?next=%2Fconsole")]
    [InlineData("/console/requests?key=a%26b", "/console/sign-in?next=%2Fconsole%2Frequests%3Fkey%3Da%2526b")]
    public async Task A_page_without_a_session_leads_to_the_sign_in(string page, string location)
    {
        using var client = _edge.Client(key: null);

        using var answer = await client.GetAsync(page);

        Assert.Equal(302, (int)answer.StatusCode);
        Assert.Equal(location, answer.Headers.Location?.ToString());
        Assert.Equal(0, _inner.Waiting);
    }

    [Theory]
    [InlineData("/console/sign-in")]
    [InlineData("/console/assets/console.js")]
    public async Task The_sign_in_and_its_assets_need_none_and_have_no_rights(string path)
    {
        using var client = _edge.Client(key: null);

        using var answer = await client.GetAsync(path);
        var seen = await _inner.NextAsync();

        Assert.Equal(200, (int)answer.StatusCode);
        Assert.Equal(ContextRole.Client, EdgeServer.Tokens(_time).Verify(seen.Headers["x-gateway-context"], ContextAudience.Usage, path)?.Role);
    }

    [Fact]
    public async Task A_page_with_a_session_is_fetched_as_the_operator_and_the_cookie_stays_outside()
    {
        using var operatorAtConsole = await SignedInAsync();

        using var answer = await operatorAtConsole.Client.GetAsync("/console/requests?key=a");
        var seen = await _inner.NextAsync();

        Assert.Equal(200, (int)answer.StatusCode);
        Assert.Equal("/console/requests?key=a", seen.Target);
        Assert.Equal(ContextRole.Admin, EdgeServer.Tokens(_time).Verify(seen.Headers["x-gateway-context"], ContextAudience.Usage, "/console/requests")?.Role);
        Assert.DoesNotContain("Cookie", seen.Headers.Keys, StringComparer.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task The_admin_api_takes_the_cookie_with_the_token_only()
    {
        using var console = await SignedInAsync();

        using var bare = await SendAsync(console.Client, HttpMethod.Get, "/admin/v1/keys");
        using var wrong = await SendAsync(console.Client, HttpMethod.Get, "/admin/v1/keys", token: "x" + console.Token[1..]);
        using var right = await SendAsync(console.Client, HttpMethod.Get, "/admin/v1/keys", token: console.Token);
        using var noCookie = _edge.Client(key: null);
        using var tokenAlone = await SendAsync(noCookie, HttpMethod.Get, "/admin/v1/keys", token: console.Token);

        Assert.Contains("x-gateway-csrf", await EdgeServer.AssertErrorAsync(bare, 401, "admin_key_required"), StringComparison.Ordinal);
        await EdgeServer.AssertErrorAsync(wrong, 401, "admin_key_required");
        Assert.Equal(200, (int)right.StatusCode);
        await EdgeServer.AssertErrorAsync(tokenAlone, 401, "admin_key_required");
    }

    [Theory]
    [InlineData("GET", "Sec-Fetch-Site", "cross-site", 401)]
    [InlineData("GET", "Origin", "https://elsewhere.example", 401)]
    [InlineData("GET", null, null, 200)]
    [InlineData("POST", "Sec-Fetch-Site", "same-site", 401)]
    [InlineData("POST", "Origin", "https://elsewhere.example", 401)]
    [InlineData("POST", null, null, 401)]
    [InlineData("POST", "Origin", "own", 201)]
    public async Task A_call_with_the_cookie_must_come_from_our_own_page(string method, string? header, string? value, int status)
    {
        using var console = await SignedInAsync();
        var own = value == "own" ? _edge.Url.GetLeftPart(UriPartial.Authority) : value;

        using var answer = await SendAsync(console.Client, new HttpMethod(method), "/admin/v1/keys", method == "POST" ? """{"models":["*"]}""" : null, console.Token, site: null, header is null ? [] : [(header, own!)]);

        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Fact]
    public async Task A_bearer_is_judged_alone_whatever_cookie_is_there()
    {
        using var console = await SignedInAsync();

        using var answer = await SendAsync(console.Client, HttpMethod.Get, "/admin/v1/keys", token: console.Token, headers: ("Authorization", "Bearer guess"));

        await EdgeServer.AssertErrorAsync(answer, 401, "admin_key_required");
    }

    [Fact]
    public async Task An_hour_without_use_ends_a_session_and_what_runs_by_itself_is_no_use()
    {
        using var console = await SignedInAsync();
        _time.Advance(TimeSpan.FromMinutes(59));
        Assert.Equal(204, await SessionAsync(console));
        _time.Advance(TimeSpan.FromMinutes(59));
        Assert.Equal(204, await SessionAsync(console, isBackground: true));
        _time.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(401, await SessionAsync(console));
    }

    [Fact]
    public async Task Twelve_hours_end_a_session_that_is_used()
    {
        using var console = await SignedInAsync();
        for (var i = 0; i < 23; i++)
        {
            _time.Advance(TimeSpan.FromMinutes(30));
            Assert.Equal(204, await SessionAsync(console));
        }

        _time.Advance(TimeSpan.FromMinutes(30));

        Assert.Equal(401, await SessionAsync(console));
    }

    [Fact]
    public async Task Signing_out_ends_the_session_for_whoever_has_its_cookie()
    {
        using var console = await SignedInAsync();
        using var unasked = await SendAsync(console.Client, HttpMethod.Post, "/console/sign-out");
        Assert.Equal(401, (int)unasked.StatusCode);
        Assert.Equal(204, await SessionAsync(console));

        using var answer = await SendAsync(console.Client, HttpMethod.Post, "/console/sign-out", token: console.Token);

        Assert.Equal(204, (int)answer.StatusCode);
        Assert.All(answer.Headers.GetValues("Set-Cookie"), static cookie => Assert.Contains("expires=Thu, 01 Jan 1970", cookie, StringComparison.OrdinalIgnoreCase));
        Assert.Equal(401, await SessionAsync(console));
    }

    [Fact]
    public async Task Another_admin_key_ends_all_sessions()
    {
        using var console = await SignedInAsync();
        Assert.Equal(204, await SessionAsync(console));

        await _edge.ReconfigureAsync(EdgeServer.Config.Replace("gw-test-admin-key", "gw-other-admin-key", StringComparison.Ordinal));

        using var patience = new CancellationTokenSource(EdgeServer.Patience);
        while (await SessionAsync(console) != 401)
        {
            _time.Advance(TimeSpan.FromSeconds(1));    // the document is looked at by this clock
            await Task.Delay(20, patience.Token);
        }
    }

    [Fact]
    public void The_oldest_of_too_many_sessions_ends()
    {
        var digests = _edge.Services.GetService(typeof(Edge.VirtualKeys.SecretDigests)) as Edge.VirtualKeys.SecretDigests;
        var sessions = new AdminSessions(digests!, _time);
        var key = digests!.Of("key");
        var first = sessions.Open(key);
        _time.Advance(TimeSpan.FromSeconds(1));
        var second = sessions.Open(key);
        for (var i = 1; i < AdminSessions.MaxSessions; i++)
        {
            sessions.Open(key);
        }

        Assert.False(sessions.IsOpen(first.Id, key, isUse: false));
        Assert.True(sessions.IsOpen(second.Id, key, isUse: false));
    }

    private static async Task<int> SessionAsync(SignedIn console, bool isBackground = false)
    {
        using var answer = await SendAsync(console.Client, HttpMethod.Get, "/console/session", headers: isBackground ? [("x-gateway-background", "1")] : []);
        return (int)answer.StatusCode;
    }

    private static Task<HttpResponseMessage> SendAsync(
        HttpClient client, HttpMethod method, string path, string? body = null, string? token = null, string? site = "same-origin", params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, path) { Content = body is null ? null : EdgeServer.Json(body) };
        foreach (var (name, value) in headers.Append(("Sec-Fetch-Site", site ?? "")).Append(("x-gateway-csrf", token ?? "")).Where(static header => header.Item2.Length > 0))
        {
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        }

        return client.SendAsync(request);
    }

    private async Task<SignedIn> SignedInAsync()
    {
        var client = _edge.Client(key: null);
        using var answer = await SendAsync(client, HttpMethod.Post, SignIn, body: $$"""{"key":"{{EdgeServer.AdminKey}}"}""");
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        var pairs = answer.Headers.GetValues("Set-Cookie").Select(static cookie => cookie.Split(';')[0]).ToArray();
        client.DefaultRequestHeaders.Add("Cookie", string.Join("; ", pairs));
        return new SignedIn(client, pairs.Single(static pair => pair.StartsWith("gateway-csrf=", StringComparison.Ordinal))["gateway-csrf=".Length..]);
    }

    private sealed record SignedIn(HttpClient Client, string Token) : IDisposable
    {
        public void Dispose() => Client.Dispose();
    }
}
