namespace Gateway.Core.Configuration.Documents;

/// <summary>The known name that somebody probably meant.</summary>
public static class Nearest
{
    private const int MaxLength = 64;

    /// <returns>The closest candidate within a third of its length, or null.</returns>
    public static string? Of(string text, IEnumerable<string> candidates)
    {
        if (text.Length is 0 or > MaxLength)
        {
            return null;
        }

        string? best = null;
        var bestDistance = int.MaxValue;
        foreach (var candidate in candidates)
        {
            if (candidate.Length is 0 or > MaxLength)
            {
                continue;
            }

            var distance = Distance(text, candidate);
            if (distance < bestDistance && distance <= Math.Max(1, Math.Max(text.Length, candidate.Length) / 3))
            {
                (best, bestDistance) = (candidate, distance);
            }
        }

        return best;
    }

    /// <summary>
    /// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment), without regard to case.
    /// A text of more than 64 characters is as far away as can be: its comparison would take long, and nobody mistypes so much.
    /// </summary>
    public static int Distance(string a, string b)
    {
        if (a.Length > MaxLength || b.Length > MaxLength)
        {
            return int.MaxValue;
        }

        // Three rows: a swap looks back two.
        Span<int> twoBefore = stackalloc int[b.Length + 1];
        Span<int> before = stackalloc int[b.Length + 1];
        Span<int> row = stackalloc int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
        {
            row[j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            var free = twoBefore;
            twoBefore = before;
            before = row;
            row = free;
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = Same(a[i - 1], b[j - 1]) ? 0 : 1;
                var least = Math.Min(Math.Min(before[j], row[j - 1]) + 1, before[j - 1] + cost);
                if (i > 1 && j > 1 && Same(a[i - 1], b[j - 2]) && Same(a[i - 2], b[j - 1]))
                {
                    least = Math.Min(least, twoBefore[j - 2] + 1);
                }

                row[j] = least;
            }
        }

        return row[b.Length];
    }

    private static bool Same(char a, char b) => char.ToLowerInvariant(a) == char.ToLowerInvariant(b);
}
