using Gateway.Core.Journal;

namespace Gateway.Usage.Ledger.Corrections;

/// <summary>Another cost of a request. Its record stays as it came: what differs is an entry of its own, which counts in the request's hour.</summary>
/// <param name="Id">Made by whoever corrects, of version 7: the same correction given again counts once.</param>
/// <param name="RequestId">A request of the ledger.</param>
/// <param name="OldNanoUsd">What the ledger says that it costs. When it says something else, another correction came between, and this one is refused.</param>
/// <param name="NewNanoUsd">What it costs from now on.</param>
/// <param name="PriceVersion">Where the new price is from.</param>
/// <param name="Time">When it was made.</param>
/// <param name="Who">Who made it.</param>
internal sealed record CostCorrection(Guid Id, Guid RequestId, long OldNanoUsd, long NewNanoUsd, string PriceVersion, DateTimeOffset Time, string Who)
{
    /// <summary>Why, in the words of whoever made it.</summary>
    public string Reason { get; init; } = "";

    /// <summary>At which deployments the difference counts; adds up to it. Empty: all of it at the deployment that answered.</summary>
    public IReadOnlyList<CostShare> Shares { get; init; } = [];

    public long DifferenceNanoUsd => NewNanoUsd - OldNanoUsd;
}

/// <summary>What of a correction is a deployment's.</summary>
internal readonly record struct CostShare(string Deployment, long DifferenceNanoUsd);

/// <summary>A correction as the ledger keeps it: with all that sums and budgets ask of its request, so that nobody needs the request's own record for them.</summary>
/// <param name="Correction">What was asked for.</param>
/// <param name="Number">1 for the first of its request, and so on.</param>
/// <param name="Intent">Of the request.</param>
/// <param name="Status">Of the request.</param>
internal sealed record CorrectionRecord(CostCorrection Correction, int Number, UsageIntent Intent, int Status)
{
    /// <summary>Where the difference counts; nothing for a deployment that has none.</summary>
    public IEnumerable<CostShare> Shares => Correction.Shares.Count > 0
        ? Correction.Shares.Where(static share => share.DifferenceNanoUsd != 0)
        : Correction.DifferenceNanoUsd == 0 ? [] : [new CostShare(Intent.Deployment, Correction.DifferenceNanoUsd)];
}

/// <summary>What became of a correction.</summary>
internal enum CorrectionOutcome
{
    Taken,

    /// <summary>The ledger had it already.</summary>
    Repeated,

    /// <summary>Nothing was changed; the reason says why.</summary>
    Refused,
}

/// <param name="Id">Of the correction.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Reason">Why it was refused; else empty.</param>
internal readonly record struct CorrectionResult(Guid Id, CorrectionOutcome Outcome, string Reason = "");
