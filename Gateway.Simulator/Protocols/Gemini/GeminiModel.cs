namespace Gateway.Simulator.Protocols.Gemini;

/// <summary>What a model of this family can do, told from its name. Models with other names can do what the newest can, and demand less.</summary>
internal readonly record struct GeminiModel(string Name)
{
    /// <summary>Wants its signatures back, takes levels of thinking, and joins a schema with tools.</summary>
    public bool IsThird => Name.StartsWith("gemini-3", StringComparison.Ordinal);

    private bool IsKnown => Name.StartsWith("gemini-", StringComparison.Ordinal);

    private bool IsOld => Name.StartsWith("gemini-1", StringComparison.Ordinal) || Name.StartsWith("gemini-2.0", StringComparison.Ordinal);

    public bool CanThink => !IsOld;

    public bool CanStopThinking => !Name.StartsWith("gemini-2.5-pro", StringComparison.Ordinal);

    public bool TakesLevels => IsThird || !IsKnown;

    public bool JoinsSchemaAndTools => IsThird || !IsKnown;
}
