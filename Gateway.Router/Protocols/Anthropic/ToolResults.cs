using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Anthropic;

/// <summary>Calls and their results: all results of one assistant message stand first in the next user message, in the order of the calls.</summary>
internal static class ToolResults
{
    /// <param name="assistant">The message before <paramref name="user"/>; null at the start of the talk.</param>
    /// <param name="user">Null at the end of the talk.</param>
    public static void Pair(Translation translation, PlannedMessage? assistant, PlannedMessage? user)
    {
        var results = Take(user);
        var ordered = new List<NeutralPart>(results.Count);
        foreach (var part in assistant?.Parts ?? [])
        {
            if (part is ToolCallPart call)
            {
                ordered.Add(ResultOf(translation, call, results));
            }
        }

        if (results.Count > 0)
        {
            var orphan = results[0].Path;
            TranslationNotes.Reject(orphan, $"'{orphan}' is the result of no call in the assistant message before it. Send the call, too, or leave the result out.");
        }

        user?.Parts.InsertRange(0, ordered);
    }

    private static List<ToolResultPart> Take(PlannedMessage? user)
    {
        var results = new List<ToolResultPart>();
        foreach (var part in user?.Parts ?? [])
        {
            if (part is ToolResultPart result)
            {
                results.Add(result);
            }
        }

        user?.Parts.RemoveAll(static part => part is ToolResultPart);
        return results;
    }

    private static ToolResultPart ResultOf(Translation translation, ToolCallPart call, List<ToolResultPart> results)
    {
        ToolResultPart? found = null;
        for (var i = 0; i < results.Count; i++)
        {
            if (!string.Equals(results[i].CallId, call.Id, StringComparison.Ordinal))
            {
                continue;
            }

            if (found is null)
            {
                found = results[i];
            }
            else
            {
                translation.Notes.Drop(results[i].Path);
            }

            results.RemoveAt(i--);
        }

        if (found is null)
        {
            TranslationNotes.Reject(call.Path, $"'{call.Path}' is a call without a result. Send its result right after it.");
        }

        return found;
    }
}
