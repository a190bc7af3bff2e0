using System.Text.Json;
using static Gateway.Simulator.Tests.Protocols.Gemini.GeminiCalls;

namespace Gateway.Simulator.Tests.Protocols.Gemini;

/// <summary>What a client sees of each directive in this protocol.</summary>
public sealed class FaultTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public async Task CutAfter_Stream_GivesExactlySoManyTokensAndAReset(int tokens)
    {
        await using var simulator = await TestSimulator.StartAsync();

        var (text, reset) = await simulator.RawAsync(Say($"[sim tokens=9 cut_after={tokens}]"), Events());

        Assert.True(reset);
        Assert.Equal(tokens, text.Split("\"text\":").Length - 1);
        Assert.Equal((1, tokens), ((await simulator.SettledAsync(1)).Cut, simulator.Meter.Report().TokensWritten));
    }

    [Fact]
    public async Task EndAfter_Stream_EndsWithoutFinish()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var chunks = await simulator.ChunksAsync(Say("[sim end_after=2]"));
        var array = await simulator.TextAsync(Say("[sim end_after=2]"), Path(method: "streamGenerateContent"));

        Assert.Equal([null, null], chunks.Select(chunk => chunk.Finish()));
        Assert.DoesNotContain("]", array[^3..]);
        Assert.Equal(2, (await simulator.SettledAsync(2)).Ended);
    }

    [Fact]
    public async Task ErrorAfter_Stream_HasAnErrorInA200()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var chunks = await simulator.ChunksAsync(Say("[sim error_after=1]"));
        var array = JsonElement.Parse(await simulator.TextAsync(Say("[sim error_after=1]"), Path(method: "streamGenerateContent")));

        Assert.Equal(("INTERNAL", 500), (Status(chunks[^1]), chunks[^1].GetProperty("error").GetProperty("code").GetInt32()));
        Assert.Equal("INTERNAL", Status(array[1]));
    }

    [Fact]
    public async Task NoDoneNoUsageGarbage_Stream_AreAsAsked()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var events = TestSimulator.Events(await simulator.TextAsync(Say("[sim tokens=2 no_done no_usage garbage=1]"), Events()));
        var array = await simulator.TextAsync(Say("[sim tokens=2 no_done]"), Path(method: "streamGenerateContent"));

        Assert.Equal(4, events.Count);      // token, garbage, token, a last chunk without a finish
        Assert.ThrowsAny<JsonException>(() => JsonElement.Parse(events[1]));
        Assert.Null(JsonElement.Parse(events[3]).Finish());
        Assert.False(JsonElement.Parse(events[3]).TryGetProperty("usageMetadata", out _));
        Assert.EndsWith("}\n", array);
        Assert.DoesNotContain("finishReason", array);
    }

    [Theory]
    [InlineData("chunk=1")]
    [InlineData("chunk=random")]
    [InlineData("crlf")]
    public async Task Framing_OfOtherShape_SaysTheSame(string directive)
    {
        await using var simulator = await TestSimulator.StartAsync();

        var array = JsonElement.Parse(await simulator.TextAsync(Say($"[sim tokens=9 {directive}]"), Path(method: "streamGenerateContent")));
        var chunks = await simulator.ChunksAsync(Say($"[sim tokens=9 {directive}]"));

        Assert.Equal((10, 10), (array.GetArrayLength(), chunks.Count));
        Assert.Equal(18, (await simulator.SettledAsync(2)).TokensWritten);
    }

    [Theory]
    [InlineData("status=429 retry_after=2", 429, "RESOURCE_EXHAUSTED", "2s")]
    [InlineData("status=429 retry_after_ms=1500", 429, "RESOURCE_EXHAUSTED", "1.5s")]
    [InlineData("status=503", 503, "UNAVAILABLE", null)]
    [InlineData("status=500", 500, "INTERNAL", null)]
    [InlineData("status=400 code=FAILED_PRECONDITION", 400, "FAILED_PRECONDITION", null)]
    public async Task Status_IsAnsweredInGooglesShape(string directives, int status, string name, string? delay)
    {
        await using var simulator = await TestSimulator.StartAsync();

        using var response = await simulator.SendAsync(Say($"[sim {directives}]"), Path());

        var error = JsonElement.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal((status, name), ((int)response.StatusCode, Status(error)));
        Assert.Null(response.Headers.RetryAfter);
        var details = error.GetProperty("error").TryGetProperty("details", out var list) ? list.EnumerateArray().ToList() : [];
        Assert.Equal(delay, details.Where(detail => detail.GetProperty("@type").GetString() == "type.googleapis.com/google.rpc.RetryInfo")
            .Select(detail => detail.GetProperty("retryDelay").GetString()).SingleOrDefault());
    }

    [Fact]
    public async Task Quota_OfTheDay_IsNamed()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var text = await simulator.TextAsync(Say("[sim status=429 code=insufficient_quota]"), Path());

        Assert.Contains("PerDay", text);
        Assert.Equal("RESOURCE_EXHAUSTED", Status(JsonElement.Parse(text)));
    }

    [Fact]
    public async Task Error_OfAStreamWithoutEvents_IsInAnArray()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var array = JsonElement.Parse(await simulator.TextAsync(Say("[sim status=503]"), Path(method: "streamGenerateContent")));
        var events = JsonElement.Parse(await simulator.TextAsync(Say("[sim status=503]"), Events()));

        Assert.Equal("UNAVAILABLE", Status(array[0]));
        Assert.Equal("UNAVAILABLE", Status(events));
    }

    [Fact]
    public async Task Directives_InTheModelName_AndEcho_Work()
    {
        await using var simulator = await TestSimulator.StartAsync();

        Assert.Equal("hi you", new[] { await simulator.JsonAsync(Say("hi you"), Path("gemini-2.5-flash+echo")) }.Said());
        Assert.Contains("There is no directive", await simulator.TextAsync(Say("[sim nonsense]"), Path()));
    }

    private static string Status(JsonElement answer) => answer.GetProperty("error").GetProperty("status").GetString()!;
}
