using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Gateway.ServiceDefaults.Tests;
using Gateway.Simulator.Control;

namespace Gateway.Simulator.Tests.Control;

/// <summary>What a client meets when a test has told the provider how to be.</summary>
public sealed class ControlTests
{
    [Fact]
    public async Task Directives_HoldForAllThatMatch_UntilTheReset()
    {
        await using var simulator = await TestSimulator.StartAsync();
        await PutAsync(simulator, """{"rules":[{"credential":"test-key","model":"gpt-4o","directives":"status=503 retry_after=7"}]}""");

        using var broken = await simulator.SendAsync(TestSimulator.Chat("x"));
        using var other = await simulator.SendAsync(TestSimulator.Chat("x", model: "gpt-4o-mini"));
        using var reset = await simulator.Http.PostAsync("/control/reset", null);
        using var after = await simulator.SendAsync(TestSimulator.Chat("x"));

        Assert.Equal([503, 200, 200], new[] { broken, other, after }.Select(response => (int)response.StatusCode));
        Assert.Equal("7", broken.Headers.RetryAfter!.ToString());
    }

    [Fact]
    public async Task Directives_OfTheRequest_WinOverTheControl()
    {
        await using var simulator = await TestSimulator.StartAsync();
        await PutAsync(simulator, """{"rules":[{"directives":"tokens=9 no_done"}]}""");

        var events = await simulator.EventsAsync(TestSimulator.Chat("[sim tokens=2]", ""","stream":true"""));

        Assert.Equal(4, events.Count);      // opening, two tokens, finish; the control's no_done still holds
        await simulator.SettledAsync(1);
        Assert.Equal("tokens=9 no_done tokens=2", simulator.Meter.Page(0, 1).Requests[0].Directives);
    }

    [Theory]
    [InlineData("""  "every":3  """, "..x..x..x..x")]
    [InlineData("""  "times":2  """, "xx..........")]
    [InlineData("""  "every":2,"times":3  """, ".x.x.x......")]
    [InlineData("""  "share":0  """, "............")]
    public async Task Rule_BreaksWhomItSays(string members, string expected)
    {
        await using var simulator = await TestSimulator.StartAsync();
        await PutAsync(simulator, $$"""{"rules":[{"directives":"status=500",{{members}}}]}""");

        var seen = new StringBuilder();
        for (var request = 0; request < expected.Length; request++)
        {
            using var response = await simulator.SendAsync(TestSimulator.Chat("x"));
            seen.Append(response.IsSuccessStatusCode ? '.' : 'x');
        }

        Assert.Equal(expected, seen.ToString());
        var report = await simulator.Http.GetFromJsonAsync<JsonElement>("/control");
        Assert.Equal((12, expected.Count(sign => sign == 'x')), (Rule(report, "matched"), Rule(report, "broken")));
    }

    [Fact]
    public void Share_IsAboutAsLargeAsSaid_AndTheSameForTheSameSeed()
    {
        static string Draw(ulong seed)
        {
            var rule = new RuleState(new ControlRule { Scripts = [Gateway.Simulator.Faults.FaultScript.None], Share = 0.3, Seed = seed }, default);
            return string.Concat(Enumerable.Range(0, 2000).Select(_ => rule.Next() is null ? '.' : 'x'));
        }

        Assert.Equal(Draw(5), Draw(5));
        Assert.NotEqual(Draw(5), Draw(6));
        Assert.InRange(Draw(5).Count(sign => sign == 'x'), 500, 700);
    }

    [Fact]
    public async Task OncePerUser_SparesWhoWasBrokenBefore()
    {
        await using var simulator = await TestSimulator.StartAsync();
        await PutAsync(simulator, """{"rules":[{"directives":"status=500","once_per_user":true}]}""");

        var seen = new StringBuilder();
        foreach (var user in "abaabc")
        {
            using var response = await simulator.SendAsync(TestSimulator.Chat("x", $",\"user\":\"{user}\""));
            seen.Append(response.IsSuccessStatusCode ? '.' : 'x');
        }

        Assert.Equal("xx...x", seen.ToString());
    }

    [Fact]
    public async Task SeveralDirectives_AreTakenInTurn()
    {
        await using var simulator = await TestSimulator.StartAsync();
        await PutAsync(simulator, """{"rules":[{"directives":["status=500","status=529","cut_after=0"]}]}""");

        using var first = await simulator.SendAsync(TestSimulator.Chat("x"));
        using var second = await simulator.SendAsync(TestSimulator.Chat("x"));
        await Assert.ThrowsAsync<HttpRequestException>(() => simulator.SendAsync(TestSimulator.Chat("x")));
        using var fourth = await simulator.SendAsync(TestSimulator.Chat("x"));

        Assert.Equal([500, 529, 500], new[] { first, second, fourth }.Select(response => (int)response.StatusCode));
    }

    [Fact]
    public async Task Rule_HoldsBetweenAfterAndFor()
    {
        var time = new ManualTime();
        await using var simulator = await TestSimulator.StartAsync(time);
        await PutAsync(simulator, """{"rules":[{"directives":"status=500","after":"10s","for":"5s"}]}""");

        var seen = new List<int>();
        foreach (var step in new[] { 0, 9, 1, 4, 1 })
        {
            time.Advance(TimeSpan.FromSeconds(step));
            using var response = await simulator.SendAsync(TestSimulator.Chat("x"));
            seen.Add((int)response.StatusCode);
        }

        Assert.Equal([200, 200, 500, 500, 200], seen);
    }

