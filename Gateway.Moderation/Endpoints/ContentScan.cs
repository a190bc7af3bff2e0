using Gateway.Moderation.Checks;
using Gateway.Moderation.Content;
using Gateway.Moderation.Policies;

namespace Gateway.Moderation.Endpoints;

/// <summary>Asks every check of a policy about each text, without acting on it. Thread-safe.</summary>
internal sealed class ContentScan(ModerationMetrics metrics)
{
    // Typed clients have a member for each of these.
    private static readonly string[] StandardCategories =
    [
        "harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent", "self-harm", "self-harm/instructions",
        "self-harm/intent", "sexual", "sexual/minors", "violence", "violence/graphic",
    ];

    private static readonly IReadOnlyList<string> TextInput = ["text"];

    /// <returns>One result for each group; null when a check of a required policy could not say.</returns>
    public IReadOnlyList<ModerationsResult>? Scan(ModerationPolicy? policy, IReadOnlyList<ContentGroup> groups)
    {
        var results = new ModerationsResult[groups.Count];
        for (var index = 0; index < results.Length; index++)
        {
            if (Scan(policy, groups[index]) is not { } result)
            {
                return null;
            }

            results[index] = result;
        }

        return results;
    }

    private ModerationsResult? Scan(ModerationPolicy? policy, ContentGroup group)
    {
        var categories = StandardCategories.ToDictionary(static name => name, static _ => false);
        var found = new List<TextSpan>();
        var text = new RedactableText(group).Snapshot();
        foreach (var check in policy?.Checks ?? [])
        {
            found.Clear();
            try
            {
                check.Find(text, found);
            }
            catch (CheckFailedException) when (!policy!.Required)
            {
                // Best effort: no match as far as we know.
            }
            catch (CheckFailedException)
            {
                metrics.Checked(check, "failed");
                return null;
            }

            metrics.Checked(check, found.Count > 0 ? "flag" : "pass");
            categories[check.Name] = found.Count > 0;
        }

        return new ModerationsResult
        {
            Flagged = categories.ContainsValue(true),
            Categories = categories,
            CategoryScores = categories.ToDictionary(static entry => entry.Key, static entry => entry.Value ? 1.0 : 0.0),
            CategoryAppliedInputTypes = categories.ToDictionary(static entry => entry.Key, static _ => TextInput),
        };
    }
}
