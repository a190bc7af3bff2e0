using Gateway.Core.Context;
using Gateway.Core.Requests;

namespace Gateway.Router.Pipeline;

internal static class FactsComparison
{
    /// <summary>The first field in which body and signed claims differ, or null.</summary>
    public static string? FirstDifference(in RequestFacts facts, ReadOnlySpan<byte> body, ContextClaims claims, LlmProtocol client)
    {
        if (!(client == LlmProtocol.Ollama ? ModelTags.AreSame(facts.Model, claims.RequestedModel) : string.Equals(facts.Model, claims.RequestedModel, StringComparison.Ordinal)))
        {
            return "model";
        }

        if (facts.Stream != claims.Stream)
        {
            return "stream";
        }

        if (facts.OutputCap != claims.OutputCap)
        {
            return "max_tokens";
        }

        if (facts.CandidateCount != claims.CandidateCount)
        {
            return "n";
        }

        if (SteeringDigest.Of(body, facts.OwnMembers) != claims.Steering)
        {
            return "provider";
        }

        return string.Equals(facts.User, claims.User, StringComparison.Ordinal) ? null : "user";
    }
}
