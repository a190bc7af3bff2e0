using Gateway.Core.Configuration;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Anthropic;

/// <summary>One message as Anthropic wants it.</summary>
internal sealed class PlannedMessage(bool isAssistant)
{
    public bool IsAssistant { get; } = isAssistant;

    public List<NeutralPart> Parts { get; } = [];
}

/// <summary>
/// Brings a talk into Anthropic's order: user and assistant take turns, the user begins, every call has its result in the next
/// user message, results stand first and in the order of the calls, reasoning stands first, nothing is empty.
/// </summary>
internal sealed class MessagePlan
{
    private readonly Translation _translation;

    public MessagePlan(Translation translation)
    {
        _translation = translation;
        System.AddRange(translation.Request.System);
        foreach (var turn in ToolHistory.Order(translation))
        {
            Add(turn);
        }

        Finish();
    }

    /// <summary>Instructions, those included that stood in the middle of the talk.</summary>
    public List<NeutralPart> System { get; } = [];

    public List<PlannedMessage> Messages { get; } = [];

    /// <summary>False when a tool loop is open whose assistant turn has no reasoning to replay: thinking would be refused.</summary>
    public bool MayThink { get; private set; } = true;

    private void Add(NeutralTurn turn)
    {
        if (turn.Name is not null)
        {
            _translation.Notes.Drop(turn.Path.At("name"));
        }

        if (turn.Role == NeutralRole.System)
        {
            AddSystem(turn);
            return;
        }

        var isAssistant = turn.Role == NeutralRole.Assistant;
        foreach (var part in turn.Parts)
        {
            if (Keep(part) is { } kept)
            {
                MessageOf(isAssistant).Parts.Add(kept);
            }
        }
    }

    private void AddSystem(NeutralTurn turn)
    {
        switch (_translation.Traits.MidSystem)
        {
            case MidSystemMode.Hoist:
                System.AddRange(turn.Parts);
                break;
            case MidSystemMode.Inline:
                foreach (var part in turn.Parts)
                {
                    if (Keep(part) is { } kept)
                    {
                        MessageOf(isAssistant: false).Parts.Add(kept);
                    }
                }

                break;
            default:
                TranslationNotes.Reject(turn.Path.At("role"), $"'{turn.Path}' is an instruction in the middle of the talk, which the provider of this model does not take. Put it before the first message.");
                break;
        }

        _translation.Notes.Adapt(turn.Path.At("role"));
    }

    /// <summary>The message that a part goes into: neighbours of one role are one message.</summary>
    private PlannedMessage MessageOf(bool isAssistant)
    {
        if (Messages is not [.., var last] || last.IsAssistant != isAssistant)
        {
            Messages.Add(last = new PlannedMessage(isAssistant));
        }

        return last;
    }

    /// <returns>Null for what Anthropic takes not at all.</returns>
    private NeutralPart? Keep(NeutralPart part)
    {
        switch (part)
        {
            case TextPart text:
                return IsBlank(text.Text, text.Path) ? null : text;
            case RefusalPart refusal:
                _translation.Notes.Adapt(refusal.Path);
                return IsBlank(refusal.Text, refusal.Path) ? null : new TextPart(refusal.Text, refusal.Path);
            case ReasoningPart { Redacted: null } foreign when !MayBeOurs(foreign.Signature):
                // Without Anthropic's proof the block would be refused.
                _translation.Notes.Drop(foreign.Path);
                return null;
            default:
                return part;
        }
    }

    /// <summary>Signatures are opaque; only what certainly is another provider's is told apart: OpenAI's encrypted reasoning begins like this.</summary>
    private static bool MayBeOurs(string? signature) => !string.IsNullOrEmpty(signature) && !signature.StartsWith("gAAAA", StringComparison.Ordinal);

    private bool IsBlank(string text, SourcePath path)
    {
        if (!string.IsNullOrWhiteSpace(text))
        {
            return false;
        }

        if (text.Length > 0)
        {
            _translation.Notes.Drop(path);
        }

        return true;
    }

    private void Finish()
    {
        if (Messages.Count == 0)
        {
            var field = _translation.NameOf(NeutralField.Turns);
            TranslationNotes.Reject(field, $"'{field}' holds no message with content. Say something to the model.");
        }

        if (Messages[0].IsAssistant)
        {
            LeadIn();
        }

        foreach (var message in Messages)
        {
            if (message.IsAssistant)
            {
                ReasonFirst(message.Parts);
            }
        }

        TrimLast();
        MayThink = !IsLoopWithoutReasoning();
    }

    private void LeadIn()
    {
        var first = Messages[0].Parts[0].Path;
        var lead = _translation.Traits.LeadUser;
        if (lead is null)
        {
            TranslationNotes.Reject(first, "The provider of this model wants the first message from the user. Begin the talk with one.");
        }

        var message = new PlannedMessage(isAssistant: false);
        message.Parts.Add(new TextPart(lead, first));
        Messages.Insert(0, message);
        _translation.Adapt(NeutralField.Turns);
    }

    /// <summary>Puts reasoning before the rest where it does not already begin the message.</summary>
    private static void ReasonFirst(List<NeutralPart> parts)
    {
        if (parts[0] is ReasoningPart)
        {
            return;
        }

        var to = 0;
        for (var i = 0; i < parts.Count; i++)
        {
            if (parts[i] is ReasoningPart reasoning)
            {
                parts.RemoveAt(i);
                parts.Insert(to++, reasoning);
            }
        }
    }

    /// <summary>Anthropic refuses a last assistant message that ends in white space.</summary>
    private void TrimLast()
    {
        if (Messages[^1] is { IsAssistant: true, Parts: [.., TextPart text] parts } && text.Text.AsSpan().TrimEnd().Length < text.Text.Length)
        {
            parts[^1] = text with { Text = text.Text.TrimEnd() };
            _translation.Notes.Adapt(text.Path);
        }
    }

    private bool IsLoopWithoutReasoning()
    {
        for (var i = Messages.Count - 1; i >= 0; i--)
        {
            if (Messages[i].IsAssistant)
            {
                return Messages[i].Parts.Exists(static part => part is ToolCallPart) && Messages[i].Parts[0] is not ReasoningPart;
            }
        }

        return false;
    }
}
