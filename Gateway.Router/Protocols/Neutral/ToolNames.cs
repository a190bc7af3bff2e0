using System.Security.Cryptography;
using System.Text;

namespace Gateway.Router.Protocols.Neutral;

/// <summary>Reversible names for tools whose own name the upstream would refuse. One request; the same name always maps alike.</summary>
internal sealed class ToolNames
{
    private Dictionary<string, string>? _toClient;

    /// <summary>The name to send.</summary>
    /// <param name="name">As the client named the tool.</param>
    /// <param name="isLegal">Which characters the upstream takes.</param>
    /// <param name="maxLength">Longest name that it takes.</param>
    /// <param name="isLegalFirst">Which characters it takes at the start; null for all legal ones. An underscore must be one of them.</param>
    public string ToUpstream(string name, Func<char, bool> isLegal, int maxLength, Func<char, bool>? isLegalFirst = null)
    {
        var startsWell = isLegalFirst is null || (name.Length > 0 && isLegalFirst(name[0]));
        var legal = name.Length > 0 && name.Length <= maxLength && startsWell;
        foreach (var character in name)
        {
            legal &= isLegal(character);
        }

        if (legal)
        {
            return name;
        }

        // Eight digits of a hash: two names that differ only in what is illegal must stay two.
        const int HashLength = 8;
        var text = new StringBuilder(startsWell ? "" : "_", name.Length + HashLength + 2);
        foreach (var character in name.AsSpan(0, Math.Min(name.Length, maxLength - HashLength - 1 - text.Length)))
        {
            text.Append(isLegal(character) ? character : '_');
        }

        text.Append('_').Append(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, HashLength / 2)));
        var mapped = text.ToString();
        (_toClient ??= new Dictionary<string, string>(StringComparer.Ordinal))[mapped] = name;
        return mapped;
    }

    /// <summary>The client's name for what the upstream calls.</summary>
    public string ToClient(string name) => _toClient is not null && _toClient.TryGetValue(name, out var own) ? own : name;
}