    [Fact]
    public async Task Model_Lists_MeetWhatBreaksEveryRequestOfTheirCredential()
    {
        await using var simulator = await TestSimulator.StartAsync();
        await PutAsync(simulator, """{"rules":[{"directives":"status=500","times":5},{"model":"gpt-4o","directives":"status=500"}]}""");
        using var spared = await simulator.Http.GetAsync("/v1/models");
        await PutAsync(simulator, """{"rules":[{"credential":"test-key","directives":"status=401"}]}""");
        using var refused = await simulator.Http.GetAsync("/v1/models");
        await PutAsync(simulator, """{"rules":[{"directives":"cut_after=0"}]}""");

        await Assert.ThrowsAsync<HttpRequestException>(() => simulator.Http.GetAsync("/v1/models"));

        Assert.Equal((200, 401), ((int)spared.StatusCode, (int)refused.StatusCode));
    }

    [Fact]
    public async Task Capacity_KeepsTheOthersWaiting()
    {
        await using var simulator = await TestSimulator.StartAsync();
        await PutAsync(simulator, """{"rules":[{"capacity":2}]}""");
        using var first = await simulator.SendAsync(TestSimulator.Chat("[sim stall_after=1]", ""","stream":true"""));
        using var leave = new CancellationTokenSource();
        var second = await simulator.SendAsync(TestSimulator.Chat("[sim stall_after=1]", ""","stream":true"""));
        var third = simulator.SendAsync(TestSimulator.Chat("x"));
        var fourth = simulator.SendAsync(TestSimulator.Chat("x"), cancellationToken: leave.Token);
        while (simulator.Meter.Report().Requests < 4)
        {
            await Task.Yield();
        }

        await leave.CancelAsync();      // one that waits may leave
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fourth);
        while (simulator.Meter.Report().Resets == 0)
        {
            await Task.Yield();
        }

        Assert.Equal((0, 3), (simulator.Meter.Report().Completed, simulator.Meter.Report().InFlight));
        second.Dispose();               // one that is served makes room
        using var served = await third;

        Assert.Equal(200, (int)served.StatusCode);
    }

    [Fact]
    public async Task BadDocument_Is400_AndTheOldOneStays()
    {
        await using var simulator = await TestSimulator.StartAsync();
        await PutAsync(simulator, """{"rules":[{"directives":"status=500"}]}""");

        using var refused = await simulator.Http.PutAsync("/control", new StringContent("""{"rules":[{"directives":"hang","evry":1}]}"""));
        using var response = await simulator.SendAsync(TestSimulator.Chat("x"));

        Assert.Equal(400, (int)refused.StatusCode);
        Assert.Contains("every, share", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(500, (int)response.StatusCode);
    }

    [Theory]
    [InlineData("head cut_after=0", "HTTP/1.1 200", "data:")]
    [InlineData("open cut_after=0", "\"role\":\"assistant\"", "\"delta\":{\"content\":")]
    public async Task HeadAndOpen_PutTheFaultAfterThem(string directives, string there, string notThere)
    {
        await using var simulator = await TestSimulator.StartAsync();

        var (text, reset) = await simulator.RawAsync(TestSimulator.Chat($"[sim {directives}]", ""","stream":true"""));

        Assert.True(reset);
        Assert.Contains(there, text, StringComparison.Ordinal);
        Assert.DoesNotContain(notThere, text.Replace("\"content\":\"\"", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Head_OfAWholeAnswer_ComesBeforeTheReset()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var (text, reset) = await simulator.RawAsync(TestSimulator.Chat("[sim head cut_after=0]"));

        Assert.True(reset);
        Assert.StartsWith("HTTP/1.1 200", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RetryAfter_AsADate_IsRoundedUpToTheSecond()
    {
        var time = new ManualTime();
        time.Advance(TimeSpan.FromMilliseconds(400));
        await using var simulator = await TestSimulator.StartAsync(time);

        using var response = await simulator.SendAsync(TestSimulator.Chat("[sim status=429 retry_after=date:2s]"));

        Assert.Equal("Thu, 01 Jan 1970 01:00:03 GMT", response.Headers.GetValues("retry-after").Single());
    }

    [Fact]
    public async Task Row_TellsPathInstantsAndText()
    {
        var time = new ManualTime();
        await using var simulator = await TestSimulator.StartAsync(time);
        await PutAsync(simulator, """{"keep_text":30}""");
        var whole = await simulator.JsonAsync(TestSimulator.Chat("hello"));
        var stream = simulator.EventsAsync(TestSimulator.Chat("[sim slow_headers=2s] hello", ""","stream":true"""));
        await time.Waited.Task;
        time.Advance(TimeSpan.FromSeconds(2));
        await stream;

        await simulator.SettledAsync(2);
        var rows = simulator.Meter.Page(0, 2).Requests;
        var said = whole.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!;
        Assert.Equal((said[..30], "/v1/chat/completions"), (rows[0].Text, rows[0].Path));
        Assert.Equal(30, rows[1].Text!.Length);
        Assert.Equal((3_600_000_000L, 3_602_000_000L), (rows[1].StartedUs, rows[1].EndedUs));
    }

    private static async Task PutAsync(TestSimulator simulator, string json)
    {
        using var response = await simulator.Http.PutAsync("/control", new StringContent(json));
        Assert.Equal(204, (int)response.StatusCode);
    }

    private static int Rule(JsonElement report, string member) => report.GetProperty("rules")[0].GetProperty(member).GetInt32();
}
