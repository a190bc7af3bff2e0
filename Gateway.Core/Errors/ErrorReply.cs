namespace Gateway.Core.Errors;

/// <summary>An error on its way to a client, ours or an upstream's, before it is put into the client's shape.</summary>
/// <param name="Status">HTTP status; in a running stream the status that it would have had.</param>
/// <param name="Type">OpenAI's <c>error.type</c>; other protocols derive theirs from <paramref name="Status"/>.</param>
/// <param name="Code">OpenAI's <c>error.code</c>, or null.</param>
/// <param name="Message">For people.</param>
/// <param name="Param">The field at fault, or null.</param>
public readonly record struct ErrorReply(int Status, string Type, string? Code, string Message, string? Param = null)
{
    /// <summary>When a retry can succeed, for protocols that say it in the body; null when nobody knows.</summary>
    public TimeSpan? RetryAfter { get; init; }

    public static ErrorReply Of(GatewayError error)
    {
        var facts = error.Facts;
        return new ErrorReply(facts.Status, facts.Type, facts.Code, error.Message, error.Param)
        {
            RetryAfter = ErrorWriters.NamesRetry(facts.Status) ? error.RetryAfter ?? ErrorWriters.DefaultRetryAfter : null,
        };
    }
}
