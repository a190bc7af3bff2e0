using Gateway.Core.Requests;
using Gateway.Router.Catalog;
using Gateway.Router.Pipeline;

namespace Gateway.Router.Protocols.OpenAI;

/// <summary>Chat completions, completions and embeddings in OpenAI's protocol: passed through with the model name rewritten.</summary>
internal sealed class OpenAIAdapter : IProtocolAdapter
{
    private static readonly byte[] AsNewMember = "\"stream_options\":{\"include_usage\":true},"u8.ToArray();
    private static readonly byte[] AsValue = """{"include_usage":true}"""u8.ToArray();
    private static readonly byte[] AsFirstOption = "\"include_usage\":true,"u8.ToArray();
    private static readonly byte[] True = "true"u8.ToArray();

    public SplicedBody Rewrite(LlmExchange exchange, Deployment deployment)
    {
        var facts = exchange.Facts;
        var model = new Splice(facts.ModelToken.Start, facts.ModelToken.Length, deployment.ModelJson);
        return new SplicedBody(exchange.Body, model, UsageSplice(in facts, exchange.Body.Span));
    }

    public string CredentialFor(string key) => "Bearer " + key;

    public void Authorize(HttpRequestMessage request, string credential) => request.Headers.TryAddWithoutValidation("Authorization", credential);

    public IAnswerReader ReadAnswer() => new OpenAIAnswerReader();

    public IEventReader ReadEvents(LlmExchange exchange) => new OpenAIEventReader(hidesUsage: !exchange.Facts.IncludeUsage, exchange.Facts.CandidateCount);

    /// <summary>Makes the upstream report usage in every stream: without it a stream could only be charged by estimate.</summary>
    private static Splice UsageSplice(in RequestFacts facts, ReadOnlySpan<byte> body)
    {
        if (!facts.Stream || facts.IncludeUsage)
        {
            // An empty splice behind the model token, so that the two never overlap.
            return new Splice(facts.ModelToken.End, 0, default);
        }

        if (facts.IncludeUsageToken.Length > 0)
        {
            return new Splice(facts.IncludeUsageToken.Start, facts.IncludeUsageToken.Length, True);
        }

        var options = facts.StreamOptionsToken;
        if (options.Length == 0)
        {
            return new Splice(facts.FirstMemberOffset, 0, AsNewMember);
        }

        // null, or an object without a member: nothing to keep, and an inserted comma would have nothing behind it.
        var value = body.Slice(options.Start, options.Length);
        return value[0] != (byte)'{' || value[1..^1].TrimStart(" \t\r\n"u8).IsEmpty
            ? new Splice(options.Start, options.Length, AsValue)
            : new Splice(options.Start + 1, 0, AsFirstOption);
    }
}
