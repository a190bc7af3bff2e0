using Gateway.Core.Configuration;

namespace Gateway.Moderation.Checks;

/// <summary>One check of a policy. Immutable, thread-safe.</summary>
internal interface IModerationCheck
{
    /// <summary>Kind and position in the policy, e.g. <c>keywords_1</c>: what operators and blocked clients are told.</summary>
    string Name { get; }

    ModerationAction Action { get; }

    /// <summary>What a match becomes under <see cref="ModerationAction.Redact"/>.</summary>
    string Replacement { get; }

    /// <summary>Adds every match as a place in the text, in any order, overlapping or not.</summary>
    /// <param name="text">What to look at.</param>
    /// <param name="found">Empty when called.</param>
    /// <exception cref="CheckFailedException">The check could not say.</exception>
    void Find(CheckedText text, List<TextSpan> found);
}

/// <summary>A check that ran out of time or room: it says neither yes nor no.</summary>
internal sealed class CheckFailedException(string reason) : Exception(reason);
