using Gateway.Core.Journal;
using Gateway.Usage.Commands;
using Gateway.Usage.Ledger;
using Gateway.Usage.Ledger.Corrections;

namespace Gateway.Usage.Tests.Commands;

public sealed class CorrectionAuditTests
{
    private static readonly UsageFinal Final = FakeJournal.Final();

    [Fact]
    public void Corrections_that_follow_one_another_are_good_and_counted()
    {
        var audit = Audit(Correction(1, Final.CostNanoUsd, 70), Correction(2, 70, 0));

        Assert.Empty(audit.Problems);
        Assert.Equal((2, 0, 1), (audit.Corrections, audit.ByMonth.Total.CostNanoUsd, audit.ByMonth.Total.Requests));
    }

    [Fact]
    public void A_correction_of_another_cost_than_there_was_is_named()
    {
        var wrong = Correction(2, Final.CostNanoUsd, 9);

        Assert.Equal(
            $"request {Final.Intent.RequestId}: its correction {wrong.Correction.Id} is of a cost of {Final.CostNanoUsd} nano-USD, where it cost 70",
            Assert.Single(Audit(Correction(1, Final.CostNanoUsd, 70), wrong).Problems));
    }

    [Fact]
    public void A_correction_that_is_there_twice_is_named_and_counts_once()
    {
        var twice = Correction(1, Final.CostNanoUsd, 70);
        var audit = Audit(twice, twice);

        Assert.Contains("is in the ledger twice", Assert.Single(audit.Problems), StringComparison.Ordinal);
        Assert.Equal(70, audit.ByMonth.Total.CostNanoUsd);
    }

    [Fact]
    public void A_correction_whose_deployments_do_not_add_up_is_named()
    {
        var odd = Correction(1, Final.CostNanoUsd, 70);
        odd = odd with { Correction = odd.Correction with { Shares = [new CostShare("openai/gpt-4o", 1)] } };

        Assert.Contains("does not add up", Assert.Single(Audit(odd).Problems), StringComparison.Ordinal);
    }

    private static LedgerAudit Audit(params CorrectionRecord[] corrections)
    {
        var audit = new LedgerAudit();
        var bytes = new byte[RecordFrame.MaxPayloadBytes];
        audit.Take(new LedgerRecord(JournalRecordType.Final, UsageRecordCodec.Version, Final.Intent.RequestId, new RecordOrigin(Guid.NewGuid(), 1, 1), 0, bytes[..UsageRecordCodec.Write(Final, bytes)]));
        foreach (var correction in corrections)
        {
            audit.Take(new LedgerRecord(JournalRecordType.Correction, CorrectionCodec.Version, Final.Intent.RequestId, default, 0, CorrectionCodec.ToBytes(correction)));
        }

        return audit;
    }

    private static CorrectionRecord Correction(int number, long old, long cost) => new(
        new CostCorrection(Guid.CreateVersion7(), Final.Intent.RequestId, old, cost, "document", DateTimeOffset.UtcNow, "ada"), number, Final.Intent, Final.Status);
}
