using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text.Json;
using Gateway.Core.Admission.Shared;
using Gateway.Edge.Tests.Rig;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Edge.Tests.Budgets;

/// <summary>What clients hear of limits and budgets.</summary>
public sealed class RefusalTests : IAsyncLifetime
{
    private const string Chat = EdgeServer.ChatBody;
    private const string Contents = """{"contents":[{"parts":[{"text":"hi"}]}]}""";

    private readonly ManualTime _time = new();
    private BudgetedEdge _rig = null!;

    public async Task InitializeAsync() => _rig = await BudgetedEdge.StartAsync(_time);

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    [Theory]
    [InlineData("/v1/chat/completions", Chat, "openai")]
    [InlineData("/v1/embeddings", """{"model":"gpt-4o","input":"x"}""", "openai")]
    [InlineData("/v1/responses", """{"model":"gpt-4o","input":"x"}""", "openai")]
    [InlineData("/v1/messages", """{"model":"gpt-4o","max_tokens":5,"messages":[{}]}""", "anthropic")]
    [InlineData("/v1beta/models/gpt-4o:generateContent", Contents, "gemini")]
    [InlineData("/api/chat", Chat, "ollama")]
    public async Task Limit_IsRefusedInTheClientsShape(string path, string body, string shape)
    {
        _rig.Admission.Answer = FakeAdmission.Limit("team:research|tokens/60", 12.0305);
        using var response = await _rig.PostAsync(body, path: path);

        Assert.Equal(429, (int)response.StatusCode);
        Assert.Equal(("13", "12031"), (BudgetedEdge.Header(response, "retry-after"), BudgetedEdge.Header(response, "retry-after-ms")));
        Assert.Equal("scope=team; owner=research; name=tokens/60; limit=60000; remaining=0; reset=60", BudgetedEdge.Header(response, "x-gateway-limit"));
        Assert.False(response.Headers.Contains("x-should-retry"));
        var message = await MessageAsync(response, shape, "rate_limit_exceeded", "RATE_LIMIT_EXCEEDED", "rate_limit_error");
        Assert.StartsWith("Your team 'research' may use 60000 tokens per minute, at most 10000 at once; 0 are left, and this request needs about ", message, StringComparison.Ordinal);
        Assert.EndsWith("Try again in 12.031s.", message, StringComparison.Ordinal);
        Assert.Equal(0, _rig.Router.Waiting);
        Assert.Empty(_rig.Admission.Voided);
    }

    [Theory]
    [InlineData("/v1/chat/completions", Chat, "openai")]
    [InlineData("/v1/responses", """{"model":"gpt-4o","input":"x"}""", "openai")]
    [InlineData("/v1/messages", """{"model":"gpt-4o","max_tokens":5,"messages":[{}]}""", "anthropic")]
    [InlineData("/v1beta/models/gpt-4o:generateContent", Contents, "gemini")]
    [InlineData("/api/chat", Chat, "ollama")]
    public async Task Budget_IsRefusedInTheClientsShape(string path, string body, string shape)
    {
        _rig.Admission.Answer = FakeAdmission.Budget("key:full|day");
        using var response = await _rig.PostAsync(body, path: path);

        Assert.Equal(429, (int)response.StatusCode);
        // 13:00 by the clock of the tests.
        Assert.Equal("39600", BudgetedEdge.Header(response, "retry-after"));
        Assert.Equal("false", BudgetedEdge.Header(response, "x-should-retry"));
        Assert.Equal("scope=key; owner=full; name=usd/day; limit=5; remaining=0.000999999; reset=39600", BudgetedEdge.Header(response, "x-gateway-limit"));
        Assert.Equal(
            "Your API key may spend 5 USD a day: 4.990000001 USD are spent and 0.009 USD are held for running requests, which leaves too little for this one. It starts anew at 2026-11-22T00:00:00Z.",
            await MessageAsync(response, shape, "budget_exceeded", "BUDGET_EXCEEDED", "rate_limit_error"));
        Assert.Equal(0, _rig.Router.Waiting);
    }

