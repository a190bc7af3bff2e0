using Gateway.Core.Journal;
using Gateway.Core.Money;

namespace Gateway.Router.Pipeline;

/// <summary>How an exchange ended; folded while the bytes passed, never collected.</summary>
/// <param name="Ending">Which ending it was. Refusals of every kind are <see cref="RequestEnding.Refused"/>.</param>
/// <param name="Status">HTTP status that the client was sent; 0 when the client left before one was.</param>
/// <param name="ErrorCode">The stable error code when the gateway made the error; else null.</param>
/// <param name="Deployment">Id of the deployment that was asked, or empty.</param>
/// <param name="AnsweredModel">Model name in the answer, or empty.</param>
/// <param name="Usage">Tokens, as far as known.</param>
/// <param name="CostNanoUsd">Chargeable cost.</param>
/// <param name="Flags">What is special about the counts.</param>
/// <param name="Attempts">Upstream calls made.</param>
/// <param name="Duration">Arrival at the Router to the end.</param>
/// <param name="TimeToFirstToken">Arrival to the first content byte; null when there was none.</param>
public readonly record struct LlmSummary(
    RequestEnding Ending,
    int Status,
    string? ErrorCode,
    string Deployment,
    string AnsweredModel,
    TokenUsage Usage,
    long CostNanoUsd,
    UsageFlags Flags,
    int Attempts,
    TimeSpan Duration,
    TimeSpan? TimeToFirstToken);

/// <summary>
/// Called exactly once for every exchange, whatever its ending, after the last byte and the ledger record. Registered as a
/// service for all exchanges, or for one with <see cref="LlmExchange.OnCompleted"/>. Must not throw and must not block.
/// </summary>
public interface ILlmCompletion
{
    void Completed(LlmExchange exchange, in LlmSummary summary);
}
