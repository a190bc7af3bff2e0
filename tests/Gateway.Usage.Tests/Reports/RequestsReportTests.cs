using System.Text.Json;

namespace Gateway.Usage.Tests.Reports;

public sealed class RequestsReportTests
{
    [Fact]
    public async Task Requests_OneRow_HasExactlyTheAgreedMembers()
    {
        await using var usage = await UsageHost.StartAsync();
        var id = Guid.NewGuid();
        await usage.PostAsync(new FakeJournal().Add(FakeJournal.Final(id)).All());

        var (_, report) = await usage.GetAsync("/admin/v1/requests");

        Assert.Equal(
            $$"""
            {"requests":[{"id":"{{id}}","time":"2026-03-10T12:00:00.000Z","key":"demo","team":"research","user":"ada","organisation":"","owner":"","operation":"chat_completions","model":"gpt-4o",
            "answered_model":"gpt-4o","deployment":"openai/gpt-4o","status":200,"ending":"completed","stream":false,"input_tokens":100,"cached_tokens":10,
            "cache_write_tokens":0,"cache_write_1h_tokens":0,"output_tokens":40,"reasoning_tokens":5,"audio_input_tokens":0,"audio_output_tokens":0,"cost_nano_usd":510000,"cost_usd":"0.00051","estimated":false,
            "incomplete":false,"unpriced":false,"price_version":"","service_tier":"","tags":[],"duration_ms":250,"ttft_ms":-1,"attempt_count":1,
            "attempts":[{"number":1,"deployment":"openai/gpt-4o","credential":"","ending":"completed","upstream_status":200,"failure":"","model":"gpt-4o",
            "input_tokens":100,"cached_tokens":10,"cache_write_tokens":0,"cache_write_1h_tokens":0,"output_tokens":40,"reasoning_tokens":5,"audio_input_tokens":0,"audio_output_tokens":0,"cost_nano_usd":510000,"cost_usd":"0.00051","estimated":false,
            "start_ms":0,"duration_ms":250,"ttft_ms":-1,"hedge":false}]}],"next":null}
            """.ReplaceLineEndings(""),
            report.GetRawText());
    }

    [Fact]
    public async Task Paging_WhileOthersArriveNewAndLate_NeitherRepeatsNorSkips()
    {
        await using var usage = await UsageHost.StartAsync(segmentBytes: 16 * 1024);
        var random = new Random(11);
        var journal = new FakeJournal();
        var there = new List<string>();
        for (var i = 0; i < 2500; i++)
        {
            var final = FakeJournal.Final(time: FakeJournal.Noon + random.Next(50_000));
            journal.Add(final);
            there.Add(final.Intent.RequestId.ToString());
        }

        await SendAsync(usage, journal, 1);
        var seen = new List<JsonElement>();
        string? cursor = null;
        do
        {
            var (_, page) = await usage.GetAsync($"/admin/v1/requests?limit=100{(cursor is null ? "" : "&cursor=" + cursor)}");
            seen.AddRange(page.GetProperty("requests").EnumerateArray());
            cursor = page.GetProperty("next").GetString();
            var sent = journal.LastSeq;
            for (var i = 0; i < 40; i++)
            {
                journal.Add(FakeJournal.Final(time: FakeJournal.Noon + random.Next(100_000)));
            }

            await SendAsync(usage, journal, sent + 1);
        }
        while (cursor is not null);

        var ids = seen.Select(static row => row.GetProperty("id").GetString()!).ToList();
        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.Empty(there.Except(ids));
        var times = seen.Select(static row => row.GetProperty("time").GetString()!).ToList();
        Assert.Equal(times.OrderDescending(StringComparer.Ordinal), times);
    }

    [Fact]
    public async Task Requests_Filtered_AreThoseAskedForOnly()
    {
        await using var usage = await UsageHost.StartAsync();
        var journal = new FakeJournal();
        for (var i = 0; i < 60; i++)
        {
            journal.Add(FakeJournal.Final(key: i % 2 == 0 ? "even" : "odd", model: i % 3 == 0 ? "m3" : "m", time: FakeJournal.Noon + (i * 1000)));
        }

        await usage.PostAsync(journal.All());

        Assert.Equal(30, (await usage.AllRequestsAsync(7, "&key=even")).Count);
        Assert.Equal(10, (await usage.AllRequestsAsync(3, "&key=even&model=m3")).Count);
        Assert.Empty(await usage.AllRequestsAsync(3, "&key=nobody"));
        Assert.Equal(10, (await usage.AllRequestsAsync(4, "&from=2026-03-10T12:00:10Z&to=2026-03-10T12:00:20Z")).Count);
        Assert.Equal(50, (await usage.GetAsync("/admin/v1/requests")).Body.GetProperty("requests").GetArrayLength());
    }

    private static async Task SendAsync(UsageHost usage, FakeJournal journal, long from)
    {
        for (; from <= journal.LastSeq; from += 1000)
        {
            Assert.Equal(200, (await usage.PostAsync(journal.Batch(from, Math.Min(from + 999, journal.LastSeq)))).Status);
        }
    }
}
