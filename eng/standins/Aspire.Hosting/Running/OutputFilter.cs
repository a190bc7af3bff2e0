namespace Aspire.Hosting.Running;

/// <summary>
/// Decides which lines of a child reach the terminal: of the console logger's entries those from warning up, and everything
/// that is not an entry of it. The newest lines of all kinds are kept, to be shown when the child fails. Not thread-safe.
/// </summary>
internal sealed class OutputFilter(bool all)
{
    private const int Kept = 40;
    private static readonly string[] s_quiet = ["trce: ", "dbug: ", "info: "];

    private readonly Queue<string> _recent = new(Kept);
    private bool _inQuietEntry;

    public IReadOnlyCollection<string> Recent => _recent;

    public bool Shows(string line)
    {
        if (_recent.Count == Kept) { _recent.Dequeue(); }
        _recent.Enqueue(line);

        // An entry is a headline with its level, perhaps after a timestamp, and then lines that are indented by six.
        if (!line.StartsWith("      ", StringComparison.Ordinal))
        {
            _inQuietEntry = IsQuiet(line) || IsQuiet(line.AsSpan(line.IndexOf(' ', StringComparison.Ordinal) + 1));
        }
        return all || !_inQuietEntry;
    }

    private static bool IsQuiet(ReadOnlySpan<char> line)
    {
        foreach (var level in s_quiet)
        {
            if (line.StartsWith(level, StringComparison.Ordinal)) { return true; }
        }
        return false;
    }
}

