using Gateway.Core.Journal;
using Gateway.Core.Money;
using Gateway.Usage.Ledger.Corrections;
using Gateway.Usage.Pricing;

namespace Gateway.Usage.Ledger.Columns;

/// <summary>Makes the rows of a record: one for the request at the deployment that answered, and one for each other that is charged for. <see cref="UsageGrouping"/> says why.</summary>
internal static class LedgerRows
{
    /// <param name="final">The record.</param>
    /// <param name="offset">Where it lies in its segment.</param>
    /// <param name="names">Gets the names that are new.</param>
    /// <param name="add">Takes each row; the numbers are valid during the call.</param>
    public static void Make(UsageFinal final, long offset, NameTable names, Action<ReadOnlySpan<long>> add)
    {
        var intent = final.Intent;
        Span<long> row = stackalloc long[LedgerColumns.Count];
        Describe(row, intent, final.Status, offset, names);
        row[(int)LedgerColumn.Requests] = 1;
        Count(row, intent.Deployment, names);

        var attempts = final.AttemptRecords;
        if (attempts.Count == 0 || !CostCheck.AddsUp(final))
        {
            Charge(row, final.Usage, final.CostNanoUsd);
            add(row);
            return;
        }

        var (usage, cost) = ChargedAt(attempts, intent.Deployment, 0);
        Charge(row, usage, cost);
        add(row);
        row[(int)LedgerColumn.Requests] = 0;
        for (var i = 0; i < attempts.Count; i++)
        {
            if (IsCharged(attempts[i]) && attempts[i].Deployment != intent.Deployment && IsFirstOf(attempts, i))
            {
                (usage, cost) = ChargedAt(attempts, attempts[i].Deployment, i);
                Count(row, attempts[i].Deployment, names);
                Charge(row, usage, cost);
                add(row);
            }
        }
    }

    /// <summary>The same for a correction: what it adds to the cost, at each deployment that it is for. It counts as no request.</summary>
    /// <param name="correction">The correction.</param>
    /// <param name="offset">Where it lies in its segment.</param>
    /// <param name="names">Gets the names that are new.</param>
    /// <param name="add">Takes each row; the numbers are valid during the call.</param>
    public static void Make(CorrectionRecord correction, long offset, NameTable names, Action<ReadOnlySpan<long>> add)
    {
        Span<long> row = stackalloc long[LedgerColumns.Count];
        Describe(row, correction.Intent, correction.Status, offset, names);
        row[(int)LedgerColumn.Requests] = 0;
        foreach (var share in correction.Shares)
        {
            Count(row, share.Deployment, names);
            Charge(row, default, share.DifferenceNanoUsd);
            add(row);
        }
    }

    private static void Describe(Span<long> row, UsageIntent intent, int status, long offset, NameTable names)
    {
        row[(int)LedgerColumn.Time] = intent.TimeUnixMs;
        row[(int)LedgerColumn.Key] = names.Of(intent.KeyId);
        row[(int)LedgerColumn.User] = names.Of(intent.User);
        row[(int)LedgerColumn.Team] = names.Of(intent.Team);
        row[(int)LedgerColumn.Organisation] = names.Of(intent.Organisation);
        row[(int)LedgerColumn.Model] = names.Of(intent.RequestedModel);
        row[(int)LedgerColumn.Tags] = names.OfSet(intent.Tags);
        row[(int)LedgerColumn.Status] = status < 100 ? 0 : status / 100;
        row[(int)LedgerColumn.Offset] = offset;
    }

    private static bool IsCharged(UsageAttempt attempt) => attempt.CostNanoUsd != 0 || attempt.Usage != default;

    private static bool IsFirstOf(IReadOnlyList<UsageAttempt> attempts, int index)
    {
        for (var i = 0; i < index; i++)
        {
            if (IsCharged(attempts[i]) && attempts[i].Deployment == attempts[index].Deployment)
            {
                return false;
            }
        }

        return true;
    }

    // They add up to the request's own numbers, so that each sum fits.
    private static (TokenUsage Usage, long CostNanoUsd) ChargedAt(IReadOnlyList<UsageAttempt> attempts, string deployment, int from)
    {
        var usage = default(TokenUsage);
        var cost = 0L;
        for (var i = from; i < attempts.Count; i++)
        {
            if (attempts[i].Deployment == deployment)
            {
                usage += attempts[i].Usage;
                cost += attempts[i].CostNanoUsd;
            }
        }

        return (usage, cost);
    }

    private static void Count(Span<long> row, string deployment, NameTable names)
    {
        row[(int)LedgerColumn.Deployment] = names.Of(deployment);
        row[(int)LedgerColumn.Provider] = names.Of(UsageGrouping.ProviderOf(deployment));
    }

    private static void Charge(Span<long> row, in TokenUsage usage, long costNanoUsd)
    {
        row[(int)LedgerColumn.Input] = usage.Input;
        row[(int)LedgerColumn.CachedInput] = usage.CachedInput;
        row[(int)LedgerColumn.CacheWrite] = usage.CacheWrite;
        row[(int)LedgerColumn.Output] = usage.Output;
        row[(int)LedgerColumn.Reasoning] = usage.Reasoning;
        row[(int)LedgerColumn.AudioInput] = usage.AudioInput;
        row[(int)LedgerColumn.AudioOutput] = usage.AudioOutput;
        row[(int)LedgerColumn.Cost] = costNanoUsd;
    }
}
