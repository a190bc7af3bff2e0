using System.Diagnostics.CodeAnalysis;
using Gateway.Core.Errors;

namespace Gateway.Router.Protocols.Neutral;

/// <summary>
/// What a translation could not keep. Nothing is lost in silence: what is dropped or adapted stands in <c>x-gateway-warning</c>, in
/// the client's own field names; what would change the answer, or all of it where the route says so, is a 400.
/// </summary>
/// <param name="rejectAll">The route refuses every loss (<c>unmappable: reject</c>).</param>
internal sealed class TranslationNotes(bool rejectAll = false)
{
    private readonly List<string> _dropped = [];
    private readonly List<string> _adapted = [];

    public IReadOnlyList<string> Dropped => _dropped;

    public IReadOnlyList<string> Adapted => _adapted;

    /// <summary>A field has no twin, and the answer means the same without it.</summary>
    public void Drop(string field)
    {
        RejectIfStrict(field);
        Add(_dropped, field);
    }

    public void Drop(SourcePath path) => Drop(path.ToString());

    /// <summary>A field was changed into the nearest that the upstream understands.</summary>
    public void Adapt(string field)
    {
        RejectIfStrict(field);
        Add(_adapted, field);
    }

    public void Adapt(SourcePath path) => Adapt(path.ToString());

    /// <summary>A part of the answer that the client's protocol cannot say. The answer is there already: it is told, never refused.</summary>
    public void DropFromAnswer(string field) => Add(_dropped, field);

    /// <summary>Refuses what cannot be said to the upstream without changing what the caller gets.</summary>
    /// <param name="field">The client's name for it.</param>
    /// <param name="why">One or two sentences: what is wrong, and what would be right.</param>
    [DoesNotReturn]
    public static void Reject(string field, string why) => throw new GatewayException(GatewayErrorKind.InvalidRequest, why, field);

    [DoesNotReturn]
    public static void Reject(SourcePath path, string why) => Reject(path.ToString(), why);

    /// <summary>The header's value, or null when nothing was lost.</summary>
    public string? ToHeader() => (_dropped.Count, _adapted.Count) switch
    {
        (0, 0) => null,
        (_, 0) => $"dropped={string.Join(',', _dropped)}",
        (0, _) => $"adapted={string.Join(',', _adapted)}",
        _ => $"dropped={string.Join(',', _dropped)}; adapted={string.Join(',', _adapted)}",
    };

    private void RejectIfStrict(string field)
    {
        if (rejectAll)
        {
            Reject(field, $"'{field}' cannot be kept on the way to this model, and its route refuses losses (unmappable: reject). Leave it out, or ask for a model whose provider has it.");
        }
    }

    private static void Add(List<string> list, string field)
    {
        if (!list.Contains(field))
        {
            list.Add(field);
        }
    }
}
