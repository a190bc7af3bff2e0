using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Gateway.EndToEnd.Tests;

[Collection(SharedRig.Name)]
public sealed class FirstRequestTests(SharedRig shared)
{
    private const string Chat = "/v1/chat/completions";

    private readonly GatewayRig _rig = shared.Rig;

    [Fact]
    public async Task PlainChat_IsAnswered_AndItsUsageLiesInTheLedger()
    {
        using var client = _rig.Client();
        using var admin = _rig.Admin();

        using var response = await client.PostAsync(Chat, Body("""{"model":"gpt-4o","messages":[{"role":"user","content":"hello there"}],"user":"anna"}"""));
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var usage = answer.GetProperty("usage");
        var row = await Ledger.WaitForAsync(admin, Header(response, "x-gateway-request-id"));
        Assert.Equal(usage.GetProperty("prompt_tokens").GetInt64(), row.GetProperty("input_tokens").GetInt64());
        Assert.Equal(usage.GetProperty("completion_tokens").GetInt64(), row.GetProperty("output_tokens").GetInt64());
        // 2.50 and 10.00 USD per million tokens are 2,500 and 10,000 nano-USD a token.
        Assert.Equal((usage.GetProperty("prompt_tokens").GetInt64() * 2500) + (usage.GetProperty("completion_tokens").GetInt64() * 10000), row.GetProperty("cost_nano_usd").GetInt64());
        Assert.Equal("demo", row.GetProperty("key").GetString());
        Assert.Equal("research", row.GetProperty("team").GetString());
        Assert.Equal("anna", row.GetProperty("user").GetString());
        Assert.Equal("gpt-4o", row.GetProperty("model").GetString());
        Assert.Equal("sim/sim-large", row.GetProperty("deployment").GetString());
        Assert.Equal(200, row.GetProperty("status").GetInt32());
        Assert.False(row.GetProperty("stream").GetBoolean());
        Assert.False(row.GetProperty("estimated").GetBoolean());
        Assert.Equal("sim/sim-large", Header(response, "x-gateway-deployment"));
        Assert.Equal("1", Header(response, "x-gateway-attempts"));
    }

    [Fact]
    public async Task StreamedChat_EndsWithDone_AndIsChargedLikeThePlainOne()
    {
        using var client = _rig.Client();
        using var admin = _rig.Admin();

        using var response = await client.PostAsync(Chat, Body("""{"model":"gpt-4o","stream":true,"messages":[{"role":"user","content":"hello there"}]}"""));
        var text = await response.Content.ReadAsStringAsync();
        using var plain = await client.PostAsync(Chat, Body("""{"model":"gpt-4o","messages":[{"role":"user","content":"hello there"}]}"""));

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        Assert.EndsWith("data: [DONE]\n\n", text, StringComparison.Ordinal);
        // The client did not ask for usage: the chunk that the gateway asked for is not for its eyes.
        Assert.DoesNotContain("\"usage\":{", text, StringComparison.Ordinal);
        var streamed = await Ledger.WaitForAsync(admin, Header(response, "x-gateway-request-id"));
        var whole = await Ledger.WaitForAsync(admin, Header(plain, "x-gateway-request-id"));
        Assert.True(streamed.GetProperty("stream").GetBoolean());
        Assert.Equal(whole.GetProperty("output_tokens").GetInt64(), streamed.GetProperty("output_tokens").GetInt64());
        Assert.Equal(whole.GetProperty("cost_nano_usd").GetInt64(), streamed.GetProperty("cost_nano_usd").GetInt64());
        Assert.True(streamed.GetProperty("cost_nano_usd").GetInt64() > 0);
    }

    [Fact]
    public async Task Upstream_NeverSeesTheClientsCredentialNorInternalHeaders()
    {
        using var client = _rig.Client();
        using var meter = _rig.Meter();

        client.DefaultRequestHeaders.Add("x-gateway-context", "forged");
        client.DefaultRequestHeaders.Add("X_Gateway_Deployment", "forged");
        using var response = await client.PostAsync(Chat, Body("""{"model":"gpt-4o","messages":[{"role":"user","content":"who am I"}]}"""));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.NotEqual("forged", Header(response, "x-gateway-deployment"));
        var seen = await meter.GetFromJsonAsync<JsonElement>("/meter");
        var fingerprints = seen.GetProperty("credentials").EnumerateArray().Select(c => c.GetProperty("fingerprint").GetString()).ToList();
        Assert.Contains(Fingerprint("sim-key-1"), fingerprints);
        Assert.Empty(fingerprints.Except([Fingerprint("sim-key-1"), Fingerprint("sim-key-refused")]));
    }

