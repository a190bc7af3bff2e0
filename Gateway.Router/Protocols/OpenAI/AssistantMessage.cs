using System.Text;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.OpenAI;

/// <summary>The parts of an assistant turn, sorted into the members of OpenAI's message.</summary>
internal sealed class AssistantMessage
{
    public List<NeutralPart> Texts { get; } = [];

    public List<ToolCallPart> Calls { get; } = [];

    public string? Refusal { get; private set; }

    /// <summary>Set only where the upstream wants it back.</summary>
    public string? Reasoning { get; private set; }

    public bool IsEmpty => Texts.Count == 0 && Calls.Count == 0 && Refusal is null && Reasoning is null;

    public static AssistantMessage Of(List<NeutralPart> parts, Translation translation)
    {
        var message = new AssistantMessage();
        StringBuilder? reasoning = null;
        foreach (var part in parts)
        {
            switch (part)
            {
                case TextPart text when text.Text.Length > 0:
                    message.Texts.Add(text);
                    break;
                case TextPart:
                    break;
                case RefusalPart refusal:
                    message.Refusal += refusal.Text;
                    break;
                case ToolCallPart call:
                    message.Calls.Add(call);
                    break;
                case ReasoningPart { Text.Length: > 0 } thought when translation.Traits.EchoReasoning:
                    (reasoning ??= new StringBuilder()).Append(thought.Text);
                    break;
                case ReasoningPart:
                    // Bound to the provider that made it, and OpenAI would not read it.
                    translation.Notes.Drop(part.Path);
                    break;
                default:
                    TranslationNotes.Reject(part.Path, $"'{part.Path}' cannot stand in an answer of the assistant for this model: its provider takes text and tool calls there.");
                    break;
            }
        }

        message.Reasoning = reasoning?.ToString();
        return message;
    }
}
