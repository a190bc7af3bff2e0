using System.Text.Json;
using static Gateway.Simulator.Tests.Protocols.Ollama.OllamaCalls;

namespace Gateway.Simulator.Tests.Protocols.Ollama;

/// <summary>What a client sees of each directive in this protocol.</summary>
public sealed class FaultTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public async Task CutAfter_GivesExactlySoManyTokensAndAReset(int tokens)
    {
        await using var simulator = await TestSimulator.StartAsync();

        var (text, reset) = await simulator.RawAsync(Say($"[sim tokens=9 cut_after={tokens}]"), Chat);

        Assert.True(reset);
        Assert.Equal(tokens, text.Split("\"done\":false").Length - 1);
        Assert.Equal((1, tokens), ((await simulator.SettledAsync(1)).Cut, simulator.Meter.Report().TokensWritten));
    }

    [Fact]
    public async Task EndAfter_HasNoLastLine()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var lines = await simulator.LinesAsync(Say("[sim end_after=2]"));

        Assert.Equal([false, false], lines.Select(line => line.Done()));
        Assert.Equal(1, (await simulator.SettledAsync(1)).Ended);
    }

    [Fact]
    public async Task ErrorAfter_IsALineInA200()
    {
        await using var simulator = await TestSimulator.StartAsync();

        using var response = await simulator.SendAsync(Say("[sim error_after=1]"), Chat);
        var lines = (await response.Content.ReadAsStringAsync()).Split('\n');

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal("""{"error":"an error was encountered while running the model: unexpected EOF"}""", lines[1]);
        Assert.Equal(["", 3], new object[] { lines[2], lines.Length });
        Assert.Equal(1, (await simulator.SettledAsync(1)).Errors);
    }

    [Fact]
    public async Task NoDoneNoUsageGarbage_AreAsAsked()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var lines = (await simulator.TextAsync(Say("[sim tokens=2 no_done garbage=1]"))).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var bare = (await simulator.LinesAsync(Say("[sim tokens=2 no_usage]")))[^1];

        Assert.Equal(3, lines.Length);      // token, garbage, token
        Assert.ThrowsAny<JsonException>(() => JsonElement.Parse(lines[1]));
        Assert.DoesNotContain("\"done\":true", string.Concat(lines));
        Assert.True(bare.Done());
        Assert.False(bare.TryGetProperty("eval_count", out _));
    }

    [Fact]
    public async Task NoDone_AfterACall_KeepsTheCall()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var lines = await simulator.LinesAsync(Say("call f", Tools, model: "llama3.2+no_done"));

        Assert.True(Assert.Single(lines).GetProperty("message").TryGetProperty("tool_calls", out _));
    }

    [Theory]
    [InlineData("chunk=1", "\n")]
    [InlineData("chunk=random", "\n")]
    [InlineData("crlf", "\r\n")]
    public async Task Framing_OfOtherShape_SaysTheSame(string directive, string lineEnd)
    {
        await using var simulator = await TestSimulator.StartAsync();

        var text = await simulator.TextAsync(Say($"[sim tokens=9 {directive}]"));

        Assert.Equal(10, text.Split(lineEnd, StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line)).Count());
        Assert.Equal(lineEnd == "\r\n", text.EndsWith("\r\n", StringComparison.Ordinal));
        Assert.Equal(9, (await simulator.SettledAsync(1)).TokensWritten);
    }

    [Theory]
    [InlineData("status=429 retry_after=2", 429, "too many concurrent requests", "2")]
    [InlineData("status=503", 503, "server busy, please try again.  maximum pending requests exceeded", null)]
    public async Task Status_IsAnsweredInOllamasShape(string directives, int status, string message, string? retryAfter)
    {
        await using var simulator = await TestSimulator.StartAsync();

        using var response = await simulator.SendAsync(Say($"[sim {directives}]"), Chat);

        Assert.Equal((status, retryAfter), ((int)response.StatusCode, response.Headers.RetryAfter?.ToString()));
        Assert.Equal(message, JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("error").GetString());
    }

    [Fact]
    public async Task Echo_SaysWhatArrived()
    {
        await using var simulator = await TestSimulator.StartAsync();

        Assert.Equal("[sim echo] ab 🙂", (await simulator.LinesAsync(Say("[sim echo] ab 🙂"))).Said());
        Assert.Equal("[sim echo] ab 🙂", (await simulator.LinesAsync(Prompt("[sim echo] ab 🙂"), Generate)).Said("response"));
    }
}
