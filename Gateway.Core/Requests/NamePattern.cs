namespace Gateway.Core.Requests;

/// <summary>Name patterns of virtual keys, in which <c>*</c> stands for any run of characters.</summary>
public static class NamePattern
{
    public static bool MatchesAny(IReadOnlyList<string> patterns, string name)
    {
        for (var i = 0; i < patterns.Count; i++)
        {
            if (Matches(patterns[i], name))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Ordinal. At worst pattern length times name length: on a mismatch only the latest star takes one character more.</summary>
    public static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        int at = 0, next = 0, star = -1, taken = 0;
        while (next < name.Length)
        {
            if (at < pattern.Length && pattern[at] == '*')
            {
                star = at++;
                taken = next;
            }
            else if (at < pattern.Length && pattern[at] == name[next])
            {
                at++;
                next++;
            }
            else if (star >= 0)
            {
                at = star + 1;
                next = ++taken;
            }
            else
            {
                return false;
            }
        }

        return pattern[at..].TrimStart('*').IsEmpty;
    }
}
