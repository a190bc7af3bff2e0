using Gateway.Core.Admission.Shared;
using Gateway.Core.Money;
using Gateway.Core.Requests;

namespace Gateway.Core.Journal;

/// <summary>How a request ended.</summary>
public enum RequestEnding : byte
{
    /// <summary>The client was sent the upstream's normal end.</summary>
    Completed = 1,

    /// <summary>The upstream answered an error that went to the client.</summary>
    UpstreamError = 2,

    /// <summary>The upstream broke off, stalled or could not be reached.</summary>
    UpstreamFailed = 3,

    /// <summary>The client went away.</summary>
    ClientGone = 4,

    /// <summary>The deadline passed.</summary>
    DeadlineExceeded = 5,

    /// <summary>Refused before dispatch: moderation, or an error of ours.</summary>
    Refused = 6,

    /// <summary>The Router died; the record was made from its journal.</summary>
    Recovered = 7,

    /// <summary>Another call of the same request answered first. For single calls only, never for a request.</summary>
    Superseded = 8,

    /// <summary>Cut by the gateway: what was held for it was used up.</summary>
    BudgetCut = 9,
}

[Flags]
public enum UsageFlags
{
    None = 0,

    /// <summary>Token counts are ours, not the provider's.</summary>
    Estimated = 1,

    /// <summary>The answer was cut; counts cover what is known.</summary>
    Incomplete = 2,

    /// <summary>No price was configured; cost is 0.</summary>
    Unpriced = 4,

    /// <summary>A best-effort moderation policy could not be asked.</summary>
    Unmoderated = 8,

    /// <summary>Served while its soft budgets could not be asked.</summary>
    Unbudgeted = 16,
}

/// <summary>
/// Written before each call to an upstream: enough to charge for the request if this process dies. The one with the highest
/// <see cref="Attempt"/> counts.
/// </summary>
public sealed record UsageIntent
{
    public required Guid RequestId { get; init; }

    /// <summary>When the request arrived at the Router. Unix milliseconds.</summary>
    public required long TimeUnixMs { get; init; }

    public required string KeyId { get; init; }

    public string Team { get; init; } = "";

    public string User { get; init; } = "";

    /// <summary>Owner of the key; empty for none.</summary>
    public string Owner { get; init; } = "";

    public string Organisation { get; init; } = "";

    /// <summary>Budgets that the request is charged to.</summary>
    public IReadOnlyList<BudgetSlot> Budgets { get; init; } = [];

    public required LlmOperation Operation { get; init; }

    /// <summary>Model that the client asked for.</summary>
    public required string RequestedModel { get; init; }

    /// <summary>Deployment id (<c>provider/model</c>) that the request goes to.</summary>
    public required string Deployment { get; init; }

    public bool Stream { get; init; }

    /// <summary>Input tokens to charge when nothing better becomes known.</summary>
    public long EstimatedInputTokens { get; init; }

    /// <summary>Price in force at dispatch, or null when unpriced.</summary>
    public TokenPrice? Price { get; init; }

    /// <summary>Where the price is from: the document's generation or the catalogue's date; empty for none, and in records of layouts that did not say.</summary>
    public string PriceVersion { get; init; } = "";

    /// <summary>Labels of the key, each as <c>name=value</c>; reports split sums by them.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    public UsageFlags Flags { get; init; }

    /// <summary>Number of the call, from 1 in the order of dispatch.</summary>
    public int Attempt { get; init; } = 1;

    /// <summary>What the earlier calls of the request are charged for.</summary>
    public TokenUsage CarriedUsage { get; init; }

    /// <summary>Chargeable cost of the earlier calls in nano-USD, each at its own price.</summary>
    public long CarriedNanoUsd { get; init; }
}

/// <summary>The one final record of a request. <see cref="UsageIntent"/> says who and what; this says how it ended.</summary>
public sealed record UsageFinal
{
    /// <summary>The same facts as in the INTENT of the call that answered; repeated, so that the ledger needs no join across batches.</summary>
    public required UsageIntent Intent { get; init; }

    public required RequestEnding Ending { get; init; }

    /// <summary>HTTP status that the client got (the one sent, also when a stream broke later).</summary>
    public required int Status { get; init; }

    /// <summary>Model name that the upstream answered with; empty when it named none.</summary>
    public string AnsweredModel { get; init; } = "";

    /// <summary>What is charged for, over all calls.</summary>
    public TokenUsage Usage { get; init; }

    /// <summary>Chargeable cost in nano-USD, over all calls, each at its own price.</summary>
    public long CostNanoUsd { get; init; }

    public UsageFlags Flags { get; init; }

    /// <summary>Upstream calls made.</summary>
    public int Attempts { get; init; } = 1;

    /// <summary>
    /// The calls, at most <see cref="UsageRecordCodec.MaxAttempts"/>. Their charges add up to <see cref="Usage"/> and
    /// <see cref="CostNanoUsd"/>. Empty when none was made, and in records of layouts that had none.
    /// </summary>
    public IReadOnlyList<UsageAttempt> AttemptRecords { get; init; } = [];

    /// <summary>Arrival at the Router to the end, in milliseconds.</summary>
    public long DurationMs { get; init; }

    /// <summary>Arrival at the Router to the first byte of content, in milliseconds; -1 when there was none.</summary>
    public long TimeToFirstTokenMs { get; init; } = -1;

    /// <summary>Tier of service that the upstream said it charges (<c>default</c>, <c>flex</c>, <c>priority</c>, <c>batch</c>); empty when it named none.</summary>
    public string ServiceTier { get; init; } = "";

    /// <summary>What was dropped or adapted in translation, as in <c>x-gateway-warning</c>: names of fields, never their values.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}

/// <summary>Where the Router records what requests cost. Thread-safe.</summary>
public interface IUsageJournal
{
    /// <summary>False when the journal has no room for billable traffic or has failed: nothing may be dispatched.</summary>
    bool IsWritable { get; }

    /// <summary>
    /// Records that a call is about to be made; each call of a request has its own, and none comes after the request's FINAL. Completed
    /// when the record survives the death of the process.
    /// </summary>
    /// <exception cref="IOException">The record was not written; do not dispatch.</exception>
    ValueTask AppendIntentAsync(UsageIntent intent);

    /// <summary>
    /// Records the end. The terminal frame of a stream, or the last byte of a plain answer, goes to the client only after
    /// this has completed, so that a client that saw the end has a durable record.
    /// </summary>
    ValueTask AppendFinalAsync(UsageFinal final);
}
