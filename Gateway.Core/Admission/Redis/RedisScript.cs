using System.Security.Cryptography;
using System.Text;

namespace Gateway.Core.Admission.Redis;

/// <summary>A Lua script and the name that Redis gives it. Made once, kept for ever.</summary>
/// <param name="name">For metrics.</param>
public sealed class RedisScript(string name, string text)
{
    public string Name { get; } = name;

    public string Text { get; } = text;

    /// <summary>SHA-1 of the text, which is how Redis names it.</summary>
    public byte[] Sha1 { get; } = Digest(text);

    private static byte[] Digest(string text)
    {
#pragma warning disable CA5350 // Redis names scripts by SHA-1; nothing is protected by it.
        return SHA1.HashData(Encoding.UTF8.GetBytes(text));
#pragma warning restore CA5350
    }
}