    [Fact]
    public async Task UsageReport_TotalsAreTheSumOfItsRequests()
    {
        using var client = _rig.Client();
        using var admin = _rig.Admin();
        using var response = await client.PostAsync("/v1/embeddings", Body("""{"model":"text-embedding-3-small","input":["one","two three"]}"""));
        await Ledger.WaitForAsync(admin, Header(response, "x-gateway-request-id"));

        var requests = await Ledger.AllRequestsAsync(admin, pageSize: 2);
        var report = await admin.GetFromJsonAsync<JsonElement>("/admin/v1/usage?group=key,model,deployment,day");

        var total = report.GetProperty("total");
        Assert.Equal(requests.Count, total.GetProperty("requests").GetInt64());
        Assert.Equal(requests.Sum(r => r.GetProperty("cost_nano_usd").GetInt64()), total.GetProperty("cost_nano_usd").GetInt64());
        Assert.Equal(requests.Sum(r => r.GetProperty("input_tokens").GetInt64()), report.GetProperty("groups").EnumerateArray().Sum(g => g.GetProperty("input_tokens").GetInt64()));
        Assert.Contains(report.GetProperty("groups").EnumerateArray(), g => g.GetProperty("model").GetString() == "text-embedding-3-small" && g.GetProperty("key").GetString() == "demo");
    }

    [Theory]
    [InlineData("/v1/chat/completions", """{"model":"gpt-4o","messages":[""", 400, "invalid_request")]
    [InlineData("/v1/chat/completions", """{"model":7,"messages":[{"role":"user","content":"x"}]}""", 400, "invalid_request")]
    [InlineData("/v1/chat/completions", """{"model":"gpt-4o","model":"gpt-4o-mini","messages":[{"role":"user","content":"x"}]}""", 400, "invalid_request")]
    [InlineData("/v1/chat/completions", """{"model":"gpt-4o","Model":"gpt-4o-mini","messages":[{"role":"user","content":"x"}]}""", 400, "invalid_request")]
    [InlineData("/v1/chat/completions", """{"model":"gpt-4o","max_tokens":-1,"messages":[{"role":"user","content":"x"}]}""", 400, "invalid_request")]
    [InlineData("/v1/chat/completionz", """{"model":"gpt-4o"}""", 404, "unknown_endpoint")]
    public async Task BadRequest_IsRefusedInOpenAIsShape_NamingTheCause(string path, string body, int status, string code)
    {
        using var client = _rig.Client();

        using var response = await client.PostAsync(path, Body(body));
        var error = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error");

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(code, error.GetProperty("code").GetString());
        Assert.NotEmpty(error.GetProperty("message").GetString()!);
    }

    [Fact]
    public async Task BodyOverTheLimit_Is413_NamingTheLimit()
    {
        using var client = _rig.Client();
        var big = new string('x', 2 * 1024 * 1024);

        using var response = await client.PostAsync(Chat, Body($$"""{"model":"gpt-4o","messages":[{"role":"user","content":"{{big}}"}]}"""));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Contains("2 MiB", await response.Content.ReadAsStringAsync(), StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData(null, 401, "missing_api_key")]
    [InlineData("wrong-key", 401, "invalid_api_key")]
    [InlineData("rig-narrow-key", 403, "model_forbidden")]
    public async Task Credential_ThatMayNot_IsToldWhy(string? key, int status, string code)
    {
        using var client = _rig.Client(key);

        using var response = await client.PostAsync(Chat, Body("""{"model":"gpt-4o","messages":[{"role":"user","content":"x"}]}"""));
        var body = await response.Content.ReadAsStringAsync();

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Contains($"\"code\":\"{code}\"", body, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong-key", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RateLimit_RefusesTheBurst_WithARetryHint()
    {
        using var client = _rig.Client("rig-limited-key");
        var statuses = new List<int>();
        HttpResponseMessage? refused = null;
        for (var i = 0; i < 4; i++)
        {
            var response = await client.PostAsync(Chat, Body("""{"model":"gpt-4o-mini","messages":[{"role":"user","content":"x"}]}"""));
            statuses.Add((int)response.StatusCode);
            refused = response.StatusCode == HttpStatusCode.TooManyRequests ? response : refused;
        }

        // 6 a minute: one at once, the next after ten seconds.
        Assert.Equal([200, 429, 429, 429], statuses);
        Assert.InRange(int.Parse(Header(refused!, "retry-after"), System.Globalization.CultureInfo.InvariantCulture), 1, 10);
        Assert.Equal("0", Header(refused!, "x-ratelimit-remaining-requests"));
    }

    [Fact]
    public async Task ReadinessAndMetrics_TellTheStateOfEachDependency()
    {
        using var client = _rig.Client();
        using var answer = await client.PostAsync(Chat, Body("""{"model":"gpt-4o","messages":[{"role":"user","content":"count me"}]}"""));

        var ready = await client.GetFromJsonAsync<JsonElement>("/ready");
        var metrics = await client.GetStringAsync("/metrics");

        Assert.Equal("ready", ready.GetProperty("status").GetString());
        Assert.True(ready.GetProperty("checks").TryGetProperty("redis", out _));
        Assert.True(ready.GetProperty("checks").TryGetProperty("router", out _));
        Assert.Contains("http_server_request_duration_seconds_bucket", metrics, StringComparison.Ordinal);
        Assert.Contains("/v1/chat/completions", metrics, StringComparison.Ordinal);
    }

    private static StringContent Body(string json) => new(json, Encoding.UTF8, "application/json");

    private static string Header(HttpResponseMessage response, string name) => response.Headers.GetValues(name).Single();

    private static string Fingerprint(string secret) =>
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(secret)))[..12];
}
