using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.OpenAI;

/// <summary>
/// Writes the results behind one assistant message: one message each, every call answered, and behind them what a result cannot hold
/// here: its images and files, as a message of the user.
/// </summary>
internal sealed class OpenAIResultWriter(Translation translation, Utf8JsonWriter json, OpenAIPartWriter parts)
{
    private const int MaxId = 40;
    private const int ShortId = 9;

    private readonly HashSet<string> _answered = new(StringComparer.Ordinal);
    private List<(string CallId, MediaPart Media)>? _moved;

    /// <summary>The id to send: the client's own where the upstream takes it, else always the same other one.</summary>
    public static string IdFor(Translation translation, string id)
    {
        if (!translation.Traits.ShortToolIds)
        {
            return id.Length <= MaxId ? id : ToolIds.Map("call_", id);
        }

        var isLegal = id.Length == ShortId;
        foreach (var character in id)
        {
            isLegal &= char.IsAsciiLetterOrDigit(character);
        }

        return isLegal ? id : ToolIds.Map("", id)[..ShortId];
    }

    /// <param name="turns">All turns.</param>
    /// <param name="calls">The calls right before.</param>
    /// <param name="i">In: the turn behind the calls. Out: the last one that was written.</param>
    public void Write(List<NeutralTurn> turns, List<ToolCallPart> calls, ref int i)
    {
        while (i < turns.Count && turns[i].Role == NeutralRole.Tool)
        {
            foreach (var part in turns[i].Parts)
            {
                if (part is ToolResultPart result)
                {
                    Take(result, calls);
                }
            }

            i++;
        }

        i--;
        foreach (var call in calls)
        {
            if (!_answered.Contains(call.Id))
            {
                TranslationNotes.Reject(call.Path, $"'{call.Path}' is a tool call without a result. Put the result of every call right behind the message that made it.");
            }
        }

        WriteMoved();
    }

    private void Take(ToolResultPart result, List<ToolCallPart> calls)
    {
        if (!Exists(calls, result.CallId))
        {
            TranslationNotes.Reject(result.Path, $"'{result.Path}' is the result of no call in the message before it.");
        }

        if (!_answered.Add(result.CallId))
        {
            // The first one stands.
            translation.Notes.Drop(result.Path);
            return;
        }

        if (result.IsError)
        {
            translation.Notes.Drop(result.Path.At("is_error"));
        }

        var texts = new List<NeutralPart>(result.Parts.Count);
        for (var i = 0; i < result.Parts.Count; i++)
        {
            if (result.Parts[i] is MediaPart media)
            {
                (_moved ??= []).Add((result.CallId, media));
                translation.Notes.Adapt(media.Path);
            }
            else if (result.Parts[i] is TextPart)
            {
                texts.Add(result.Parts[i]);
            }
            else
            {
                TranslationNotes.Reject(result.Parts[i].Path, $"'{result.Parts[i].Path}' cannot stand in a tool result for this model.");
            }
        }

        json.WriteStartObject();
        json.WriteString("role"u8, "tool"u8);
        json.WriteString("tool_call_id"u8, IdFor(translation, result.CallId));
        parts.WriteContent(texts);
        json.WriteEndObject();
    }

    private static bool Exists(List<ToolCallPart> calls, string id)
    {
        foreach (var call in calls)
        {
            if (call.Id == id)
            {
                return true;
            }
        }

        return false;
    }

    private void WriteMoved()
    {
        if (_moved is null)
        {
            return;
        }

        var content = new List<NeutralPart>(_moved.Count * 2);
        foreach (var (callId, media) in _moved)
        {
            content.Add(new TextPart($"From the result of tool call {IdFor(translation, callId)}:", media.Path));
            content.Add(media);
        }

        json.WriteStartObject();
        json.WriteString("role"u8, "user"u8);
        parts.WriteContent(content);
        json.WriteEndObject();
    }
}
