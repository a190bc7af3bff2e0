using Gateway.Core.Journal;
using Gateway.Core.Money;

namespace Gateway.Router.Attempts;

/// <summary>
/// Turns what was seen of an answer into the tokens to charge. Changes nothing once the exchange is settled: what failed
/// after its record was written must not make the summary say something else than the ledger.
/// </summary>
internal static class UsageFold
{
    /// <summary>How every dispatched request is booked until the truth is known.</summary>
    private const UsageFlags Unknown = UsageFlags.Estimated | UsageFlags.Incomplete;

    /// <summary>The answer ended normally.</summary>
    /// <param name="ownOutput">Our own count of output tokens, for providers that give none.</param>
    /// <param name="tier">What the answer says that it is charged at.</param>
    public static void Complete(Attempt attempt, TokenUsage? reported, long ownOutput, ServiceTier tier = ServiceTier.Unsaid)
    {
        if (attempt.Exchange.IsSettled)
        {
            return;
        }

        attempt.Outcome.Ending = RequestEnding.Completed;
        attempt.Outcome.Tier = tier;
        attempt.Outcome.Flags &= ~Unknown;
        if (reported is { } usage)
        {
            attempt.Outcome.Usage = usage;
            return;
        }

        attempt.Outcome.Usage = new TokenUsage(EstimatedInput(attempt), 0, 0, ownOutput, 0);
        attempt.Outcome.Flags |= UsageFlags.Estimated;
    }

    /// <summary>The answer was cut: what the provider reported or what we counted, whichever is more.</summary>
    public static void Cut(Attempt attempt, RequestEnding ending, TokenUsage? reported, long ownOutput, ServiceTier tier = ServiceTier.Unsaid)
    {
        if (attempt.Exchange.IsSettled)
        {
            return;
        }

        var usage = reported ?? new TokenUsage(EstimatedInput(attempt), 0, 0, 0, 0);
        attempt.Outcome.Ending = ending;
        attempt.Outcome.Tier = tier;
        attempt.Outcome.Usage = usage with { Output = Math.Max(usage.Output, ownOutput) };
        attempt.Outcome.Flags |= Unknown;
    }

    /// <summary>Nothing is charged: the upstream refused, or never saw the request.</summary>
    public static void Nothing(Attempt attempt, RequestEnding ending)
    {
        if (attempt.Exchange.IsSettled)
        {
            return;
        }

        attempt.Outcome.Ending = ending;
        attempt.Outcome.Usage = default;
        attempt.Outcome.Tier = ServiceTier.Unsaid;
        attempt.Outcome.Flags &= ~Unknown;
    }

    private static long EstimatedInput(Attempt attempt) => attempt.Intent?.EstimatedInputTokens ?? 0;
}
