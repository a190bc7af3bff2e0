namespace Gateway.Simulator.Text;

/// <summary>One generated token.</summary>
/// <param name="Text">What it adds to the content, or to the arguments of a call; the name of the function for the first of a call.</param>
/// <param name="Call">Index of the tool call that it belongs to, or -1 for content.</param>
/// <param name="StartsCall">The token names the function.</param>
internal readonly record struct AnswerToken(string Text, int Call = -1, bool StartsCall = false);

internal enum AnswerEnd
{
    Stop,
    Length,
    ToolCalls,
}

/// <summary>One choice, whole, before any protocol puts it on the wire.</summary>
internal sealed record AnswerChoice(IReadOnlyList<AnswerToken> Tokens, AnswerEnd End)
{
    /// <summary>The tokens of one call, or of the content (-1), as one text.</summary>
    public string Join(int call) => string.Concat(Tokens.Where(token => token.Call == call && !token.StartsCall).Select(token => token.Text));

    public IEnumerable<AnswerToken> CallStarts => Tokens.Where(token => token.StartsCall);
}

/// <summary>What a model would say to one request.</summary>
internal sealed record Answer(IReadOnlyList<AnswerChoice> Choices, int PromptTokens)
{
    public int CompletionTokens { get; } = Choices.Sum(choice => choice.Tokens.Count);

    /// <summary>The most tokens that one choice has.</summary>
    public int Longest { get; } = Choices.Max(choice => choice.Tokens.Count);
}

/// <summary>What shapes an answer, read from a request of any protocol.</summary>
internal sealed record AnswerOrder
{
    /// <summary>Equal seeds give equal answers.</summary>
    public required ulong Seed { get; init; }

    public required int PromptTokens { get; init; }

    public int Choices { get; init; } = 1;

    /// <summary>The client's cap; int.MaxValue when it named none.</summary>
    public int MaxTokens { get; init; } = int.MaxValue;

    /// <summary>Exact number of tokens, from a directive; null lets the seed decide.</summary>
    public int? Tokens { get; init; }

    public IReadOnlyList<string> Stops { get; init; } = [];

    /// <summary>Say this and nothing else; null lets the seed decide.</summary>
    public string? Text { get; init; }

    /// <summary>Call these, each name with its arguments as JSON, instead of talking.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Calls { get; init; } = [];
}
