using System.Globalization;
using System.Text;
using DiffPlex;

namespace Gateway.Edge.Admin.ConfigVersions;

/// <summary>Differences of two texts by lines, in the unified form of diff and git.</summary>
internal static class UnifiedDiff
{
    private const int Context = 3;

    /// <summary>With more lines between the first and the last difference all of them count as changed: their search takes time by the square.</summary>
    private const int MaxCompared = 4000;

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
        if (old.Length == 0 || fresh.Length == 0 || old.Length + fresh.Length > MaxCompared)
        {
            return old.Select(static line => new Edit('-', line)).Concat(fresh.Select(static line => new Edit('+', line)));
        }

        var edits = new List<Edit>();
        var at = 0;
        foreach (var block in new Differ().CreateLineDiffs(string.Join('\n', old), string.Join('\n', fresh), ignoreWhitespace: false).DiffBlocks)
        {
            edits.AddRange(old[at..block.DeleteStartA].Select(static line => new Edit(' ', line)));
            at = block.DeleteStartA + block.DeleteCountA;
            edits.AddRange(old[block.DeleteStartA..at].Select(static line => new Edit('-', line)));
            edits.AddRange(fresh[block.InsertStartB..(block.InsertStartB + block.InsertCountB)].Select(static line => new Edit('+', line)));
        }

        return edits.Concat(old[at..].Select(static line => new Edit(' ', line)));
    }

    private static string[] Lines(string text) => text.Length == 0 ? [] : [.. (text.EndsWith('\n') ? text[..^1] : text).Split('\n').Select(static line => line.TrimEnd('\r'))];

    private readonly record struct Edit(char Sign, string Line);
}
