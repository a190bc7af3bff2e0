namespace Gateway.Core.Requests;

/// <summary>A run of bytes in a request body.</summary>
public readonly record struct ByteRange(int Start, int Length)
{
    public int End => Start + Length;
}

/// <summary>
/// What the gateway needs to know about a request body, read in one pass. The Edge authorises these facts, the Router
/// reads the same bytes with the same reader and compares: one body, one meaning.
/// </summary>
public readonly record struct RequestFacts
{
    /// <summary>Model as the client asked for it, in the body or the path; empty only for a moderation request that names none.</summary>
    public required string Model { get; init; }

    /// <summary>Where the model's JSON string stands, quotes included; the Router puts the upstream's name there. Empty where the path has it.</summary>
    public required ByteRange ModelToken { get; init; }

    public bool Stream { get; init; }

    /// <summary>Whether the stream is to be one JSON array (Gemini without <c>alt=sse</c>).</summary>
    public bool AsArray { get; init; }

    /// <summary>The client's cap on output tokens; -1 when it named none.</summary>
    public long OutputCap { get; init; }

    /// <summary>Choices asked for (<c>n</c>, <c>candidateCount</c>); 1 when not named.</summary>
    public int CandidateCount { get; init; }

    /// <summary>The end user that the body names (<c>user</c>, <c>safety_identifier</c>, <c>metadata.user_id</c>); empty when none.</summary>
    public string User { get; init; }

    /// <summary>Whether the client asked for usage in the stream (<c>stream_options.include_usage</c> is true).</summary>
    public bool IncludeUsage { get; init; }

    /// <summary>Where the value of <c>stream_options.include_usage</c> stands; length 0 when it is absent.</summary>
    public ByteRange IncludeUsageToken { get; init; }

    /// <summary>Where the value of <c>stream_options</c> stands, an object or the word null; length 0 when it is absent.</summary>
    public ByteRange StreamOptionsToken { get; init; }

    /// <summary>Whether the request goes on from a stored response (<c>previous_response_id</c>).</summary>
    public bool ContinuesResponse { get; init; }

    /// <summary>How the body steers the routing; null when it does not.</summary>
    public RoutePreferences? Preferences { get; init; }

    /// <summary>Where the members that steer the gateway alone stand, name to value: they are cut out before an upstream sees the body. Null for none.</summary>
    public IReadOnlyList<ByteRange>? OwnMembers { get; init; }

    /// <summary>Offset right after the opening brace of the body, where a member can be inserted.</summary>
    public int FirstMemberOffset { get; init; }

    /// <summary>UTF-8 bytes of the body: an upper bound of its input tokens.</summary>
    public int BodyBytes { get; init; }
}
