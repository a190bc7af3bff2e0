using Gateway.Core.Journal;
using Gateway.Core.Money;

namespace Gateway.Usage.Tests.Reports;

/// <summary>What the reports make of requests that took more than one call.</summary>
public sealed class AttemptReportTests
{
    private static readonly TokenUsage Tried = new(60, 0, 0, 3, 0);

    [Fact]
    public async Task Requests_OfThreeAttempts_HasARowForEachInTheOrderOfDispatch()
    {
        await using var usage = await UsageHost.StartAsync();
        var final = FakeJournal.After(FakeJournal.Final(), ("azure/gpt-4o", Tried, 77), ("mistral/large", default, 0));
        final = final with { AttemptRecords = [final.AttemptRecords[2], final.AttemptRecords[0], final.AttemptRecords[1]] };
        await usage.PostAsync(new FakeJournal().Add(final).All());

        var row = Assert.Single(await usage.AllRequestsAsync());

        Assert.Equal(
            ("openai/gpt-4o", 160, 43, 510_077, 3),
            (row.GetProperty("deployment").GetString(), row.GetProperty("input_tokens").GetInt32(), row.GetProperty("output_tokens").GetInt32(), row.GetProperty("cost_nano_usd").GetInt32(), row.GetProperty("attempt_count").GetInt32()));
        Assert.Equal(
            """
            [{"number":1,"deployment":"azure/gpt-4o","credential":"up#1","ending":"upstream_error","upstream_status":503,"failure":"overloaded","model":"",
            "input_tokens":60,"cached_tokens":0,"cache_write_tokens":0,"cache_write_1h_tokens":0,"output_tokens":3,"reasoning_tokens":0,"audio_input_tokens":0,"audio_output_tokens":0,"cost_nano_usd":77,"cost_usd":"0.000000077","estimated":true,
            "start_ms":0,"duration_ms":9,"ttft_ms":-1,"hedge":false},
            {"number":2,"deployment":"mistral/large","credential":"up#2","ending":"upstream_error","upstream_status":503,"failure":"overloaded","model":"",
            "input_tokens":0,"cached_tokens":0,"cache_write_tokens":0,"cache_write_1h_tokens":0,"output_tokens":0,"reasoning_tokens":0,"audio_input_tokens":0,"audio_output_tokens":0,"cost_nano_usd":0,"cost_usd":"0","estimated":true,
            "start_ms":10,"duration_ms":9,"ttft_ms":-1,"hedge":false},
            {"number":3,"deployment":"openai/gpt-4o","credential":"","ending":"completed","upstream_status":200,"failure":"","model":"gpt-4o",
            "input_tokens":100,"cached_tokens":10,"cache_write_tokens":0,"cache_write_1h_tokens":0,"output_tokens":40,"reasoning_tokens":5,"audio_input_tokens":0,"audio_output_tokens":0,"cost_nano_usd":510000,"cost_usd":"0.00051","estimated":false,
            "start_ms":20,"duration_ms":200,"ttft_ms":30,"hedge":true}]
            """.ReplaceLineEndings(""),
            row.GetProperty("attempts").GetRawText());
    }

    [Fact]
    public async Task Requests_WithoutACall_HaveNoAttempts()
    {
        await using var usage = await UsageHost.StartAsync();
        await usage.PostAsync(new FakeJournal().Add(FakeJournal.Final() with { Attempts = 0, Ending = RequestEnding.Refused }).All());

        var row = Assert.Single(await usage.AllRequestsAsync());

        Assert.Equal((0, 0), (row.GetProperty("attempt_count").GetInt32(), row.GetProperty("attempts").GetArrayLength()));
    }

    [Theory]
    [InlineData("deployment", "azure/gpt-4o:0:60:77 openai/gpt-4o:2:200:1020000")]
    [InlineData("provider", "azure:0:60:77 openai:2:200:1020000")]
    [InlineData("model", "gpt-4o:2:260:1020077")]
    [InlineData("key", "demo:2:260:1020077")]
    public async Task Usage_OfARequestWithTwoAttempts_CountsEachChargeAtItsDeploymentAndTheRequestOnce(string dimension, string expected)
    {
        await using var usage = await UsageHost.StartAsync();
        var journal = new FakeJournal()
            .Add(FakeJournal.After(FakeJournal.Final(), ("azure/gpt-4o", Tried, 77), ("mistral/large", default, 0)))
            .Add(FakeJournal.After(FakeJournal.Final()));
        await usage.PostAsync(journal.All());

        for (var start = 0; start < 2; start++)
        {
            var (_, report) = await usage.GetAsync("/admin/v1/usage?group=" + dimension);

            Assert.Equal(expected, string.Join(' ', report.GetProperty("groups").EnumerateArray().Select(group =>
                $"{group.GetProperty(dimension)}:{group.GetProperty("requests")}:{group.GetProperty("input_tokens")}:{group.GetProperty("cost_nano_usd")}")));
            Assert.Equal(
                (2, 260, 1_020_077),
                (report.GetProperty("total").GetProperty("requests").GetInt32(), report.GetProperty("total").GetProperty("input_tokens").GetInt32(), report.GetProperty("total").GetProperty("cost_nano_usd").GetInt32()));
            await usage.StartAgainAsync();
        }

        // The price of azure stands in no record, so nothing differs.
        Assert.Empty(usage.Log.Of(5014));
        Assert.Empty(usage.Log.Of(5015));
    }

