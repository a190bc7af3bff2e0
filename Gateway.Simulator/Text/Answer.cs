namespace Gateway.Simulator.Text;

/// <summary>One generated token.</summary>
/// <param name="Text">What it adds to the content, or to the arguments of a call; the name of the function for the first of a call.</param>
/// <param name="Call">Index of the tool call that it belongs to, or <see cref="Content"/> or <see cref="Reasoning"/>.</param>
/// <param name="StartsCall">The token names the function.</param>
internal readonly record struct AnswerToken(string Text, int Call = AnswerToken.Content, bool StartsCall = false)
{
    /// <summary>The <see cref="Call"/> of the text that the user sees.</summary>
    public const int Content = -1;

    /// <summary>The <see cref="Call"/> of what the model thinks before it talks or calls.</summary>
    public const int Reasoning = -2;
}

internal enum AnswerEnd
{
    Stop,
    Length,
    ToolCalls,

    /// <summary>One of the client's stop sequences came up: <see cref="AnswerChoice.StopSequence"/>.</summary>
    StopSequence,
}

/// <summary>One choice, whole, before any protocol puts it on the wire.</summary>
internal sealed record AnswerChoice(IReadOnlyList<AnswerToken> Tokens, AnswerEnd End)
{
    /// <summary>The stop sequence that ended it; it is not part of the text.</summary>
    public string? StopSequence { get; init; }

    public int ReasoningTokens { get; } = Tokens.Count(token => token.Call == AnswerToken.Reasoning);

    /// <summary>The tokens of one call, of the content or of the reasoning, as one text.</summary>
    public string Join(int call) => string.Concat(Tokens.Where(token => token.Call == call && !token.StartsCall).Select(token => token.Text));

    public IEnumerable<AnswerToken> CallStarts => Tokens.Where(token => token.StartsCall);
}

/// <summary>What a model would say to one request.</summary>
internal sealed record Answer(IReadOnlyList<AnswerChoice> Choices, int PromptTokens)
{
    /// <summary>All generated tokens, those of reasoning included.</summary>
    public int CompletionTokens { get; } = Choices.Sum(choice => choice.Tokens.Count);

    public int ReasoningTokens { get; } = Choices.Sum(choice => choice.ReasoningTokens);

    /// <summary>How many of the prompt's tokens came from a cache; part of <see cref="PromptTokens"/>.</summary>
    public int CachedTokens { get; init; }

    /// <summary>How many of the prompt's tokens were put into a cache; part of <see cref="PromptTokens"/>.</summary>
    public int CacheWriteTokens { get; init; }

    /// <summary>How long they stay there.</summary>
    public TimeSpan CacheLife { get; init; }

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

    /// <summary>Tokens of reasoning before the answer; they count against the cap too.</summary>
    public int ReasoningTokens { get; init; }

    /// <summary>Exact number of tokens of the text, from a directive; null lets the seed decide.</summary>
    public int? Tokens { get; init; }

    public IReadOnlyList<string> Stops { get; init; } = [];

    /// <summary>Say this and nothing else; null lets the seed decide.</summary>
    public string? Text { get; init; }

    /// <summary>Call these, each name with its arguments as JSON, instead of talking.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Calls { get; init; } = [];
}
