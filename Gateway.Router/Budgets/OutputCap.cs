using Gateway.Core.Requests;
using Gateway.Router.Catalog;
using Gateway.Router.Pipeline;

namespace Gateway.Router.Budgets;

/// <summary>Which cap on output tokens stands in a call: what is held covers no more. Stateless.</summary>
internal static class OutputCap
{
    /// <summary>Most output tokens of one choice that the request may have; -1 for no cap.</summary>
    public static long InForce(LlmExchange exchange)
    {
        var own = exchange.Facts.OutputCap;
        return exchange.Claims.Ticket is not { OutputCap: >= 0 and var held } ? own : own >= 0 ? Math.Min(own, held) : held;
    }

    /// <summary>The cap that the gateway writes into a call; -1 where the client's own is small enough, or nothing limits it.</summary>
    public static long ToWrite(LlmExchange exchange, Deployment deployment)
    {
        if (exchange.Claims.Ticket is not { OutputCap: >= 0 and var held } || exchange.Endpoint.Kind != LlmKind.Chat)
        {
            return -1;
        }

        var own = exchange.Facts.OutputCap;
        if (own >= 0 && own <= held)
        {
            return -1;
        }

        // What the gateway asks for by itself must not be more than the model can: it would be refused.
        var cap = Math.Min(held, deployment.Traits.MaxOutput ?? long.MaxValue);
        if (own < 0 && deployment.Context is { } window)
        {
            cap = Math.Min(cap, window - exchange.Needs.EstimatedInputTokens);
        }

        return Math.Max(1, cap);
    }
}
