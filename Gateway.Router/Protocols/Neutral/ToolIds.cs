using System.Security.Cryptography;
using System.Text;

namespace Gateway.Router.Protocols.Neutral;

/// <summary>Ids for tool calls of protocols that have none.</summary>
internal static class ToolIds
{
    private const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private const int Length = 24;

    /// <summary>A new id for a call of an answer: <c>call_</c> and 24 characters.</summary>
    public static string New() => "call_" + RandomNumberGenerator.GetString(Alphabet, Length);

    /// <summary>The id of a call in a history without ids. The same for the same place and name, so that repeated histories give the same bytes.</summary>
    /// <param name="name">Of the tool.</param>
    /// <param name="ordinal">The how-manieth call of the history it is.</param>
    public static string ForHistory(string name, int ordinal) => Hash("call_", $"{ordinal}:{name}");

    /// <summary>A legal id in the place of one that the upstream would refuse; the same for the same id.</summary>
    /// <param name="prefix">What the upstream's own ids begin with.</param>
    /// <param name="id">The client's.</param>
    public static string Map(string prefix, string id) => Hash(prefix, id);

    private static string Hash(string prefix, string text)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(text), hash);
        return string.Concat(prefix, Convert.ToHexStringLower(hash[..(Length / 2)]));
    }
}
