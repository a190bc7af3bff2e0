using System.Globalization;
using System.Text;

namespace Gateway.Edge.Admin.ConfigVersions;

/// <summary>Differences of two texts by lines, in the unified form of diff and git. Source: Myers 1986, doi:10.1007/BF01840446.</summary>
internal static class UnifiedDiff
{
    private const int Context = 3;

    /// <summary>With more differences all between the first and the last one counts as changed: their search takes time and memory by the square.</summary>
    private const int MaxDifferences = 1000;

    /// <returns>Empty when nothing differs.</returns>
    public static string Of(string before, string after, string beforeName, string afterName)
    {
        string[] old = Lines(before), fresh = Lines(after);
        var edits = Compare(old, fresh);
        if (edits.TrueForAll(static edit => edit.Sign == ' '))
        {
            return "";
        }

        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"--- {beforeName}\n+++ {afterName}\n");
        for (var at = 0; at < edits.Count;)
        {
            // 1. From some lines before the next difference...
            var first = edits.FindIndex(at, static edit => edit.Sign != ' ');
            if (first < 0)
            {
                break;
            }

            // 2. ...to some after the last one that is near.
            var last = first;
            for (var next = first + 1; next < edits.Count && next - last <= 2 * Context; next++)
            {
                last = edits[next].Sign != ' ' ? next : last;
            }

            var (from, to) = (Math.Max(at, first - Context), Math.Min(edits.Count, last + Context + 1));
            WriteHunk(text, edits, from, to);
            at = to;
        }

        return text.ToString();
    }

    private static void WriteHunk(StringBuilder text, List<Edit> edits, int from, int to)
    {
        var (oldStart, newStart) = (edits.Take(from).Count(static edit => edit.Sign != '+') + 1, edits.Take(from).Count(static edit => edit.Sign != '-') + 1);
        var hunk = edits.GetRange(from, to - from);
        var (oldLines, newLines) = (hunk.Count(static edit => edit.Sign != '+'), hunk.Count(static edit => edit.Sign != '-'));
        text.Append(CultureInfo.InvariantCulture, $"@@ -{(oldLines == 0 ? oldStart - 1 : oldStart)},{oldLines} +{(newLines == 0 ? newStart - 1 : newStart)},{newLines} @@\n");
        foreach (var edit in hunk)
        {
            text.Append(edit.Sign).Append(edit.Line).Append('\n');
        }
    }

    private static List<Edit> Compare(string[] old, string[] fresh)
    {
        var head = old.Zip(fresh).TakeWhile(static pair => pair.First == pair.Second).Count();
        var tail = old.Skip(head).Reverse().Zip(fresh.Skip(head).Reverse()).TakeWhile(static pair => pair.First == pair.Second).Count();
        var edits = old.Take(head).Select(static line => new Edit(' ', line)).ToList();
        edits.AddRange(Middle(old[head..^tail], fresh[head..^tail]));
        edits.AddRange(old.TakeLast(tail).Select(static line => new Edit(' ', line)));
        return edits;
    }

    private static IEnumerable<Edit> Middle(string[] old, string[] fresh)
    {
        var max = Math.Min(old.Length + fresh.Length, MaxDifferences);
        var reach = new int[(2 * max) + 3];
        var offset = max + 1;
        var history = new List<int[]>();
        for (var differences = 0; differences <= max; differences++)
        {
            history.Add([.. reach.AsSpan(offset - differences - 1, (2 * differences) + 3)]);
            for (var diagonal = -differences; diagonal <= differences; diagonal += 2)
            {
                var x = diagonal == -differences || (diagonal != differences && reach[offset + diagonal - 1] < reach[offset + diagonal + 1]) ? reach[offset + diagonal + 1] : reach[offset + diagonal - 1] + 1;
                while (x < old.Length && x - diagonal < fresh.Length && old[x] == fresh[x - diagonal])
                {
                    x++;
                }

                reach[offset + diagonal] = x;
                if (x >= old.Length && x - diagonal >= fresh.Length)
                {
                    return Path(old, fresh, history);
                }
            }
        }

        return old.Select(static line => new Edit('-', line)).Concat(fresh.Select(static line => new Edit('+', line)));
    }

    /// <summary>Back from the end, by how far each number of differences had reached.</summary>
    private static List<Edit> Path(string[] old, string[] fresh, List<int[]> history)
    {
        var edits = new List<Edit>();
        var (x, y) = (old.Length, fresh.Length);
        for (var differences = history.Count - 1; differences >= 0; differences--)
        {
            var reach = history[differences];
            var middle = differences + 1;
            var diagonal = x - y;
            var isDown = diagonal == -differences || (diagonal != differences && reach[middle + diagonal - 1] < reach[middle + diagonal + 1]);
            var (fromX, fromDiagonal) = isDown ? (reach[middle + diagonal + 1], diagonal + 1) : (reach[middle + diagonal - 1], diagonal - 1);
            var fromY = fromX - fromDiagonal;
            while (x > fromX && y > fromY)
            {
                edits.Add(new Edit(' ', old[--x]));
                y--;
            }

            if (differences > 0)
            {
                edits.Add(isDown ? new Edit('+', fresh[--y]) : new Edit('-', old[--x]));
            }
        }

        edits.Reverse();
        return edits;
    }

    private static string[] Lines(string text) => text.Length == 0 ? [] : [.. (text.EndsWith('\n') ? text[..^1] : text).Split('\n').Select(static line => line.TrimEnd('\r'))];

    private readonly record struct Edit(char Sign, string Line);
}
