namespace Gateway.Rig.History;

/// <summary>One row of a Simulator's meter: what a provider saw and did.</summary>
public sealed record MeterEntry
{
    /// <summary>Which Simulator of the rig.</summary>
    public int Simulator { get; init; }

    public long Seq { get; init; }

    public string Id { get; init; } = "";

    public string Model { get; init; } = "";

    /// <summary>The client's tag.</summary>
    public string User { get; init; } = "";

    public int Status { get; init; }

    public bool Stream { get; init; }

    public long PromptTokens { get; init; }

    public long TokensGenerated { get; init; }

    public long TokensWritten { get; init; }

    public string Ending { get; init; } = "";

    /// <summary>Fingerprint.</summary>
    public string Credential { get; init; } = "";

    public string Path { get; init; } = "";

    public string Directives { get; init; } = "";

    public long StartedUs { get; init; }

    public long EndedUs { get; init; }

    public string? Text { get; init; }

    public string Name => $"row {Seq} of simulator {Simulator}";
}
