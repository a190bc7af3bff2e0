using Gateway.Usage.Budgets;
using Gateway.Usage.Ledger;

namespace Gateway.Usage.Tests.Ledger;

/// <summary>The embedded store, with segments so small that most of what is asked lies in closed ones.</summary>
public sealed class EmbeddedLedgerContractTests : LedgerContract
{
    private protected override async Task<ILedgerUnderTest> OpenAsync() => new Host(await UsageHost.StartAsync(segmentBytes: SegmentBytes));

    private const long SegmentBytes = 16 * 1024;

    private sealed class Host(UsageHost usage) : ILedgerUnderTest
    {
        public ILedgerStore Store => usage.Ledger;

        public BudgetBook Budgets => usage.Service<BudgetBook>();

        public LogLines Log => usage.Log;

        public Task RestartAsync() => usage.StartAgainAsync(SegmentBytes);

        public ValueTask DisposeAsync() => usage.DisposeAsync();
    }
}
