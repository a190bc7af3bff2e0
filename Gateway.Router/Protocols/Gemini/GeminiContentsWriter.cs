using System.Text.Json;
using Gateway.Core.Configuration;
using Gateway.Core.Requests;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Gemini;

/// <summary>
/// Writes the talk: user and model in turns, the user first, and behind each run of calls exactly as many results, in the order of
/// the calls and before everything else.
/// </summary>
internal sealed class GeminiContentsWriter(Translation translation, Utf8JsonWriter json, GeminiModel model, bool isVertex, ThoughtSignatures signatures)
{
    private readonly GeminiPartWriter _parts = new(translation, json, model, isVertex);
    private readonly List<ToolCallPart> _calls = [];

    /// <summary>The model's turns run together until the user speaks, and the other way round.</summary>
    private sealed record Run(bool IsModel, List<NeutralPart> Parts, SourcePath Path);

    public void Write()
    {
        var runs = Gather();
        if (runs.Count == 0)
        {
            TranslationNotes.Reject(translation.NameOf(NeutralField.Turns), "There is nothing to answer: the talk has no message with content.");
        }

        json.WriteStartArray("contents"u8);
        if (runs[0].IsModel)
        {
            if (translation.Traits.LeadUser is not { } lead)
            {
                TranslationNotes.Reject(runs[0].Path.At("role"), "A talk with this model begins with the user. Put a user message first, or have the operator set lead_user.");
                return;
            }

            Open("user"u8);
            _parts.WriteText(lead);
            Close();
        }

        foreach (var run in runs)
        {
            if (run.IsModel)
            {
                WriteModel(run);
            }
            else
            {
                WriteUser(run);
            }
        }

        if (_calls.Count > 0)
        {
            RejectUnanswered(_calls[0]);
        }

        if (runs[^1] is { IsModel: true } last)
        {
            // Gemini cannot be made to go on with a begun answer: it takes this for a finished turn.
            translation.Notes.Adapt(last.Path);
        }

        json.WriteEndArray();
    }

    private List<Run> Gather()
    {
        var runs = new List<Run>();
        foreach (var turn in translation.Request.Turns)
        {
            if (turn.Name is not null)
            {
                translation.Notes.Drop(turn.Path.At("name"));
            }

            if (turn.Role == NeutralRole.System)
            {
                if (translation.Traits.MidSystem == MidSystemMode.Hoist)
                {
                    continue;
                }

                if (translation.Traits.MidSystem == MidSystemMode.Reject)
                {
                    TranslationNotes.Reject(turn.Path.At("role"), "Instructions in the middle of a talk have no place at the provider of this model. Put them first.");
                }

                translation.Notes.Adapt(turn.Path.At("role"));
            }

            var isModel = turn.Role == NeutralRole.Assistant;
            foreach (var part in turn.Parts)
            {
                if (!Keeps(part))
                {
                    continue;
                }

                if (runs is not [.., var run] || run.IsModel != isModel)
                {
                    runs.Add(run = new Run(isModel, [], turn.Path));
                }

                run.Parts.Add(part);
            }
        }

        return runs;
    }

    private bool Keeps(NeutralPart part)
    {
        switch (part)
        {
            case TextPart { Text.Length: 0 } or RefusalPart { Text.Length: 0 }:
                return false;
            case ReasoningPart reasoning:
                // Thoughts are bound to who thought them. Gemini's own clients bring back Gemini's.
                if (reasoning.Redacted is null && (translation.Client.Protocol == LlmProtocol.Gemini || (reasoning.Signature is { } signature && signatures.IsOurs(signature))))
                {
                    return true;
                }

                translation.Notes.Drop(reasoning.Path);
                return false;
            default:
                return true;
        }
    }

    private void WriteModel(Run run)
    {
        Open("model"u8);
        string? pending = null;
        var isFirstCall = true;
        foreach (var part in run.Parts)
        {
            switch (part)
            {
                case ReasoningPart reasoning:
                    if (reasoning.Text.Length > 0)
                    {
                        WritePending(ref pending);
                        _parts.WriteThought(reasoning.Text);
                    }

                    if (reasoning.Signature is not null)
                    {
                        WritePending(ref pending);
                        pending = reasoning.Signature;
                    }

                    break;
                case TextPart text:
                    _parts.WriteText(text.Text, pending);
                    pending = null;
                    break;
                case RefusalPart refusal:
                    _parts.WriteText(refusal.Text, pending);
                    pending = null;
                    break;
                case ToolCallPart call:
                    if (call.Signature is not null)
                    {
                        WritePending(ref pending);
                    }

                    var arguments = _parts.Arguments(call);
                    var signature = call.Signature ?? pending ?? signatures.Find(call.Id, call.Name, arguments);
                    pending = null;
                    if (signature is null && isFirstCall && model.WantsSignatures)
                    {
                        signature = ThoughtSignatures.Dummy;
                    }

                    _parts.WriteCall(call, arguments, signature);
                    _calls.Add(call);
                    isFirstCall = false;
                    break;
                case MediaPart media:
                    _parts.WriteMedia(media);
                    break;
                default:
                    TranslationNotes.Reject(part.Path, "An assistant's message cannot hold the result of a tool.");
                    break;
            }
        }

        WritePending(ref pending);
        Close();
    }

    private void WritePending(ref string? pending)
    {
        if (pending is not null)
        {
            _parts.WriteText("", pending);
            pending = null;
        }
    }

    private void WriteUser(Run run)
    {
        Open("user"u8);
        WriteResults(run);
        foreach (var part in run.Parts)
        {
            switch (part)
            {
                case ToolResultPart:
                    break;
                case TextPart text:
                    _parts.WriteText(text.Text);
                    break;
                case RefusalPart refusal:
                    _parts.WriteText(refusal.Text);
                    break;
                case MediaPart media:
                    _parts.WriteMedia(media);
                    break;
                default:
                    TranslationNotes.Reject(part.Path, "Only the assistant's messages can hold this.");
                    break;
            }
        }

        Close();
    }

    private void WriteResults(Run run)
    {
        Dictionary<string, ToolResultPart>? results = null;
        foreach (var part in run.Parts)
        {
            if (part is ToolResultPart result && !(results ??= new(StringComparer.Ordinal)).TryAdd(result.CallId, result))
            {
                translation.Notes.Drop(result.Path);
            }
        }

        foreach (var call in _calls)
        {
            if (results is null || !results.Remove(call.Id, out var result))
            {
                RejectUnanswered(call);
                return;
            }

            _parts.WriteResult(call, result);
        }

        if (results is { Count: > 0 })
        {
            foreach (var stray in results.Values)
            {
                TranslationNotes.Reject(stray.Path, "This result answers no call of the assistant's message before it.");
            }
        }

        if (_calls.Count > 0)
        {
            _parts.WriteMovedMedia();
        }

        _calls.Clear();
    }

    private static void RejectUnanswered(ToolCallPart call) =>
        TranslationNotes.Reject(call.Path, "This call has no result in the message behind it. Send one result for each call, or leave the call out.");

    private void Open(ReadOnlySpan<byte> role)
    {
        json.WriteStartObject();
        json.WriteString("role"u8, role);
        json.WriteStartArray("parts"u8);
    }

    private void Close()
    {
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
