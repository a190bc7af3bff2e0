namespace Gateway.Router.Catalog;

/// <summary>Name patterns in which <c>*</c> stands for any run of characters.</summary>
internal static class WildcardPattern
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

    /// <summary>Linear for one star and at worst length times length; never exponential, since only the last star is tried again.</summary>
    public static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        int p = 0, n = 0, star = -1, resume = 0;
        while (n < name.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                star = p++;
                resume = n;
            }
            else if (p < pattern.Length && pattern[p] == name[n])
            {
                p++;
                n++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                n = ++resume;
            }
            else
            {
                return false;
            }
        }

        return pattern[p..].Trim('*').IsEmpty;
    }
}
