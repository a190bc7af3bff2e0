using Gateway.Core.Admission.Shared;
using Gateway.Core.Journal;

namespace Gateway.Usage.Tests.Reports;

public sealed class OneRequestTests
{
    [Fact]
    public async Task One_request_has_all_that_the_ledger_knows_of_it()
    {
        await using var usage = await UsageHost.StartAsync();
        var id = Guid.NewGuid();
        var final = FakeJournal.Final(id);
        final = final with
        {
            ServiceTier = "priority",
            Warnings = ["temperature", "logit_bias"],
            Flags = UsageFlags.Incomplete | UsageFlags.Unmoderated,
            TimeToFirstTokenMs = 31,
            Intent = final.Intent with
            {
                Organisation = "acme",
                Owner = "bob",
                Stream = true,
                Tags = ["env=prod"],
                PriceVersion = "catalogue:2026-03-01",
                Flags = UsageFlags.Unbudgeted,
                Budgets = [new BudgetSlot("key:demo|day:2026-03-10@UTC", 0), new BudgetSlot("team:research|rolling:3600", 7)],
                Price = final.Intent.Price! with { Reasoning = 9_000_000_001 },
            },
        };
        var journal = new FakeJournal { Epoch = 4 }.Add(FakeJournal.Final()).Add(final);
        await usage.PostAsync(journal.All());

        var (status, body) = await usage.GetAsync($"/admin/v1/requests/{id}");

        Assert.Equal(200, status);
        Assert.Equal(
            $$"""
            {"id":"{{id}}","time":"2026-03-10T12:00:00.000Z","key":"demo","team":"research","user":"ada","organisation":"acme","owner":"bob","operation":"chat_completions","model":"gpt-4o",
            "answered_model":"gpt-4o","deployment":"openai/gpt-4o","status":200,"ending":"completed","stream":true,"input_tokens":100,"cached_tokens":10,
            "cache_write_tokens":0,"cache_write_1h_tokens":0,"output_tokens":40,"reasoning_tokens":5,"audio_input_tokens":0,"audio_output_tokens":0,"cost_nano_usd":510000,"cost_usd":"0.00051","estimated":false,
            "incomplete":true,"unpriced":false,"price_version":"catalogue:2026-03-01","service_tier":"priority","tags":["env=prod"],"duration_ms":250,"ttft_ms":31,"attempt_count":1,
            "unmoderated":true,"unbudgeted":true,
            "price":{"input":"2","cached_input":"1","cache_write":"0","cache_write_1h":"0","output":"8","reasoning":"9.000000001","audio_input":"2","audio_output":"8"},
            "warnings":["temperature","logit_bias"],"budgets":[{"id":"key:demo|day:2026-03-10@UTC","slot":0},{"id":"team:research|rolling:3600","slot":7}],
            "origin":{"producer":"{{journal.Producer}}","epoch":4,"sequence":2},"original_cost_nano_usd":510000,"original_cost_usd":"0.00051","corrections":[],
            "attempts":[{"number":1,"deployment":"openai/gpt-4o","credential":"","ending":"completed","upstream_status":200,"failure":"","model":"gpt-4o",
            "input_tokens":100,"cached_tokens":10,"cache_write_tokens":0,"cache_write_1h_tokens":0,"output_tokens":40,"reasoning_tokens":5,"audio_input_tokens":0,"audio_output_tokens":0,"cost_nano_usd":510000,"cost_usd":"0.00051","estimated":false,
            "start_ms":0,"duration_ms":250,"ttft_ms":31,"hedge":false}]}
            """.ReplaceLineEndings(""),
            body.GetRawText());
    }

    [Fact]
    public async Task A_request_without_a_price_says_null()
    {
        await using var usage = await UsageHost.StartAsync();
        var id = Guid.NewGuid();
        var final = FakeJournal.Final(id);
        await usage.PostAsync(new FakeJournal().Add(final with { CostNanoUsd = 0, Intent = final.Intent with { Price = null, Flags = UsageFlags.Unpriced } }).All());

        var (_, body) = await usage.GetAsync($"/admin/v1/requests/{id}");

        Assert.Equal(System.Text.Json.JsonValueKind.Null, body.GetProperty("price").ValueKind);
        Assert.True(body.GetProperty("unpriced").GetBoolean());
    }

    [Fact]
    public async Task A_request_that_the_ledger_has_not_is_a_404_that_says_why()
    {
        await using var usage = await UsageHost.StartAsync();

        var (status, body) = await usage.GetAsync("/admin/v1/requests/019a0000-0000-7000-8000-000000000000");

        Assert.Equal((404, "request_not_found"), (status, body.GetProperty("error").GetProperty("code").GetString()));
        Assert.Contains("may not have arrived", body.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(1, "0.000000001")]
    [InlineData(-1, "-0.000000001")]
    [InlineData(510_000, "0.00051")]
    [InlineData(12_300_000_000, "12.3")]
    [InlineData(1_000_000_000, "1")]
    [InlineData(-2_500_000_000, "-2.5")]
    [InlineData(long.MaxValue, "9223372036.854775807")]
    [InlineData(long.MinValue, "-9223372036.854775808")]
    public void Money_is_written_exactly(long nanoUsd, string expected)
    {
        var text = new byte[Usage.Reports.UsdText.MaxBytes];
        Assert.Equal(expected, System.Text.Encoding.ASCII.GetString(text, 0, Usage.Reports.UsdText.Write(nanoUsd, text)));
    }
}
