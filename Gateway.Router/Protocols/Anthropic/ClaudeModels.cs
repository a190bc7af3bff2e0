using System.Globalization;

namespace Gateway.Router.Protocols.Anthropic;

/// <summary>How a model is told to think.</summary>
internal enum ThinkingStyle
{
    /// <summary>With a budget of tokens.</summary>
    Budget,

    /// <summary>With a budget, or by itself with an effort.</summary>
    Both,

    /// <summary>By itself with an effort; budgets are refused.</summary>
    Adaptive,
}

/// <summary>What a model's name says about it.</summary>
internal static class ClaudeModels
{
    /// <summary>
    /// <c>claude-sonnet-4-5-20250929</c> and older think by budget, 4.6 by both, later ones by effort. Names that are not Anthropic's think
    /// by budget: that is what servers that resemble it know.
    /// </summary>
    public static ThinkingStyle StyleOf(string model)
    {
        // Prefixes of other clouds: anthropic.claude-..., us.anthropic.claude-..., vendor/claude-...
        var at = model.IndexOf("claude-", StringComparison.Ordinal);
        if (at < 0)
        {
            return ThinkingStyle.Budget;
        }

        Span<int> version = [-1, 0];
        var count = 0;
        foreach (var range in model.AsSpan(at + "claude-".Length).SplitAny('-', '.', '@', ':'))
        {
            var word = model.AsSpan(at + "claude-".Length)[range];

            // A longer number is a date.
            if (count < version.Length && word.Length is 1 or 2 && int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                version[count++] = number;
            }
            else if (count > 0)
            {
                break;
            }
        }

        return count == 0 ? ThinkingStyle.Budget : (version[0], version[1]) switch
        {
            ( < 4, _) or (4, < 6) => ThinkingStyle.Budget,
            (4, 6) => ThinkingStyle.Both,
            _ => ThinkingStyle.Adaptive,
        };
    }
}
