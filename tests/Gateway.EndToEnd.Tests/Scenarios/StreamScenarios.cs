using System.Text.Json;
using Gateway.Rig.History;
using Xunit.Abstractions;

namespace Gateway.EndToEnd.Tests.Scenarios;

/// <summary>Streams and what can happen to them: upstreams that break before and after the first content, clients that leave, odd framing.</summary>
[Collection(ScenarioRig.Name)]
public sealed class StreamScenarios(ScenarioRig rig, ITestOutputHelper output)
{
    /// <summary>Everything that can go wrong before a client has seen anything.</summary>
    private static readonly string[] BeforeContent =
    [
        "status=500", "status=503", "status=529", "status=502", "cut_after=0", "head cut_after=0", "open cut_after=0", "garbage", "hang",
        "error_after=0", "open error_after=0", "end_after=0", "open end_after=0", "head stall_after=0",
    ];

    /// <summary>And after it has.</summary>
    private static readonly string[] AfterContent = ["cut_after=3", "error_after=3", "end_after=3", "stall_after=3"];

    [Fact]
    public async Task Faults_300BeforeContentAreInvisible_300AfterAreOneErrorEventEach()
    {
        const int Requests = 4000;
        await using var run = new ScenarioRun(rig, "faults", output);
        var rule = Rule("faults", BeforeContent, times: 175);
        await run.ControlAsync(rule, rule);

        var seen = await run.SendAsync(Requests, 24, index => run.Request("faults", index % 12 == 5 ? $"tokens=12 {AfterContent[index / 12 % AfterContent.Length]}" : "tokens=12"));

        var broken = seen.Where((_, index) => index % 12 == 5).ToList();
        await run.AssertAllGoodAsync(seen.Except(broken));
        await run.AssertAllAsync(broken, one => one is { Status: 200, Errors: 1, Terminals: 0, Text.Length: > 0 });
        var history = await run.CheckAsync();
        var good = seen.Except(broken).Select(one => one.Tag).ToHashSet(StringComparer.Ordinal);
        var before = history.Meter.Count(row => good.Contains(row.User) && row.Directives != "tokens=12");
        run.Say($"{before} faults before content, {broken.Count} after");
        Assert.True(before >= 300 && broken.Count >= 300);
    }

    [Fact]
    public async Task PlainAnswers_BrokenOnTheWay_AreAskedForAgain()
    {
        await using var run = new ScenarioRun(rig, "plain", output);
        var rule = Rule("plain-faults", [.. BeforeContent.Where(kind => kind is not ("hang" or "head stall_after=0")), "cut_after=3", "end_after=3"], times: 40);
        await run.ControlAsync(rule, rule);

        var seen = await run.SendAsync(900, 24, _ => run.Request("plain-faults", "tokens=12") with { Stream = false });

        await run.AssertAllGoodAsync(seen);
        await run.CheckAsync();
    }

    [Fact]
    public async Task TranslatedStreams_MeetTheSameFaultsTheSameWay()
    {
        await using var run = new ScenarioRun(rig, "translated", output);
        var rule = Rule("translated", BeforeContent, times: 30);
        await run.ControlAsync(rule, rule);

        var seen = await run.SendAsync(600, 24, index => run.Request("translated", index % 12 == 5 ? $"tokens=12 {AfterContent[index / 12 % AfterContent.Length]}" : "tokens=12") with
        {
            Protocol = ClientProtocol.Anthropic,
        });

        var broken = seen.Where((_, index) => index % 12 == 5).ToList();
        await run.AssertAllGoodAsync(seen.Except(broken));
        await run.AssertAllAsync(broken, one => one is { Status: 200, Errors: 1, Terminals: 0, Text.Length: > 0 });
        await run.CheckAsync();
    }

