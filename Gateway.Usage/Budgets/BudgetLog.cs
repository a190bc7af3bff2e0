namespace Gateway.Usage.Budgets;

/// <summary>Event ids 5100-5149. Names of organisations and ids of requests; never a webhook's address.</summary>
internal static partial class BudgetLog
{
    [LoggerMessage(5100, LogLevel.Warning, "The budget counters of organisation {Organisation} are lost; they are made again from the ledger, in epoch {Epoch}.")]
    public static partial void CountersLost(this ILogger logger, string organisation, long epoch);

    [LoggerMessage(5110, LogLevel.Information, "There are no budget counters of organisation {Organisation}; they are made from the ledger, in epoch {Epoch}.")]
    public static partial void CountersAbsent(this ILogger logger, string organisation, long epoch);

    [LoggerMessage(5101, LogLevel.Information, "The budget counters of organisation {Organisation} are made again: {Slots} sums and {Requests} settled requests in {Milliseconds} ms. Budgets are decided again.")]
    public static partial void CountersMade(this ILogger logger, string organisation, int slots, int requests, double milliseconds);

    [LoggerMessage(5102, LogLevel.Warning, "{Holders} services have not told what they hold in organisation {Organisation} for {Seconds} s; its budgets are opened without them.")]
    public static partial void HoldersSilent(this ILogger logger, string organisation, int holders, double seconds);

    [LoggerMessage(5103, LogLevel.Error, "The budget counters of organisation {Organisation} went back to epoch {Epoch} from {Newest}: Redis was restored from an old copy. They are made again.")]
    public static partial void CountersWentBack(this ILogger logger, string organisation, long epoch, long newest);

    [LoggerMessage(5104, LogLevel.Information, "Organisation {Organisation}: of holds that nobody renews, {Settled} are settled by the ledger and {Voided} given back.")]
    public static partial void HoldsSwept(this ILogger logger, string organisation, int settled, int voided);

    [LoggerMessage(5105, LogLevel.Warning, "Request {RequestId} of organisation {Organisation} was sent to a Router and has left no record in {Seconds} s; what was held for it is given back.")]
    public static partial void RecordMissing(this ILogger logger, Guid requestId, string organisation, double seconds);

    [LoggerMessage(5106, LogLevel.Warning, "Organisation {Organisation}: {Settlements} requests of the ledger were missing from the budget counters and are settled again.")]
    public static partial void SettledAgain(this ILogger logger, string organisation, int settlements);

    [LoggerMessage(5107, LogLevel.Error, "The budget counters of organisation {Organisation} lack {NanoUsd} nano-USD that the ledger has, in {Slots} slots, and no request explains it. They are thrown away and made again.")]
    public static partial void CountersBehind(this ILogger logger, string organisation, long nanoUsd, int slots);

    [LoggerMessage(5108, LogLevel.Error, "The budget counters of organisation {Organisation} have {NanoUsd} nano-USD more than the ledger, in {Slots} slots, and no Router has sent records for {Seconds} s: a journal was not shipped.")]
    public static partial void CountersAhead(this ILogger logger, string organisation, long nanoUsd, int slots, double seconds);

    [LoggerMessage(5111, LogLevel.Information, "Organisation {Organisation} has too many corrections to tell its budget counters one by one; they are made again from the ledger.")]
    public static partial void CorrectionsCounted(this ILogger logger, string organisation);

    [LoggerMessage(5109, LogLevel.Error, "Keeping the budgets of organisation {Organisation} failed; it is tried again.")]
    public static partial void KeepingFailed(this ILogger logger, string organisation, Exception exception);
}
