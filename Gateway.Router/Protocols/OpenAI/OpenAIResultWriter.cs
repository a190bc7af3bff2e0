using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.OpenAI;

/// <summary>
/// Writes the results behind one assistant message, one message each, and behind them what a result cannot hold here: its images and
/// files, as a message of the user.
/// </summary>
internal sealed class OpenAIResultWriter(Translation translation, Utf8JsonWriter json, OpenAIPartWriter parts)
{
    private const int MaxId = 40;
    private const int ShortId = 9;

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

    /// <param name="turn">The results of all calls of the message before, in the order of the calls.</param>
    public void Write(NeutralTurn turn)
    {
        foreach (var part in turn.Parts)
        {
            Take((ToolResultPart)part);
        }

        WriteMoved();
    }

    private void Take(ToolResultPart result)
    {
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
