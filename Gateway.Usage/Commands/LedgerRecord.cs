using Gateway.Core.Journal;
using Gateway.Usage.Ledger;
using Gateway.Usage.Ledger.Corrections;

namespace Gateway.Usage.Commands;

/// <summary>What a ledger keeps, whichever store it lies in.</summary>
/// <param name="Type">FINAL for a request, CORRECTION for another cost of one, VOID for evidence, CHECKPOINT for a mark, and for a gap that it ends.</param>
/// <param name="Version">Layout of the payload.</param>
/// <param name="RequestId">The request.</param>
/// <param name="Origin">Where the record came from. Of no meaning for a correction.</param>
/// <param name="GapFrom">First record of a gap; 0 for none.</param>
/// <param name="Payload">As the Router sent it.</param>
internal readonly record struct LedgerRecord(JournalRecordType Type, byte Version, Guid RequestId, RecordOrigin Origin, long GapFrom, byte[] Payload)
{
    /// <exception cref="InvalidDataException">This build cannot read it.</exception>
    public UsageFinal Open() => UsageRecordCodec.ReadFinal(Version, RequestId, Payload);

    /// <exception cref="InvalidDataException">This build cannot read it.</exception>
    public CorrectionRecord OpenCorrection() => CorrectionCodec.Read(Version, RequestId, Payload);
}
