using System.Text.RegularExpressions;
using Gateway.Core.Configuration;

namespace Gateway.Moderation.Checks;

/// <summary>A regular expression that runs in linear time. It sees the text as written, and also without look-alikes and invisible characters.</summary>
internal sealed class PatternCheck : IModerationCheck
{
    public const int MaxPatternLength = 1000;

    /// <summary>Longest text in UTF-16 units. More is a failure of the check, not a pass: what lies behind was not seen.</summary>
    public const int MaxTextLength = 1024 * 1024;

    // The clock of a match is wall time, and on a busy machine a thread may stand still for longer than this without any fault of
    // the pattern. A slow pattern is slow three times.
    private const int Attempts = 3;
    private static readonly TimeSpan UsualMatchTimeout = TimeSpan.FromMilliseconds(50);

    private readonly Regex _expression;

    /// <exception cref="ModerationConfigurationException">The pattern is too long, not an expression, or cannot run in linear time.</exception>
    public PatternCheck(string name, ModerationCheckConfig config, TimeSpan? matchTimeout = null)
    {
        (Name, Action, Replacement) = (name, config.Action, config.Replacement);
        var pattern = config.Pattern!;
        if (pattern.Length > MaxPatternLength)
        {
            throw new ModerationConfigurationException($"{name} has a pattern of {pattern.Length} characters; at most {MaxPatternLength} are allowed.");
        }

        try
        {
            _expression = new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, matchTimeout ?? UsualMatchTimeout);
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            throw new ModerationConfigurationException($"{name} has a pattern that cannot be used: {error.Message}");
        }

        // The first match compiles the engine, which takes longer than a request may wait.
        TryFind(new CheckedText("warm-up", []), []);
    }

    public string Name { get; }

    public ModerationAction Action { get; }

    public string Replacement { get; }

    public void Find(CheckedText text, List<TextSpan> found)
    {
        if (text.Text.Length > MaxTextLength)
        {
            throw new CheckFailedException($"text longer than {MaxTextLength} characters");
        }

        for (var attempt = 1; !TryFind(text, found); attempt++)
        {
            if (attempt == Attempts)
            {
                throw new CheckFailedException($"no answer within {_expression.MatchTimeout.TotalMilliseconds} ms, {Attempts} times");
            }

            found.Clear();
        }
    }

    private bool TryFind(CheckedText text, List<TextSpan> found)
    {
        try
        {
            foreach (var match in _expression.EnumerateMatches(text.Text))
            {
                Add(new TextSpan(match.Index, match.Index + match.Length), found);
            }

            if (text.Plain is { } plain)
            {
                foreach (var match in _expression.EnumerateMatches(plain.Units))
                {
                    Add(match.Length == 0 ? default : plain.Source(match.Index, match.Index + match.Length), found);
                }
            }

            return true;
        }
        catch (RegexMatchTimeoutException)
        {
            return false;
        }
    }

    /// <summary>An empty match is no content.</summary>
    private static void Add(TextSpan match, List<TextSpan> found)
    {
        if (match.End > match.Start)
        {
            found.Add(match);
        }
    }
}