    [Fact]
    public async Task Clients_GoneBeforeDuringAndAfter_AreCountedOnceAndHurtNobody()
    {
        await using var run = new ScenarioRun(rig, "gone", output);
        await run.ControlAsync("", "");

        var seen = await run.SendAsync(360, 24, index => (index % 4) switch
        {
            0 => run.Request("gone", "tokens=12 slow_headers=300ms") with { LeaveAfter = 0 },
            1 => run.Request("gone", "tokens=400 gap=5ms") with { LeaveAfter = 3 },
            2 => run.Request("gone", "tokens=12 slow_headers=300ms") with { LeaveAfter = 0, Stream = false },
            _ => run.Request("gone", "tokens=12"),
        });

        await run.AssertAllGoodAsync(seen.Where((_, index) => index % 4 == 3));
        await run.AssertAllAsync(seen.Where((_, index) => index % 4 == 1), one => one is { Left: true, Text.Length: > 0 });
        var history = await run.CheckAsync();
        Assert.All(history.Meter.GroupBy(row => row.User), calls => Assert.Single(calls));
        var left = history.Meter.Count(row => row.Ending == "client_gone");
        run.Say($"{left} upstream calls were given up");
        // Whoever left in the middle is seen to; whoever left at once may have been quicker than the call.
        Assert.InRange(left, 90, 270);
    }

    [Theory]
    [InlineData("tokens=40 chunk=1")]
    [InlineData("tokens=40 chunk=random")]
    [InlineData("tokens=40 chunk=random crlf")]
    [InlineData("tokens=40 chunk=7 crlf gap=1ms")]
    [InlineData("tokens=5 pad=70000")]
    [InlineData("tokens=3 pad=1000000 chunk=50000")]
    public async Task Framing_OfAnyShape_SaysTheSame(string directives)
    {
        await using var run = new ScenarioRun(rig, $"shape-{directives.Replace(' ', '-').Replace('=', '-')}", output);
        await run.ControlAsync("", "");

        var seen = await run.SendAsync(12, 4, index => run.Request("slow-readers", directives) with { Protocol = index % 3 == 2 ? ClientProtocol.Anthropic : ClientProtocol.OpenAI });

        await run.AssertAllGoodAsync(seen);
        await run.CheckAsync();
    }

    [Fact]
    public async Task Line_ThatIsLongerThanAnybodyMayHold_IsOneError()
    {
        await using var run = new ScenarioRun(rig, "giant", output);
        await run.ControlAsync("", "");

        // The second line is within the limits, the fault comes with content already out.
        var seen = await run.SendAsync(run.Request("slow-readers", "tokens=3 pad=20000000"));

        Assert.True(seen is { Errors: 1, Terminals: 0, BadFrames: 0 }, ScenarioRun.Describe(seen));
    }

    [Fact]
    public async Task SlowReaders_HoldTheirUpstreamsBack()
    {
        const int Tokens = 100_000;
        await using var run = new ScenarioRun(rig, "slow-readers", output);
        await run.ControlAsync("", "");

        // 100,000 tokens are about 20 MB on the wire. A client that reads 4 KiB each 20 ms and leaves after 300 pieces has asked for little of it.
        var seen = await run.SendAsync(4, 4, _ => run.Request("slow-readers", $"tokens={Tokens}") with { ReadPause = TimeSpan.FromMilliseconds(20), LeaveAfter = 300 });

        await run.AssertAllAsync(seen, one => one is { Left: true, Text.Length: > 0 });
        var history = await run.CheckAsync();
        run.Say($"at most {history.Meter.Max(row => row.TokensWritten)} of {Tokens} tokens had left the provider");
        Assert.All(history.Meter, row => Assert.True(row.Ending == "client_gone" && row.TokensWritten < Tokens * 9 / 10, $"{row.Ending} after {row.TokensWritten} tokens"));
    }

    private static string Rule(string model, string[] directives, int times) =>
        $$"""{"model":"{{model}}","every":12,"times":{{times}},"directives":{{JsonSerializer.Serialize(directives)}}}""";
}
