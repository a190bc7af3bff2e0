using Gateway.Usage.Ledger;
using Gateway.Usage.Ledger.Corrections;

namespace Gateway.Usage.Tests.Ledger;

/// <summary>What every store does with requests that it keeps no longer: whatever is asked of sums is answered as before.</summary>
public abstract class RetentionContract
{
    /// <summary>A store on empty data.</summary>
    private protected abstract Task<ILedgerUnderTest> OpenAsync();

    [Theory]
    [InlineData(51)]
    [InlineData(52)]
    public async Task What_was_carried_counts_as_before_in_every_report_and_budget_also_after_restarts(int seed)
    {
        await using var ledger = await OpenAsync();
        var past = new LedgerPast(seed);
        await past.TakeAsync(ledger);
        await past.CheckAsync(ledger, carried: 0);
        var carried = 0L;
        foreach (var days in new[] { 6.5, 19, 31.25 })
        {
            var cut = LedgerPast.At(days);
            var more = await ledger.Store.CarryAsync(cut, default);
            Assert.True(more > 0);
            carried += more;
            await past.CheckAsync(ledger, carried, cut);

            // The same once more is nothing.
            Assert.Equal(0, await ledger.Store.CarryAsync(cut, default));
            await ledger.RestartAsync();
            await past.CheckAsync(ledger, carried, cut);
        }

        // What the Routers send again they have sent before.
        await past.SendAgainAsync(ledger);
        await past.CheckAsync(ledger, carried, LedgerPast.At(31.25), isWhole: true);
    }

    [Fact]
    public async Task Of_requests_that_are_all_newer_nothing_is_carried()
    {
        await using var ledger = await OpenAsync();
        var past = new LedgerPast(53);
        await past.TakeAsync(ledger);

        Assert.Equal(0, await ledger.Store.CarryAsync(LedgerPast.At(0), default));
        Assert.Equal(0, await ledger.Store.CarryAsync(DateTimeOffset.UnixEpoch, default));

        Assert.Equal(DateTimeOffset.MinValue, ledger.Store.KeptFrom);
        await past.CheckAsync(ledger, carried: 0);
    }

    [Fact]
    public async Task A_ledger_whose_requests_are_all_old_goes_on()
    {
        await using var ledger = await OpenAsync();
        var past = new LedgerPast(54);
        await past.TakeAsync(ledger);
        var carried = await ledger.Store.CarryAsync(LedgerPast.At(500), default);
        await ledger.RestartAsync();
        await past.CheckAsync(ledger, carried, LedgerPast.At(500));
        await past.SendAgainAsync(ledger);

        var journal = new FakeJournal().Add(FakeJournal.Final(time: LedgerPast.At(501).ToUnixTimeMilliseconds()));
        Assert.Equal(new IngestResult(1, null), await ledger.TakeAsync(journal.All()));
        await ledger.RestartAsync();

        Assert.Equal(past.Finals.Count + 1, ledger.Store.Requests);
        Assert.Equal(past.Finals.Count + 1, (await ledger.TotalAsync()).Requests);
    }

    [Fact]
    public async Task A_request_of_a_carried_time_that_comes_late_counts_and_is_shown()
    {
        await using var ledger = await OpenAsync();
        var past = new LedgerPast(55);
        await past.TakeAsync(ledger);
        var carried = await ledger.Store.CarryAsync(LedgerPast.At(20), default);
        var late = new RandomLedger(1).Next();
        late = LedgerPast.Budgeted(late with { Intent = late.Intent with { TimeUnixMs = LedgerPast.At(2.5).ToUnixTimeMilliseconds(), Organisation = "acme" } });
        await ledger.TakeAsync(late);
        past.Finals.Add(late);

        Assert.NotNull(await ledger.Store.FindAsync(late.Intent.RequestId, default));
        await past.CheckAsync(ledger, carried, LedgerPast.At(20));
        carried += await ledger.Store.CarryAsync(LedgerPast.At(20), default);
        await ledger.RestartAsync();
        await past.CheckAsync(ledger, carried, LedgerPast.At(20));
    }

    [Fact]
    public async Task A_carried_request_cannot_be_corrected_and_those_that_are_kept_can()
    {
        await using var ledger = await OpenAsync();
        var past = new LedgerPast(56);
        await past.TakeAsync(ledger);
        var carried = await ledger.Store.CarryAsync(LedgerPast.At(20), default);
        var kept = (await ledger.PagesAsync(new RequestQuery(100))).Ids().ToHashSet();
        var gone = past.Finals.First(final => !kept.Contains(final.Intent.RequestId));

        var refused = Assert.Single(await ledger.Store.CorrectAsync([past.Correct(gone)], default));
        Assert.Equal(CorrectionOutcome.Refused, refused.Outcome);
        Assert.Contains("older than what is kept", refused.Reason, StringComparison.Ordinal);
        await past.CheckAsync(ledger, carried, LedgerPast.At(20));

        await past.CorrectAsync(ledger, [.. past.Finals.Where(final => kept.Contains(final.Intent.RequestId)).Take(20)]);
        await past.CheckAsync(ledger, carried, LedgerPast.At(20));
        carried += await ledger.Store.CarryAsync(LedgerPast.At(35), default);
        await ledger.RestartAsync();
        await past.CheckAsync(ledger, carried, LedgerPast.At(35));
    }
}
