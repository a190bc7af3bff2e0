namespace Gateway.Rig.History;

/// <summary>Which protocol a client speaks.</summary>
public enum ClientProtocol
{
    OpenAI,
    Anthropic,
}

/// <summary>One request as a client of a scenario sends it.</summary>
/// <param name="Tag">Unique; travels as <c>user</c>.</param>
public sealed record ScenarioRequest(string Tag, string Model)
{
    public ClientProtocol Protocol { get; init; }

    /// <summary>What the user says, directives included.</summary>
    public string Prompt { get; init; } = "hello";

    public bool Stream { get; init; } = true;

    /// <summary>Goes away after so many pieces of content; 0: as soon as the request is sent. Null stays.</summary>
    public int? LeaveAfter { get; init; }

    /// <summary>Waits so long before each read: a client that is slow. Streams only.</summary>
    public TimeSpan ReadPause { get; init; }

    /// <summary>How long the gateway may take; for the check, not sent.</summary>
    public TimeSpan? Deadline { get; init; }

    public bool MustBeDenied { get; init; }

    /// <summary>More members of the body, each with a comma before it.</summary>
    public string Rest { get; init; } = "";
}
