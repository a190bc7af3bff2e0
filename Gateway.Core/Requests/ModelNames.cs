using System.Buffers;
using System.Text;

namespace Gateway.Core.Requests;

/// <summary>The form of model names, and one string for each name that comes again and again.</summary>
public static class ModelNames
{
    /// <summary>Longest model name in bytes.</summary>
    public const int MaxLength = 128;

    private const int Slots = 256;

    private static readonly SearchValues<byte> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:/-"u8);

    // A name is only a cache entry here, never a permission. A collision replaces the entry, so clients that invent names
    // cost memory for at most as many names as there are slots.
    private static readonly string?[] Seen = new string?[Slots];

    /// <summary>Whether the name matches <c>^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$</c>.</summary>
    public static bool IsValid(ReadOnlySpan<byte> name) =>
        name.Length is > 0 and <= MaxLength && char.IsAsciiLetterOrDigit((char)name[0]) && !name.ContainsAnyExcept(Allowed);

    /// <summary>The name as a string; the same instance for a name that was seen lately.</summary>
    internal static string Intern(ReadOnlySpan<byte> name)
    {
        ref var slot = ref Seen[Hash(name) % Slots];
        var seen = slot;
        if (seen is not null && Ascii.Equals(name, seen))
        {
            return seen;
        }

        var made = Encoding.ASCII.GetString(name);
        slot = made;
        return made;
    }

    private static uint Hash(ReadOnlySpan<byte> name)
    {
        // FNV-1a: short input, no key needed because a collision costs one string.
        var hash = 2166136261;
        foreach (var value in name)
        {
            hash = (hash ^ value) * 16777619;
        }

        return hash;
    }
}
