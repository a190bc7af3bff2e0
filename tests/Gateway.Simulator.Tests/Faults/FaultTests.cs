using System.Text.Json;
using Gateway.ServiceDefaults.Tests;

namespace Gateway.Simulator.Tests.Faults;

/// <summary>What a client sees of each directive.</summary>
public sealed class FaultTests
{
    private const string Stream = ""","stream":true""";

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(10)]
    public async Task CutAfter_Stream_GivesExactlySoManyTokensAndAReset(int tokens)
    {
        await using var simulator = await TestSimulator.StartAsync();

        var (text, reset) = await simulator.RawAsync(TestSimulator.Chat($"[sim tokens=20 cut_after={tokens}]", Stream));

        Assert.True(reset);
        Assert.Equal(tokens, Tokens(text));
        Assert.Equal(tokens > 0, text.StartsWith("HTTP/1.1 200", StringComparison.Ordinal));
        var report = await simulator.SettledAsync(1);
        Assert.Equal((1, tokens, tokens), (report.Cut, report.TokensGenerated, report.TokensWritten));
    }

    [Fact]
    public async Task CutAfter_EveryToken_CutsBeforeTheFinish()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var (text, reset) = await simulator.RawAsync(TestSimulator.Chat("[sim tokens=3 cut_after=3]", Stream));

        Assert.True(reset);
        Assert.Equal(3, Tokens(text));
        Assert.DoesNotContain("\"finish_reason\":\"", text);
    }

    [Fact]
    public async Task EndAfter_Stream_EndsCleanlyWithoutFinish()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var (text, reset) = await simulator.RawAsync(TestSimulator.Chat("[sim end_after=4]", Stream));

        Assert.False(reset);
        Assert.Equal(4, Tokens(text));
        Assert.EndsWith("\r\n0\r\n\r\n", text);
        Assert.DoesNotContain("\"finish_reason\":\"", text);
        Assert.DoesNotContain("[DONE]", text);
        Assert.Equal(1, (await simulator.SettledAsync(1)).Ended);
    }

    [Fact]
    public async Task ErrorAfter_Stream_SendsAnErrorEventInA200()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var events = await simulator.EventsAsync(TestSimulator.Chat("[sim error_after=2]", Stream));

        Assert.Equal(4, events.Count);
        Assert.Equal("server_error", JsonElement.Parse(events[^1]).GetProperty("error").GetProperty("type").GetString());
        Assert.Equal(1, (await simulator.SettledAsync(1)).Errors);
    }

    [Fact]
    public async Task StallAfter_ClientLeaves_MeterCountsAReset()
    {
        await using var simulator = await TestSimulator.StartAsync();
        using (var response = await simulator.SendAsync(TestSimulator.Chat("[sim stall_after=2]", Stream)))
        {
            await using var body = await response.Content.ReadAsStreamAsync();
            using var lines = new StreamReader(body);
            for (var seen = 0; seen < 2;)
            {
                seen += (await lines.ReadLineAsync())!.Contains("\"delta\":{\"content\":", StringComparison.Ordinal) ? 1 : 0;
            }

            Assert.Equal(1, simulator.Meter.Report().InFlight);
        }

        var report = await simulator.SettledAsync(1);
        Assert.Equal((1, 0, 2, 2), (report.Resets, report.Completed, report.TokensGenerated, report.TokensWritten));
    }

    [Fact]
    public async Task Hang_NoHeadEverComes()
    {
        await using var simulator = await TestSimulator.StartAsync();
        using var leave = new CancellationTokenSource();
        var answer = simulator.SendAsync(TestSimulator.Chat("[sim hang]"), cancellationToken: leave.Token);
        while (simulator.Meter.Report().InFlight == 0)
        {
            await Task.Yield();
        }

        await leave.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);
        Assert.Equal(1, (await simulator.SettledAsync(1)).Resets);
    }

    [Theory]
    [InlineData("[sim ttft=200ms tokens=1]", 200)]
    [InlineData("[sim slow_headers=1s tokens=1]", 1000)]
    public async Task Delay_Passes_OnTheClockOfTheSimulator(string text, int milliseconds)
    {
        var time = new ManualTime();
        await using var simulator = await TestSimulator.StartAsync(time);
        var events = simulator.EventsAsync(TestSimulator.Chat(text, Stream));
        await time.Waited.Task;

        time.Advance(TimeSpan.FromMilliseconds(milliseconds - 1));
        Assert.Equal(0, simulator.Meter.Report().TokensWritten);
        time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal("[DONE]", (await events)[^1]);
    }

    [Fact]
    public async Task Ttft_HeadComesBeforeTheWait()
    {
        var time = new ManualTime();
        await using var simulator = await TestSimulator.StartAsync(time);

        using var response = await simulator.SendAsync(TestSimulator.Chat("[sim ttft=1m tokens=1]", Stream));

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal(0, simulator.Meter.Report().TokensWritten);
    }

    [Fact]
    public async Task NoDoneNoUsageGarbage_Stream_AreAsAsked()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var events = await simulator.EventsAsync(TestSimulator.Chat("[sim tokens=2 no_done no_usage garbage=1]", Stream + ""","stream_options":{"include_usage":true}"""));

        Assert.Equal(5, events.Count);      // opening, token, garbage, token, finish
        Assert.ThrowsAny<JsonException>(() => JsonElement.Parse(events[2]));
        Assert.Equal("stop", JsonElement.Parse(events[4]).GetProperty("choices")[0].GetProperty("finish_reason").GetString());
    }

    [Theory]
    [InlineData("[sim tokens=9 chunk=1]")]
    [InlineData("[sim tokens=9 chunk=random]")]
    [InlineData("[sim tokens=9 crlf]")]
    [InlineData("[sim tokens=9 gap=0ms]")]
    public async Task Framing_OfOtherShape_SaysTheSame(string text)
    {
        await using var simulator = await TestSimulator.StartAsync();

        var (raw, _) = await simulator.RawAsync(TestSimulator.Chat(text, Stream));

        Assert.Equal(9, (await simulator.SettledAsync(1)).TokensWritten);
        Assert.Equal(text.Contains("crlf", StringComparison.Ordinal), raw.Contains("[DONE]\r\n\r\n", StringComparison.Ordinal) && !raw.Contains("[DONE]\n\n", StringComparison.Ordinal));
        Assert.Equal(text.Contains("chunk=1", StringComparison.Ordinal), raw.Contains("\r\n\r\n1\r\nd\r\n1\r\na\r\n", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Pad_MakesGiantLinesThatSayTheSame()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var plain = await simulator.EventsAsync(TestSimulator.Chat("[sim tokens=3 seed=1]", Stream));
        var padded = await simulator.EventsAsync(TestSimulator.Chat("[sim tokens=3 pad=50000]", Stream));

        Assert.Equal([false, true, true, true, false, false], padded.Select(data => data.Length > 50_000));
        Assert.Equal(plain.Count, padded.Count);
        Assert.True(JsonElement.Parse(padded[1]).GetProperty("choices")[0].GetProperty("delta").GetProperty("content").GetString()!.Length > 0);
    }

    [Theory]
    [InlineData("status=429 retry_after=2 retry_after_ms=1500", 429, "requests", "rate_limit_exceeded", "2", "1500")]
    [InlineData("status=429 code=insufficient_quota", 429, "insufficient_quota", "insufficient_quota", null, null)]
    [InlineData("status=503", 503, "server_error", "overloaded", null, null)]
    [InlineData("status=401", 401, "invalid_request_error", "invalid_api_key", null, null)]
    public async Task Status_IsAnsweredInTheProvidersShape(string directives, int status, string type, string code, string? retryAfter, string? milliseconds)
    {
        await using var simulator = await TestSimulator.StartAsync();

        using var response = await simulator.SendAsync(TestSimulator.Chat($"[sim {directives}]"));

        var error = JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("error");
        Assert.Equal((status, type, code), ((int)response.StatusCode, error.GetProperty("type").GetString(), error.GetProperty("code").GetString()));
        Assert.Equal(retryAfter, response.Headers.RetryAfter?.ToString());
        Assert.Equal(milliseconds, response.Headers.TryGetValues("retry-after-ms", out var values) ? values.Single() : null);
    }

    [Theory]
    [InlineData("cut_after=2", true, 0.5)]
    [InlineData("cut_after=0", true, 0)]
    [InlineData("end_after=2", false, 0.5)]
    [InlineData("cut_after=999", false, 1)]
    public async Task WholeAnswer_BrokenInTheMiddle(string directive, bool reset, double share)
    {
        await using var simulator = await TestSimulator.StartAsync();

        var (text, wasReset) = await simulator.RawAsync(TestSimulator.Chat($"[sim tokens=20 {directive}]"));

        Assert.Equal(reset, wasReset);
        Assert.Equal(share == 1, text.Contains("\"system_fingerprint\"", StringComparison.Ordinal));
        Assert.Equal(share > 0, text.Contains("\"choices\"", StringComparison.Ordinal));
        Assert.Equal(share == 1 ? 20 : 0, (await simulator.SettledAsync(1)).TokensWritten);
    }

    [Fact]
    public async Task Echo_SaysWhatArrived()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var answer = await simulator.JsonAsync(TestSimulator.Chat("[sim echo] ab \\u0041 🙂"));

        Assert.Equal("[sim echo] ab A 🙂", answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
    }

    private static int Tokens(string raw) => raw.Split("\"delta\":{\"content\":").Length - 1;
}