    [Fact]
    public async Task Records_OfTheLayoutsBefore_CountAndShowAsTheyDid()
    {
        await using var usage = await UsageHost.StartAsync();
        var journal = new FakeJournal().AddOld(FakeJournal.Final(), 1).AddOld(FakeJournal.Final() with { Attempts = 2 }, 2).Add(FakeJournal.After(FakeJournal.Final()));
        Assert.Equal((200, 3), await usage.PostAsync(journal.All()));

        for (var start = 0; start < 2; start++)
        {
            var rows = await usage.AllRequestsAsync();

            Assert.Equal([1, 2, 1], rows.Select(static row => row.GetProperty("attempt_count").GetInt32()));
            Assert.Equal([1, 2, 1], rows.Select(static row => Assert.Single(row.GetProperty("attempts").EnumerateArray()).GetProperty("number").GetInt32()));
            Assert.All(rows, static row => Assert.Equal(510_000, row.GetProperty("attempts")[0].GetProperty("cost_nano_usd").GetInt32()));
            var group = Assert.Single((await usage.GetAsync("/admin/v1/usage?group=deployment")).Body.GetProperty("groups").EnumerateArray());
            Assert.Equal((3, 1_530_000), (group.GetProperty("requests").GetInt32(), group.GetProperty("cost_nano_usd").GetInt32()));
            await usage.StartAgainAsync();
        }
    }

    [Fact]
    public async Task Usage_AttemptsThatDoNotAddUp_CountAtTheAnsweringDeploymentWithAnAlarm()
    {
        await using var usage = await UsageHost.StartAsync();
        var final = FakeJournal.After(FakeJournal.Final(), ("azure/gpt-4o", Tried, 77));
        var journal = new FakeJournal().Add(final with { CostNanoUsd = final.CostNanoUsd + 1 });
        journal.Add(FakeJournal.After(FakeJournal.Final(), ("azure/gpt-4o", Tried, 77)) with { Usage = Tried });
        await usage.PostAsync(journal.All());

        var group = Assert.Single((await usage.GetAsync("/admin/v1/usage?group=deployment")).Body.GetProperty("groups").EnumerateArray());

        Assert.Equal(
            ("openai/gpt-4o", 2, 220, 1_020_155),
            (group.GetProperty("deployment").GetString(), group.GetProperty("requests").GetInt32(), group.GetProperty("input_tokens").GetInt32(), group.GetProperty("cost_nano_usd").GetInt32()));
        Assert.Equal(2, usage.Log.Of(5015).Length);
    }

    [Fact]
    public async Task Record_WithACostOfTheAnsweringAttemptThatItsPriceDoesNotMake_IsTakenWithAnAlarm()
    {
        await using var usage = await UsageHost.StartAsync();
        var final = FakeJournal.Final();
        await usage.PostAsync(new FakeJournal().Add(FakeJournal.After(final with { CostNanoUsd = final.CostNanoUsd + 1 }, ("azure/gpt-4o", Tried, 77))).All());

        Assert.Single(usage.Log.Of(5014));
        Assert.Equal(510_078, (await usage.TotalAsync()).GetProperty("cost_nano_usd").GetInt32());
    }

    [Theory]
    [InlineData(-1, 0, "token count of an attempt")]
    [InlineData(0, -1, "cost of an attempt")]
    public async Task Record_WithNumbersOfAnAttemptOutOfRange_IsRefusedAndKeptAsEvidence(int tokens, int cost, string reason)
    {
        await using var usage = await UsageHost.StartAsync();
        var final = FakeJournal.After(FakeJournal.Final(), ("azure/gpt-4o", new TokenUsage(tokens, 0, 0, 0, 0), cost));
        Assert.Equal((200, 1), await usage.PostAsync(new FakeJournal().Add(final).All()));

        Assert.Contains(reason, Assert.Single(usage.Log.Of(5013)), StringComparison.Ordinal);
        Assert.Equal(0, (await usage.TotalAsync()).GetProperty("requests").GetInt32());
    }

    [Fact]
    public async Task Record_SentAgainWithAnotherAttempt_IsRefusedBecauseTheRequestHasOne()
    {
        await using var usage = await UsageHost.StartAsync();
        var id = Guid.NewGuid();
        var final = FakeJournal.After(FakeJournal.Final(id), ("azure/gpt-4o", Tried, 77));
        await usage.PostAsync(new FakeJournal().Add(final).All());
        await usage.PostAsync(new FakeJournal().Add(final).All());
        Assert.Empty(usage.Log.Of(5013));

        await usage.PostAsync(new FakeJournal().Add(FakeJournal.After(FakeJournal.Final(id), ("azure/gpt-35", Tried, 77))).All());

        Assert.Single(usage.Log.Of(5013));
        Assert.Equal(510_077, (await usage.TotalAsync()).GetProperty("cost_nano_usd").GetInt32());
    }
}
