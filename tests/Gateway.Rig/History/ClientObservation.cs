namespace Gateway.Rig.History;

/// <summary>What one client saw of one request.</summary>
public sealed record ClientObservation
{
    /// <summary>The request's own mark: it travels as <c>user</c>, so that meters and ledger know it too. Unique in a history.</summary>
    public required string Tag { get; init; }

    /// <summary>Model as asked for.</summary>
    public required string Model { get; init; }

    public bool Stream { get; init; }

    /// <summary>The gateway's id of the request; empty when no head came.</summary>
    public string RequestId { get; init; } = "";

    /// <summary>0 when no head came.</summary>
    public int Status { get; init; }

    /// <summary>The <c>code</c> of the error; empty without one.</summary>
    public string Code { get; init; } = "";

    /// <summary>What the model said, as far as the client read it.</summary>
    public string Text { get; init; } = "";

    /// <summary>End markers of the protocol; a whole answer that can be parsed has one.</summary>
    public int Terminals { get; init; }

    /// <summary>Error frames; an error status with a body of the protocol's shape is one.</summary>
    public int Errors { get; init; }

    /// <summary>Frames that are nothing of the protocol: broken JSON, lines that no event has.</summary>
    public int BadFrames { get; init; }

    /// <summary>Why the model stopped, in the protocol's word; empty when nobody said.</summary>
    public string FinishReason { get; init; } = "";

    /// <summary>Anything that came after the first end marker or error frame.</summary>
    public bool SpokeAfterEnd { get; init; }

    /// <summary>The client went away on purpose, so that it cannot know the end.</summary>
    public bool Left { get; init; }

    /// <summary>The test knows that this request may not be served by anybody.</summary>
    public bool MustBeDenied { get; init; }

    /// <summary>Value of the header <c>retry-after</c>; null without one.</summary>
    public string? RetryAfter { get; init; }

    public string Deployment { get; init; } = "";

    /// <summary>Microseconds of Unix time.</summary>
    public long SentUs { get; init; }

    public long EndedUs { get; init; }

    /// <summary>When the gateway has to be done with it; null for no deadline that the test knows of.</summary>
    public long? DeadlineUs { get; init; }

    public TimeSpan Took => TimeSpan.FromMicroseconds(EndedUs - SentUs);

    /// <summary>A whole answer without an error.</summary>
    public bool IsGood => Status is >= 200 and < 300 && Errors == 0 && BadFrames == 0 && Terminals == 1;

    /// <summary>For messages: which request this is.</summary>
    public string Name => RequestId.Length > 0 ? $"{RequestId} ({Tag})" : $"({Tag})";
}
