namespace Gateway.Simulator.Text;

/// <summary>What a prompt costs beside its texts; the same numbers in every protocol.</summary>
internal static class PromptCost
{
    /// <summary>Around each message, a system prompt included.</summary>
    public const int Message = 3;

    /// <summary>What opens the answer, once for each request.</summary>
    public const int Reply = 3;

    /// <summary>An image, sound or file.</summary>
    public const int Attachment = 85;
}