    [Theory]
    [InlineData("key:full|requests/60", "Your API key may send 600 requests per minute, at most 100 at once; 0 are left.")]
    [InlineData("key:full|requests/60:gpt-4*", "Your API key may send 60 requests per minute to models like 'gpt-4*', at most 10 at once; 0 are left.")]
    [InlineData("user:alice|requests/3600", "The owner of your API key ('alice') may send 3600 requests per hour, at most 600 at once; 0 are left.")]
    [InlineData("org:acme|concurrency", "Your organisation 'acme' may have 50 requests running at the same time, and has.")]
    public async Task Message_NamesScopeLimitAndWindow(string id, string expected)
    {
        _rig.Admission.Answer = FakeAdmission.Limit(id, 2);
        using var response = await _rig.PostAsync();
        Assert.Equal(expected + " Try again in 2s.", await EdgeServer.AssertErrorAsync(response, 429, "rate_limit_exceeded"));
    }

    [Fact]
    public async Task Sessions_AreToldAsSuch()
    {
        _rig.Admission.Answer = FakeAdmission.Limit("key:talks|sessions/3600", 60);
        using var response = await _rig.PostAsync(key: "gw-talks-key");
        Assert.Equal("Your API key may have 3 sessions in 1 hour, and has; those are served on. Try again in 1m0s.", await EdgeServer.AssertErrorAsync(response, 429, "rate_limit_exceeded"));
    }

    [Fact]
    public async Task OwnPlainRate_IsToldAlike()
    {
        HttpResponseMessage response;
        do
        {
            response = await _rig.PostAsync(key: "gw-plain-key");
        }
        while ((int)response.StatusCode == 200);

        Assert.Equal("scope=key; owner=plain; name=requests/60; limit=12; remaining=0; reset=10", BudgetedEdge.Header(response, "x-gateway-limit"));
        Assert.Equal("Your API key may send 12 requests per minute, at most 2 at once. Try again in 5s.", await EdgeServer.AssertErrorAsync(response, 429, "rate_limit_exceeded"));
        response.Dispose();
    }

    [Theory]
    [InlineData("/v1/chat/completions", Chat, false)]
    [InlineData("/v1/messages", """{"model":"gpt-4o","max_tokens":5,"messages":[{}]}""", true)]
    public async Task Served_TheTightestRatesAreTold(string path, string body, bool anthropic)
    {
        using var response = await _rig.PostAsync(body, path: path);

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal(("60", "9", "5s"), Rates(response, "requests"));
        Assert.Equal(("60000", "9999", "5s"), Rates(response, "tokens"));
        Assert.Equal(anthropic, response.Headers.Contains("anthropic-ratelimit-tokens-limit"));
        if (anthropic)
        {
            Assert.Equal(("60000", "9999"), (BudgetedEdge.Header(response, "anthropic-ratelimit-tokens-limit"), BudgetedEdge.Header(response, "anthropic-ratelimit-tokens-remaining")));
            Assert.Equal("2026-11-21T13:00:05Z", BudgetedEdge.Header(response, "anthropic-ratelimit-requests-reset"));
        }

        Assert.False(response.Headers.Contains("x-gateway-limit"));
    }

    [Fact]
    public async Task CountersBeingRebuilt_Are503_WithAHint()
    {
        _rig.Admission.Answer = static request => FakeAdmission.Admit(request) with { Outcome = AdmissionOutcome.Rebuilding, Degraded = true, Limits = [] };
        using var response = await _rig.PostAsync();

        await EdgeServer.AssertErrorAsync(response, 503, "budget_unavailable");
        Assert.Equal(("2", "redis"), (BudgetedEdge.Header(response, "retry-after"), BudgetedEdge.Header(response, "x-gateway-degraded")));
        Assert.Empty(_rig.Admission.Voided);
    }

    [Fact]
    public async Task LateDecision_Is503()
    {
        _rig.Admission.Answer = static request => FakeAdmission.Admit(request) with { Outcome = AdmissionOutcome.Void };
        using var response = await _rig.PostAsync();
        await EdgeServer.AssertErrorAsync(response, 503, "service_unavailable");
    }

