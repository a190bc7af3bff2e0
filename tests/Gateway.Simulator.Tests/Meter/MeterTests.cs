using System.Text.Json;
using Gateway.Simulator.Meter;

namespace Gateway.Simulator.Tests.Meter;

public sealed class MeterTests
{
    [Fact]
    public async Task Meter_CountsWhatTheClientGot()
    {
        await using var simulator = await TestSimulator.StartAsync();
        var whole = await simulator.JsonAsync(TestSimulator.Chat("hello there", ""","user":"u1" """));
        var usage = whole.GetProperty("usage");
        await simulator.EventsAsync(TestSimulator.Chat("[sim tokens=5]", ""","stream":true""", model: "other"));
        await simulator.SettledAsync(2);

        var report = JsonElement.Parse(await simulator.Http.GetStringAsync("/meter"));
        Assert.Equal((2, 2, 0), (report.GetProperty("requests").GetInt32(), report.GetProperty("completed").GetInt32(), report.GetProperty("in_flight").GetInt32()));
        Assert.Equal(usage.GetProperty("completion_tokens").GetInt32() + 5, report.GetProperty("tokens_written").GetInt32());
        Assert.Equal(5, report.GetProperty("by_model").GetProperty("other").GetProperty("tokens_generated").GetInt32());

        // echo -n test-key | sha256sum
        Assert.Equal("62af8704764f", report.GetProperty("credentials")[0].GetProperty("fingerprint").GetString());

        var rows = JsonElement.Parse(await simulator.Http.GetStringAsync("/meter/requests?since=0")).GetProperty("requests");
        Assert.Equal(2, rows.GetArrayLength());
        Assert.Equal(whole.GetProperty("id").GetString(), rows[0].GetProperty("id").GetString());
        Assert.Equal(usage.GetProperty("prompt_tokens").GetInt32(), rows[0].GetProperty("prompt_tokens").GetInt32());
        Assert.Equal("u1", rows[0].GetProperty("user").GetString());
        Assert.Equal("completed", rows[0].GetProperty("ending").GetString());
        Assert.True(rows[1].GetProperty("stream").GetBoolean());
    }

    [Fact]
    public async Task Reset_StartsFromZero()
    {
        await using var simulator = await TestSimulator.StartAsync();
        await simulator.JsonAsync(TestSimulator.Chat("x"));
        await simulator.SettledAsync(1);

        using var response = await simulator.Http.PostAsync("/meter/reset", null);

        Assert.Equal(204, (int)response.StatusCode);
        Assert.Equal(0, simulator.Meter.Report().Requests);
        Assert.Empty(simulator.Meter.Page(0, 10).Requests);
    }

    [Fact]
    public async Task Refusal_CountsAsAnError()
    {
        await using var simulator = await TestSimulator.StartAsync();
        await simulator.JsonAsync("{");

        var report = await simulator.SettledAsync(1);

        Assert.Equal((1, 0), (report.Errors, report.Completed));
    }

    [Fact]
    public void Pages_FollowEachOtherWithoutGapOrRepeat()
    {
        var meter = new ProviderMeter();
        Run(meter, 25);
        var seen = new List<long>();
        for (var since = 0L; ;)
        {
            var page = meter.Page(since, 10);
            if (page.Requests.Count == 0)
            {
                break;
            }

            seen.AddRange(page.Requests.Select(row => row.Seq));
            since = page.Next;
        }

        Assert.Equal(Enumerable.Range(1, 25).Select(seq => (long)seq), seen);
    }

    [Fact]
    public void Rows_OverTheCapacity_LoseTheOldestAndSaySo()
    {
        var meter = new ProviderMeter();
        Run(meter, ProviderMeter.RowCapacity + 5);

        var page = meter.Page(0, 2);

        Assert.Equal(6, page.Oldest);
        Assert.Equal([6L, 7L], page.Requests.Select(row => row.Seq));
    }

    [Fact]
    public void End_Twice_CountsOnce()
    {
        var meter = new ProviderMeter();
        var request = meter.Begin("");
        request.End(Ending.Completed);
        request.End(Ending.Error);

        Assert.Equal((1, 0, 0), (meter.Report().Completed, meter.Report().Errors, meter.Report().InFlight));
    }

    [Fact]
    public async Task Meter_ManyAtOnce_LosesNothing()
    {
        var meter = new ProviderMeter();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Run(meter, 2_000))));

        Assert.Equal((16_000, 16_000), (meter.Report().Completed, meter.Report().TokensWritten));
        Assert.Equal(16_000, meter.Page(0, 20_000).Requests.Select(row => row.Id).Distinct().Count());
    }

    private static void Run(ProviderMeter meter, int requests)
    {
        for (var count = 0; count < requests; count++)
        {
            var request = meter.Begin("k");
            request.Asked("m");
            request.Written(1);
            request.End(Ending.Completed);
        }
    }
}
