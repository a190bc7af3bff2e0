using System.Globalization;
using Gateway.Core.Journal;

namespace Gateway.Usage.Ledger.Corrections;

/// <summary>What is decided about corrections, the same in every store. Stateless.</summary>
internal static class CorrectionCheck
{
    public const int MaxReasonChars = 256;
    public const int MaxNameChars = 64;
    private const int MaxShares = UsageRecordCodec.MaxAttempts + 1;
    private const int MaxShareChars = 2048;    // of all deployments together: a record must fit its frame

    /// <summary>What is wrong with a correction in itself.</summary>
    /// <returns>Null when nothing is.</returns>
    public static CorrectionResult? Malformed(CostCorrection correction)
    {
        // Stores of budgets tell by the time in an id whether they may still remember it.
        var problem = correction.Id.Version != 7 ? "its id is not of version 7"
            : correction.NewNanoUsd < 0 || correction.OldNanoUsd < 0 ? "a cost is negative"
            : correction.PriceVersion.Length > MaxNameChars || correction.Who.Length > MaxNameChars
                ? string.Create(CultureInfo.InvariantCulture, $"its price version or who made it is longer than {MaxNameChars} characters")
            : correction.Reason.Length > MaxReasonChars ? string.Create(CultureInfo.InvariantCulture, $"its reason is longer than {MaxReasonChars} characters")
            : correction.Shares.Count > MaxShares || correction.Shares.Sum(static share => share.Deployment.Length) > MaxShareChars ? "it has too many deployments"
            : correction.Shares.Count > 0 && correction.Shares.Aggregate((Int128)0, static (sum, share) => sum + share.DifferenceNanoUsd) != correction.DifferenceNanoUsd
                ? "what its deployments cost more does not add up to its difference"
            : null;
        return problem is null ? null : Refused(correction, problem);
    }

    /// <summary>What becomes of one whose id the ledger has.</summary>
    public static CorrectionResult Repeated(CostCorrection correction, CostCorrection kept) =>
        (correction.RequestId, correction.OldNanoUsd, correction.NewNanoUsd) == (kept.RequestId, kept.OldNanoUsd, kept.NewNanoUsd)
            ? new CorrectionResult(correction.Id, CorrectionOutcome.Repeated) : Refused(correction, "the ledger has another correction of this id");

    /// <summary>Whether its request costs what it says.</summary>
    /// <returns>Null when it does.</returns>
    public static CorrectionResult? Outdated(CostCorrection correction, long presentNanoUsd) => presentNanoUsd == correction.OldNanoUsd ? null
        : Refused(correction, string.Create(CultureInfo.InvariantCulture, $"the request costs {presentNanoUsd} nano-USD by now, not {correction.OldNanoUsd}"));

    /// <param name="keptFrom">Of the ledger: what is older may have been carried into sums, which nothing corrects.</param>
    public static CorrectionResult Unknown(CostCorrection correction, DateTimeOffset keptFrom) => Refused(correction, keptFrom == DateTimeOffset.MinValue
        ? "the ledger has no such request"
        : string.Create(CultureInfo.InvariantCulture, $"the ledger has no such request, or it is older than what is kept (requests from {keptFrom:yyyy-MM-dd} on)"));

    public static CorrectionResult Unreadable(CostCorrection correction) => Refused(correction, "the record of the request cannot be read");

    private static CorrectionResult Refused(CostCorrection correction, string reason) => new(correction.Id, CorrectionOutcome.Refused, reason);
}
