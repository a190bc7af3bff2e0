namespace Gateway.Simulator.Protocols.OpenAI;

/// <summary>What OpenAI's models can do, by their names.</summary>
internal static class OpenAIModel
{
    /// <summary>o1, o3-mini, gpt-5...: they reason, and take neither <c>max_tokens</c> nor a temperature.</summary>
    public static bool Reasons(string model) =>
        (model.Length > 1 && model[0] == 'o' && char.IsAsciiDigit(model[1])) || model.StartsWith("gpt-5", StringComparison.Ordinal);

    /// <summary>gpt-3.5, gpt-4o, gpt-4.1...: they do not reason. Of other names nothing is known, so nothing is refused.</summary>
    public static bool CannotReason(string model) => model.StartsWith("gpt-3", StringComparison.Ordinal) || model.StartsWith("gpt-4", StringComparison.Ordinal);
}
