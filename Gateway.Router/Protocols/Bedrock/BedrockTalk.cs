using Gateway.Core.Configuration;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Bedrock;

/// <summary>One message: Converse knows two roles, in turns.</summary>
internal sealed record BedrockTurn(bool IsAssistant, List<NeutralPart> Parts);

/// <summary>The talk as Converse wants it: user first, roles in turns, all results of one turn together, nothing blank.</summary>
internal sealed class BedrockTalk
{
    private readonly Translation _translation;
    private readonly BedrockModel _model;

    private BedrockTalk(Translation translation, BedrockModel model)
    {
        _translation = translation;
        _model = model;
        AddText(translation.Request.System, System);
    }

    /// <summary>Instructions: those before the talk, and those from its middle.</summary>
    public List<NeutralPart> System { get; } = [];

    public List<BedrockTurn> Turns { get; } = [];

    /// <summary>Whether tools were called in it, which obliges to declare tools.</summary>
    public bool HasCalls { get; private set; }

    /// <exception cref="Core.Errors.GatewayException">It cannot be said.</exception>
    public static BedrockTalk Of(Translation translation, BedrockModel model)
    {
        var talk = new BedrockTalk(translation, model);
        foreach (var turn in ToolHistory.Order(translation))
        {
            talk.Add(turn);
        }

        talk.Check();
        return talk;
    }

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
        var parts = new List<NeutralPart>(turn.Parts.Count);
        foreach (var part in turn.Parts)
        {
            if (Keeps(part, isAssistant))
            {
                parts.Add(part);
                HasCalls |= part is ToolCallPart;
            }
        }

        Append(isAssistant, parts);
    }

    private bool Keeps(NeutralPart part, bool isAssistant)
    {
        switch (part)
        {
            case TextPart text:
                return !string.IsNullOrWhiteSpace(text.Text);
            case RefusalPart refusal:
                return !string.IsNullOrWhiteSpace(refusal.Text);
            case ReasoningPart reasoning when !isAssistant || !_model.IsClaude || (reasoning.Signature is null && reasoning.Redacted is null):
                // Without its proof it is refused.
                _translation.Notes.Drop(part.Path);
                return false;
            default:
                return true;
        }
    }

    private void AddSystem(NeutralTurn turn)
    {
        switch (_translation.Traits.MidSystem)
        {
            case MidSystemMode.Reject:
                TranslationNotes.Reject(turn.Path.At("role"), $"'{turn.Path}' gives instructions in the middle of the talk, which the provider of this model has no place for.");
                break;
            case MidSystemMode.Inline:
                _translation.Notes.Adapt(turn.Path.At("role"));
                var parts = new List<NeutralPart>();
                AddText(turn.Parts, parts);
                Append(isAssistant: false, parts);
                break;
            default:
                _translation.Notes.Adapt(turn.Path.At("role"));
                AddText(turn.Parts, System);
                break;
        }
    }

    private void Append(bool isAssistant, List<NeutralPart> parts)
    {
        if (parts.Count == 0)
        {
            return;
        }

        if (Turns is [.., var last] && last.IsAssistant == isAssistant)
        {
            last.Parts.AddRange(parts);
        }
        else
        {
            Turns.Add(new BedrockTurn(isAssistant, parts));
        }
    }

    private void Check()
    {
        if (Turns.Count == 0)
        {
            var name = _translation.NameOf(NeutralField.Turns);
            TranslationNotes.Reject(name, $"'{name}' has no content. Send at least one text of the user.");
        }

        if (!Turns[0].IsAssistant)
        {
            return;
        }

        if (_translation.Traits.LeadUser is not { Length: > 0 } lead)
        {
            var path = Turns[0].Parts[0].Path;
            TranslationNotes.Reject(path, $"The talk begins with the assistant ('{path}'), and the provider of this model wants the user first.");
            return;
        }

        Turns.Insert(0, new BedrockTurn(IsAssistant: false, [new TextPart(lead, default)]));
        _translation.Adapt(NeutralField.Turns);
    }

    private static void AddText(List<NeutralPart> from, List<NeutralPart> to)
    {
        foreach (var part in from)
        {
            if (part is TextPart text && !string.IsNullOrWhiteSpace(text.Text))
            {
                to.Add(part);
            }
        }
    }
}