    [Fact]
    public async Task DegradedDecision_IsServed_AndSaid()
    {
        using var normal = await _rig.PostAsync();
        _rig.Admission.Answer = static request => FakeAdmission.Admit(request) with { Degraded = true };
        using var degraded = await _rig.PostAsync();
        _rig.Admission.IsDegraded = true;
        using var free = await _rig.PostAsync(key: "gw-free-key");

        Assert.False(normal.Headers.Contains("x-gateway-degraded"));
        Assert.Equal((200, "redis"), ((int)degraded.StatusCode, BudgetedEdge.Header(degraded, "x-gateway-degraded")));
        Assert.Equal("redis", BudgetedEdge.Header(free, "x-gateway-degraded"));
    }

    [Fact]
    public async Task ShadowLimit_IsCounted_AndClientsSeeNothing()
    {
        _rig.Admission.Answer = static request => FakeAdmission.Admit(request) with { Limits = [new LimitState(0, TimeSpan.FromSeconds(9), Exceeded: true)] };
        using var counts = new Counts(_rig.Edge, "gateway.edge.shadow_limits");
        using var response = await _rig.PostAsync(key: "gw-shadow-key");

        Assert.Equal(200, (int)response.StatusCode);
        Assert.False(response.Headers.Contains("x-ratelimit-limit-requests"));
        Assert.False(response.Headers.Contains("x-gateway-warning"));
        Assert.Equal(1, counts.Of("gateway.unit=requests"));
    }

    [Fact]
    public async Task Decisions_AreCounted_ByWhatRefused_AndNameNobody()
    {
        using var admissions = new Counts(_rig.Edge, "gateway.edge.admissions");
        using var refusals = new Counts(_rig.Edge, "gateway.edge.budget.refusals");
        _rig.Admission.Answer = FakeAdmission.Limit("team:research|tokens/60", 1);
        (await _rig.PostAsync()).Dispose();
        _rig.Admission.Answer = FakeAdmission.Budget("org:acme");
        (await _rig.PostAsync()).Dispose();

        Assert.Equal(1, admissions.Of("gateway.outcome=limited gateway.unit=tokens"));
        Assert.Equal(1, admissions.Of("gateway.outcome=unaffordable gateway.unit=usd"));
        Assert.Equal(1, refusals.Of("gateway.owner=org gateway.window=month"));
    }

    private static (string Limit, string Remaining, string Reset) Rates(HttpResponseMessage response, string unit) =>
        (BudgetedEdge.Header(response, $"x-ratelimit-limit-{unit}"), BudgetedEdge.Header(response, $"x-ratelimit-remaining-{unit}"), BudgetedEdge.Header(response, $"x-ratelimit-reset-{unit}"));

    private static async Task<string> MessageAsync(HttpResponseMessage response, string shape, string code, string reason, string type)
    {
        var root = await BudgetedEdge.JsonAsync(response);
        var error = root.GetProperty("error");
        switch (shape)
        {
            case "anthropic":
                Assert.Equal(type, error.GetProperty("type").GetString());
                break;
            case "gemini":
                Assert.Equal("RESOURCE_EXHAUSTED", error.GetProperty("status").GetString());
                Assert.Equal(reason, error.GetProperty("details")[0].GetProperty("reason").GetString());
                break;
            case "ollama":
                Assert.Equal(JsonValueKind.String, error.ValueKind);
                return error.GetString()!;
            default:
                Assert.Equal(code, error.GetProperty("code").GetString());
                break;
        }

        return error.GetProperty("message").GetString()!;
    }

    /// <summary>What one counter of an Edge says, by its labels; other Edges in this process are left out.</summary>
    private sealed class Counts : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly ConcurrentDictionary<string, long> _counts = new();

        public Counts(EdgeServer edge, string name)
        {
            var meters = edge.Services.GetRequiredService<IMeterFactory>();
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == name && ReferenceEquals(instrument.Meter.Scope, meters))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
            {
                var labels = string.Join(' ', tags.ToArray().Select(static tag => $"{tag.Key}={tag.Value}"));
                _counts.AddOrUpdate(labels, value, (_, sum) => sum + value);
            });
            _listener.Start();
        }

        public long Of(string labels) => _counts.GetValueOrDefault(labels);

        public void Dispose() => _listener.Dispose();
    }
}
