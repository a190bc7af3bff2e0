using Gateway.Core.Journal;
using Gateway.Core.Money;
using Gateway.Router.Attempts;

namespace Gateway.Router.Budgets;

/// <summary>
/// Watches what a stream costs where a hard budget pays: a provider that does not keep to the cap is cut where the money ends. What the cap allows is never cut, however our own count of tokens is off. Not thread-safe.
/// </summary>
internal sealed class StreamGuard
{
    private readonly Attempt _attempt;
    private readonly PricePlan _plan;
    private readonly RequestHold _hold;
    private readonly long _before;
    private readonly long _allowed;
    private long _output;

    private StreamGuard(Attempt attempt, PricePlan plan, RequestHold hold)
    {
        (_attempt, _plan, _hold) = (attempt, plan, hold);
        _before = attempt.Exchange.CostBefore(attempt);
        var cap = OutputCap.InForce(attempt.Exchange);
        _allowed = cap < 0 ? 0 : cap * attempt.Exchange.Facts.CandidateCount;
    }

    /// <summary>Null where nothing is guarded.</summary>
    public static StreamGuard? For(Attempt attempt) =>
        attempt.Exchange.Hold is { Ticket.IsHard: true } hold && attempt is { Intent: not null, Deployment.Plan: { } plan } ? new StreamGuard(attempt, plan, hold) : null;

    /// <summary>Whether the money is used up.</summary>
    /// <param name="reported">What the provider said so far; null for nothing.</param>
    /// <param name="contentEvents">Events with content so far.</param>
    /// <param name="ownOutput">Our own count of output tokens. Where events hold several tokens it is a guess from their bytes, and counts half: tokens may be that long.</param>
    public bool IsOver(in TokenUsage? reported, long contentEvents, long ownOutput)
    {
        var output = _output = Math.Max(reported?.Output ?? 0, Math.Max(contentEvents, ownOutput / 2));
        if (output <= _allowed)
        {
            return false;
        }

        // The bounds of two calls that race are held together: neither may use the other's.
        if (_attempt.Race is not null && _allowed > 0)
        {
            return true;
        }

        var usage = (reported ?? new TokenUsage(InputHeldFor, 0, 0, 0, 0)) with { Output = output };

        // The tier may be said only at the end: until then it is the dearest.
        return _plan.Dearest(usage.Input).Cost(in usage) > _hold.HeldNanoUsd - _before;
    }

    /// <summary>Records the call as cut, with what was counted.</summary>
    public void Cut(in TokenUsage? reported, ServiceTier tier) => UsageFold.Cut(_attempt, RequestEnding.BudgetCut, reported ?? new TokenUsage(Math.Min(InputHeldFor, Estimated), 0, 0, 0, 0), _output, tier);

    // What is held for the input is not there for the output, as long as nobody has said how long the input was.
    private long InputHeldFor => _hold.Ticket.InputTokens >= 0 ? _hold.Ticket.InputTokens : Estimated;

    private long Estimated => _attempt.Intent!.EstimatedInputTokens;
}
