using System.Globalization;

namespace Gateway.Router.Protocols.Neutral;

/// <summary>
/// Where in the client's body something stood, as the client would write it: <c>messages[3].content[1].image_url</c>. Made for
/// every part, shown for few: the text is built only when somebody is told.
/// </summary>
/// <param name="List">Name of a member of the body.</param>
/// <param name="Index">Place in that list, or -1.</param>
/// <param name="Inner">Name of a list inside, or null.</param>
/// <param name="InnerIndex">Place in it, or -1.</param>
/// <param name="Member">Member at that place, or null.</param>
internal readonly record struct SourcePath(string List, int Index = -1, string? Inner = null, int InnerIndex = -1, string? Member = null)
{
    public SourcePath At(string member) => this with { Member = member };

    public override string ToString()
    {
        var path = List ?? "";
        path = Index < 0 ? path : string.Create(CultureInfo.InvariantCulture, $"{path}[{Index}]");
        path = Inner is null ? path : InnerIndex < 0 ? $"{path}.{Inner}" : string.Create(CultureInfo.InvariantCulture, $"{path}.{Inner}[{InnerIndex}]");
        return Member is null ? path : path.Length == 0 ? Member : $"{path}.{Member}";
    }
}
