using Gateway.Edge.Admission;
using Gateway.Edge.Tests.Rig;

namespace Gateway.Edge.Tests.Admission;

public sealed class RateLimitTests : IAsyncLifetime
{
    private readonly ManualTime _time = new();
    private FakeService _router = null!;
    private EdgeServer _edge = null!;

    public async Task InitializeAsync()
    {
        _router = await FakeService.StartAsync();
        _edge = await EdgeServer.StartAsync([_router.Url], time: _time);
    }

    public async Task DisposeAsync()
    {
        await _edge.DisposeAsync();
        await _router.DisposeAsync();
    }

    [Fact]
    public async Task OverTheLimit_Is429_UntilExactlyWhatRetryAfterSays()
    {
        using var first = await ChatAsync();
        using var second = await ChatAsync();
        using var third = await ChatAsync();

        Assert.Equal((200, 200), ((int)first.StatusCode, (int)second.StatusCode));
        Assert.Equal(("12", "1", "5s"), RateHeaders(first));
        Assert.Equal(("12", "0", "10s"), RateHeaders(second));
        Assert.Equal(("12", "0", "10s"), RateHeaders(third));
        Assert.Contains("12 requests per minute", await EdgeServer.AssertErrorAsync(third, 429, "rate_limit_exceeded"), StringComparison.Ordinal);
        Assert.Equal("5", Header(third, "retry-after"));
        Assert.Equal("5000", Header(third, "retry-after-ms"));
        Assert.False(third.Headers.Contains("x-gateway-degraded"));
        Assert.Equal(2, _router.Waiting);

        _time.Advance(TimeSpan.FromMilliseconds(4999));
        using var early = await ChatAsync();
        _time.Advance(TimeSpan.FromMilliseconds(1));
        using var inTime = await ChatAsync();

        Assert.Equal((429, 200), ((int)early.StatusCode, (int)inTime.StatusCode));
        Assert.Equal("1", Header(early, "retry-after"));
        Assert.Equal("1", Header(early, "retry-after-ms"));
    }

    [Fact]
    public async Task RefusedForAnotherReason_ConsumesNothing()
    {
        for (var i = 0; i < 5; i++)
        {
            using var bad = await ChatAsync(body: """{"model":"gpt-4o"}""");
            Assert.Equal(400, (int)bad.StatusCode);
        }

        using var good = await ChatAsync();
        Assert.Equal(("12", "1", "5s"), RateHeaders(good));
    }

    [Fact]
    public async Task UnknownModels_AreLimitedToo()
    {
        const string Unknown = """{"model":"nothing","messages":[{}]}""";
        using var first = await ChatAsync(body: Unknown);
        using var second = await ChatAsync(body: Unknown);
        using var third = await ChatAsync(body: Unknown);

        await EdgeServer.AssertErrorAsync(first, 404, "model_not_found", "model");
        Assert.Equal((404, 429), ((int)second.StatusCode, (int)third.StatusCode));
    }

    [Fact]
    public async Task KeyWithoutLimit_HasNoLimitHeaders()
    {
        using var response = await ChatAsync(EdgeServer.Key);

        Assert.Equal(200, (int)response.StatusCode);
        Assert.False(response.Headers.Contains("x-ratelimit-limit-requests"));
    }

    [Theory]
    [InlineData(0, "0s")]
    [InlineData(0.4, "1ms")]
    [InlineData(850, "850ms")]
    [InlineData(1000, "1s")]
    [InlineData(1500, "1.5s")]
    [InlineData(60_000, "1m0s")]
    [InlineData(361_001, "6m1.001s")]
    public void Durations_ReadAsOpenAIWritesThem(double milliseconds, string expected) =>
        Assert.Equal(expected, RateLimitHeaders.Duration(TimeSpan.FromMilliseconds(milliseconds)));

    private async Task<HttpResponseMessage> ChatAsync(string key = "gw-limited-key", string body = EdgeServer.ChatBody)
    {
        using var client = _edge.Client(key);
        using var content = EdgeServer.Json(body);
        return await client.PostAsync(EdgeServer.Chat, content);
    }

    private static (string Limit, string Remaining, string Reset) RateHeaders(HttpResponseMessage response) =>
        (Header(response, "x-ratelimit-limit-requests"), Header(response, "x-ratelimit-remaining-requests"), Header(response, "x-ratelimit-reset-requests"));

    private static string Header(HttpResponseMessage response, string name) => response.Headers.GetValues(name).Single();
}
