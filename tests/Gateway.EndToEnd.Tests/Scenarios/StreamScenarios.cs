using System.Text.Json;
using Gateway.Rig.History;
using Xunit.Abstractions;

namespace Gateway.EndToEnd.Tests.Scenarios;

/// <summary>Streams and what can happen to them: upstreams that break before and after the first content, clients that leave, odd framing.</summary>
[Collection(ScenarioRig.Name)]
public sealed class StreamScenarios(ScenarioRig rig, ITestOutputHelper output)
{
    private const string Short = "tokens=12";

    /// <summary>Everything that can go wrong before a client has seen anything.</summary>
    private static readonly string[] BeforeContent =
    [
        "status=500", "status=503", "status=529", "status=502", "cut_after=0", "head cut_after=0", "open cut_after=0", "garbage", "hang",
        "error_after=0", "open error_after=0", "end_after=0", "open end_after=0", "head stall_after=0",
    ];

    /// <summary>And after it has.</summary>
    private static readonly string[] AfterContent = ["cut_after=3", "error_after=3", "end_after=3", "stall_after=3"];

    [Fact]
    public async Task Faults_300BeforeTheFirstContent_AreNoClientErrors()
    {
        await using var run = new ScenarioRun(rig, "before", output);
        await run.ControlAsync(Rule("before", times: 155), Rule("before", times: 155));

        var seen = await run.SendAsync(3600, 24, _ => run.Request("before", Short));

        await run.AssertAllGoodAsync(seen);
        var history = await run.CheckAsync();
        var faults = history.Meter.Count(row => row.Directives != Short);
        run.Say($"{faults} faults before content, {history.Meter.Count - seen.Count} calls more than requests");
        Assert.True(faults >= 300, $"Only {faults} faults.");
    }

    [Fact]
    public async Task Faults_300AfterTheFirstContent_AreOneErrorEventEach()
    {
        await using var run = new ScenarioRun(rig, "after", output);
        await run.ControlAsync("", "");

        var seen = await run.SendAsync(3900, 24, index => Faulty(run, "after", index));

        var broken = seen.Where((_, index) => IsFaulty(index)).ToList();
        await run.AssertAllGoodAsync(seen.Where((_, index) => !IsFaulty(index)));
        await AssertOneErrorEachAsync(run, broken);
        await run.CheckAsync();
        var faults = broken.Count(one => one.Text.Length > 0);
        run.Say($"{faults} faults after content");
        Assert.True(faults >= 300, $"Only {faults} faults after content.");
    }

    [Fact]
    public async Task PlainAnswers_BrokenOnTheWay_AreAskedForAgain()
    {
        await using var run = new ScenarioRun(rig, "plain", output);
        // Without those that never answer: a plain answer has the time of the whole request.
        string[] kinds = [.. BeforeContent.Where(kind => kind is not ("hang" or "head stall_after=0")), "cut_after=3", "end_after=3"];
        await run.ControlAsync(Rule("plain-faults", times: 35, kinds), Rule("plain-faults", times: 35, kinds));

        var seen = await run.SendAsync(900, 24, _ => run.Request("plain-faults", "tokens=12") with { Stream = false });

        await run.AssertAllGoodAsync(seen);
        await run.CheckAsync();
    }

    [Fact]
    public async Task TranslatedStreams_MeetTheSameFaultsTheSameWay()
    {
        await using var run = new ScenarioRun(rig, "translated", output);
        await run.ControlAsync(Rule("translated", times: 25), Rule("translated", times: 25));

        var seen = await run.SendAsync(500, 24, index => Faulty(run, "translated", index) with { Protocol = ClientProtocol.Anthropic });

        await run.AssertAllGoodAsync(seen.Where((_, index) => !IsFaulty(index)));
        await AssertOneErrorEachAsync(run, [.. seen.Where((_, index) => IsFaulty(index))]);
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
        const int Tokens = 20_000;
        await using var run = new ScenarioRun(rig, "slow-readers", output);
        await run.ControlAsync("", "");

        // 80 MB on the wire, more than all the buffers of all the sockets on the way can hold. The client has read 400 KB of it when it leaves.
        var seen = await run.SendAsync(4, 4, _ => run.Request("slow-readers", $"tokens={Tokens} pad=4000") with { ReadPause = TimeSpan.FromMilliseconds(10), LeaveAfter = 100 });

        await run.AssertAllAsync(seen, one => one is { Left: true, Text.Length: > 0 });
        var history = await run.CheckAsync();
        run.Say($"at most {history.Meter.Max(row => row.TokensWritten)} of {Tokens} tokens had left the provider");
        Assert.All(history.Meter, row => Assert.True(row.Ending == "client_gone" && row.TokensWritten < Tokens * 9 / 10, $"{row.Ending} after {row.TokensWritten} tokens"));
    }

    /// <summary>
    /// Each twelfth call of the model fails, less than the budget of extra calls earns; and no request twice at the same host, since what fails three times
    /// in a row may be seen.
    /// </summary>
    private static string Rule(string model, int times, string[]? kinds = null) =>
        $$"""{"model":"{{model}}","every":12,"times":{{times}},"once_per_user":true,"directives":{{JsonSerializer.Serialize(kinds ?? BeforeContent)}}}""";

    private static bool IsFaulty(int index) => index % 12 == 5;

    private static ScenarioRequest Faulty(ScenarioRun run, string model, int index) =>
        run.Request(model, IsFaulty(index) ? $"{Short} gap=5ms {AfterContent[index / 12 % AfterContent.Length]}" : Short);

    /// <summary>
    /// Never a good end, always exactly one error. Where content and fault reach the Router in one piece nobody has seen anything, and it may ask again: all but a
    /// few show content, and behind it the event.
    /// </summary>
    private static async Task AssertOneErrorEachAsync(ScenarioRun run, List<ClientObservation> broken)
    {
        await run.AssertAllAsync(broken, one => one is { Errors: 1, Terminals: 0 } && (one.Status == 200) == (one.Text.Length > 0));
        Assert.True(broken.Count(one => one.Text.Length > 0) > broken.Count * 8 / 10, "Most faults have to come after content.");
    }
}
