using Gateway.Core.Journal;
using Gateway.Core.Money;
using Gateway.Router.Pipeline;

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
    public static void Complete(LlmExchange exchange, TokenUsage? reported, long ownOutput)
    {
        if (exchange.IsSettled)
        {
            return;
        }

        exchange.Outcome.Ending = RequestEnding.Completed;
        exchange.Outcome.Flags &= ~Unknown;
        if (reported is { } usage)
        {
            exchange.Outcome.Usage = usage;
            return;
        }

        exchange.Outcome.Usage = new TokenUsage(EstimatedInput(exchange), 0, 0, ownOutput, 0);
        exchange.Outcome.Flags |= UsageFlags.Estimated;
    }

    /// <summary>The answer was cut: what the provider reported or what we counted, whichever is more.</summary>
    public static void Cut(LlmExchange exchange, RequestEnding ending, TokenUsage? reported, long ownOutput)
    {
        if (exchange.IsSettled)
        {
            return;
        }

        var usage = reported ?? new TokenUsage(EstimatedInput(exchange), 0, 0, 0, 0);
        exchange.Outcome.Ending = ending;
        exchange.Outcome.Usage = usage with { Output = Math.Max(usage.Output, ownOutput) };
        exchange.Outcome.Flags |= Unknown;
    }

    /// <summary>Nothing is charged: the upstream refused, or never saw the request.</summary>
    public static void Nothing(LlmExchange exchange, RequestEnding ending)
    {
        if (exchange.IsSettled)
        {
            return;
        }

        exchange.Outcome.Ending = ending;
        exchange.Outcome.Usage = default;
        exchange.Outcome.Flags &= ~Unknown;
    }

    private static long EstimatedInput(LlmExchange exchange) => exchange.Intent?.EstimatedInputTokens ?? 0;
}
