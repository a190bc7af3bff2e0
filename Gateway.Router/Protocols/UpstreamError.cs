namespace Gateway.Router.Protocols;

/// <summary>An error as an upstream said it, whatever its shape.</summary>
/// <param name="Status">The HTTP status, or the one that an error inside a 200 stands for.</param>
/// <param name="Type">The upstream's own type (<c>overloaded_error</c>, <c>RESOURCE_EXHAUSTED</c>), or null.</param>
/// <param name="Code">The upstream's own code, or null.</param>
/// <param name="Message">Its text, at most 500 characters; null when it gave none that can be read.</param>
/// <param name="Param">The field at fault in the upstream's words, or null.</param>
internal sealed record UpstreamError(int Status, string? Type, string? Code, string? Message, string? Param)
{
    /// <summary>The delay that the body asks for (Gemini's <c>RetryInfo</c>), or null.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
