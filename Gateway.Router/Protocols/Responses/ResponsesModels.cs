namespace Gateway.Router.Protocols.Responses;

/// <summary>OpenAI's models that its chat completions do not serve.</summary>
internal static class ResponsesModels
{
    private static readonly string[] Families = ["o1-pro", "o3-pro", "gpt-5-pro", "codex-mini", "computer-use-preview"];

    /// <param name="model">Upstream's name, with or without a date; null is not known.</param>
    public static bool HaveNothingElse(string? model)
    {
        if (model is null)
        {
            return false;
        }

        foreach (var family in Families)
        {
            if (model.StartsWith(family, StringComparison.Ordinal))
            {
                return true;
            }
        }

        // gpt-5-codex and its successors; o3-deep-research, o4-mini-deep-research.
        return model.StartsWith("gpt-5", StringComparison.Ordinal) && model.Contains("-codex", StringComparison.Ordinal) || model.Contains("-deep-research", StringComparison.Ordinal);
    }
}
