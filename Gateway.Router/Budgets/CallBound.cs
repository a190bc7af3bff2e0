using Gateway.Core.Configuration;
using Gateway.Core.Money;
using Gateway.Core.Requests;
using Gateway.Router.Catalog;
using Gateway.Router.Pipeline;

namespace Gateway.Router.Budgets;

/// <summary>What a call may cost at most, as the Edge bounds it. Nano-USD, rounded up. Stateless.</summary>
internal static class CallBound
{
    /// <summary>Output of a request that no cap can be written into, as the Edge has it where the document says nothing.</summary>
    private const long UnknownOutput = 16_384;

    /// <summary>Input of a request that says by reference what it reads, where nobody knows how much the model holds.</summary>
    private const long UnknownInput = 1_000_000;

    private const long TokensPerUnit = 1_000_000;

    /// <summary>Whether requests of a kind cost money by tokens.</summary>
    public static bool IsMetered(LlmKind kind) => kind is not (LlmKind.CountTokens or LlmKind.Files or LlmKind.Moderate);

    /// <summary>The bound of so many tokens: input and output are taken at the dearest of their prices, and so is the tier, which only the answer tells.</summary>
    /// <param name="mostInputTokens">What the input may really come to; it tells whether prices of long prompts may hold.</param>
    public static long Of(PricePlan plan, long inputTokens, long outputTokens, long mostInputTokens)
    {
        var price = plan.Dearest(mostInputTokens);
        var nano = ((Int128)inputTokens * price.DearestInput) + ((Int128)outputTokens * price.DearestOutput);
        return (long)Int128.Clamp((nano + TokensPerUnit - 1) / TokensPerUnit, 0, BudgetConfig.MostNanoUsd);
    }

    /// <summary>The bound of a call of this request at a deployment that has a price.</summary>
    /// <param name="plan">Its prices.</param>
    /// <param name="isBounded">The Edge bounded such a call with what it knows better: then only what it put into the ticket counts.</param>
    public static long Of(LlmExchange exchange, Deployment deployment, PricePlan plan, bool isBounded)
    {
        var input = isBounded && exchange.Claims.Ticket is not { InputTokens: >= 0 } ? 0 : InputOf(exchange, deployment);
        var output = OutputCap.InForce(exchange);
        if (output < 0)
        {
            output = !isBounded && exchange.Endpoint.Kind is LlmKind.Chat or LlmKind.Image or LlmKind.Audio ? deployment.Traits.MaxOutput ?? UnknownOutput : 0;
        }

        return Of(plan, input, output * exchange.Facts.CandidateCount, MostInputOf(exchange, deployment));
    }

    /// <summary>Tokens that the input can be at most: a token of a byte-level model covers a byte at least.</summary>
    private static long InputOf(LlmExchange exchange, Deployment deployment)
    {
        if (exchange.Claims.Ticket is { InputTokens: >= 0 and var held })
        {
            // What was rewritten since may have become longer.
            return held + Math.Max(0, exchange.Body.Length - exchange.ReceivedBytes);
        }

        return MostInputOf(exchange, deployment);
    }

    private static long MostInputOf(LlmExchange exchange, Deployment deployment)
    {
        var readsElsewhere = exchange.Form is not null || exchange.Facts.ContinuesResponse || (exchange.Needs.Capabilities & ModelCapabilities.Vision) != 0;
        return readsElsewhere ? Math.Max(exchange.Body.Length, deployment.Context ?? UnknownInput) : exchange.Body.Length;
    }
}
