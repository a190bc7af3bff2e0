namespace Gateway.Usage.Tests.Ledger;

/// <summary>The embedded store, with segments of hours to days.</summary>
public sealed class EmbeddedRetentionTests : RetentionContract
{
    private protected override Task<ILedgerUnderTest> OpenAsync() => Task.FromResult<ILedgerUnderTest>(new EmbeddedRig(segmentBytes: 8 * 1024));
}
