using System.Text;
using Gateway.ServiceDefaults.Tests;
using Gateway.Simulator.Control;

namespace Gateway.Simulator.Tests.Control;

public sealed class LimitTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch.AddHours(1);

    [Fact]
    public async Task Requests_OverTheLimit_Are429_UntilWhatRetryAfterSays_ForEachCredentialAlone()
    {
        var time = new ManualTime();
        await using var simulator = await TestSimulator.StartAsync(time);
        await PutAsync(simulator, """{"rules":[{"limits":{"requests":2,"window":"3s"}}]}""");

        using var first = await simulator.SendAsync(TestSimulator.Chat("x"));
        using var second = await simulator.SendAsync(TestSimulator.Chat("x"));
        using var third = await simulator.SendAsync(TestSimulator.Chat("x"));
        using var other = await AsAsync(simulator, "other-key");
        time.Advance(TimeSpan.FromMilliseconds(1499));
        using var early = await simulator.SendAsync(TestSimulator.Chat("x"));
        time.Advance(TimeSpan.FromMilliseconds(1));
        using var right = await simulator.SendAsync(TestSimulator.Chat("x"));

        Assert.Equal([200, 200, 429, 200, 429, 200], new[] { first, second, third, other, early, right }.Select(response => (int)response.StatusCode));
        Assert.Equal(("2", "1", "1.5s"), (Header(first, "x-ratelimit-limit-requests"), Header(first, "x-ratelimit-remaining-requests"), Header(first, "x-ratelimit-reset-requests")));
        Assert.Equal(("2", "1500", "3s"), (Header(third, "retry-after"), Header(third, "retry-after-ms"), Header(third, "x-ratelimit-reset-requests")));
        Assert.Equal("0", Header(third, "x-ratelimit-remaining-requests"));
        Assert.False(first.Headers.Contains("x-ratelimit-limit-tokens"));
    }

    [Fact]
    public async Task Tokens_ThatWereUsed_CountInsteadOfThoseThatWereGuessed()
    {
        var time = new ManualTime();
        await using var simulator = await TestSimulator.StartAsync(time);
        await PutAsync(simulator, """{"rules":[{"limits":{"tokens":100,"window":"1m"}}]}""");

        // 10 tokens of prompt: [sim and tokens=90] are 1 + 3 pieces, a message and the reply 6. All 100 are gone with the end of the answer.
        await simulator.JsonAsync(TestSimulator.Chat("[sim tokens=90]"));
        await simulator.SettledAsync(1);
        using var refused = await simulator.SendAsync(TestSimulator.Chat("x"));

        Assert.Equal(429, (int)refused.StatusCode);
        Assert.Equal(("100", "0"), (Header(refused, "x-ratelimit-limit-tokens"), Header(refused, "x-ratelimit-remaining-tokens")));
    }

    [Fact]
    public async Task Concurrency_OverTheLimit_Is429_UntilOneEnds()
    {
        await using var simulator = await TestSimulator.StartAsync();
        await PutAsync(simulator, """{"rules":[{"limits":{"concurrency":1}}]}""");

        var running = await simulator.SendAsync(TestSimulator.Chat("[sim stall_after=1]", ""","stream":true"""));
        using var refused = await simulator.SendAsync(TestSimulator.Chat("x"));
        running.Dispose();
        await simulator.SettledAsync(2);
        using var served = await simulator.SendAsync(TestSimulator.Chat("x"));

        Assert.Equal((429, 200), ((int)refused.StatusCode, (int)served.StatusCode));
        Assert.Equal("1", Header(refused, "retry-after"));
    }

    [Fact]
    public async Task Anthropic_TellsResetsAsInstants()
    {
        var time = new ManualTime();
        await using var simulator = await TestSimulator.StartAsync(time);
        await PutAsync(simulator, """{"rules":[{"limits":{"requests":1,"tokens":5000,"window":"90s"}}]}""");

        using var first = await MessageAsync(simulator);
        using var second = await MessageAsync(simulator);

        Assert.Equal((200, 429), ((int)first.StatusCode, (int)second.StatusCode));
        Assert.Equal(("1", "0", "1970-01-01T01:01:30Z"),
            (Header(first, "anthropic-ratelimit-requests-limit"), Header(first, "anthropic-ratelimit-requests-remaining"), Header(first, "anthropic-ratelimit-requests-reset")));
        Assert.Equal("5000", Header(second, "anthropic-ratelimit-tokens-limit"));
        Assert.Equal("90", Header(second, "retry-after"));
        Assert.Contains("rate_limit_error", await second.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public void Bucket_AnyWait_IsTheShortestThatIsEnough()
    {
        foreach (var (requests, window) in new[] { (7, 60), (3, 1), (1000, 60), (60, 60) })
        {
            var bucket = new QuotaBucket(new ControlLimits { Requests = requests, Window = TimeSpan.FromSeconds(window) }, Start);
            var now = Start;
            for (var taken = 0; taken < requests; taken++)
            {
                Assert.False(bucket.Take(0, now).IsRefused);
            }

            for (var round = 0; round < 50; round++)
            {
                var wait = bucket.Take(0, now).RetryAfter;
                Assert.True(bucket.Take(0, now + wait - TimeSpan.FromMilliseconds(0.5)).IsRefused);
                now += wait;
                Assert.False(bucket.Take(0, now).IsRefused);
            }
        }
    }

    [Theory]
    [InlineData(0, "0s")]
    [InlineData(12, "12ms")]
    [InlineData(1500, "1.5s")]
    [InlineData(360_000, "6m0s")]
    [InlineData(3_603_000, "1h0m3s")]
    public void Duration_IsWrittenAsGoDoes(int milliseconds, string text) => Assert.Equal(text, QuotaHeaders.Duration(TimeSpan.FromMilliseconds(milliseconds)));

    private static async Task<HttpResponseMessage> AsAsync(TestSimulator simulator, string credential)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = new StringContent(TestSimulator.Chat("x"), Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new("Bearer", credential);
        return await simulator.Http.SendAsync(request);
    }

    private static async Task<HttpResponseMessage> MessageAsync(TestSimulator simulator)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/messages")
        {
            Content = new StringContent("""{"model":"claude-sonnet-4-5","max_tokens":50,"messages":[{"role":"user","content":"x"}]}""", Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("x-api-key", "k");
        request.Headers.Add("anthropic-version", "2023-06-01");
        return await simulator.Http.SendAsync(request);
    }

    private static async Task PutAsync(TestSimulator simulator, string json)
    {
        using var response = await simulator.Http.PutAsync("/control", new StringContent(json));
        Assert.Equal(204, (int)response.StatusCode);
    }

    private static string Header(HttpResponseMessage response, string name) => response.Headers.GetValues(name).Single();
}
