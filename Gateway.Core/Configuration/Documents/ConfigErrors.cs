namespace Gateway.Core.Configuration.Documents;

/// <summary>Line and column, from 1.</summary>
internal readonly record struct Position(int Line, int Column);

/// <summary>Collects the errors of one document: an operator repairs all of them in one go.</summary>
internal sealed class ConfigErrors(string origin)
{
    // A binary file read as YAML must not become a log of millions of lines.
    private const int Max = 200;

    private readonly List<ConfigError> _errors = [];

    public bool Any => _errors.Count > 0;

    public bool IsFull => _errors.Count >= Max;

    public void Add(Position position, string path, string message, string? nearest = null)
    {
        if (!IsFull)
        {
            _errors.Add(new(origin, position.Line, position.Column, path, message, nearest));
        }
    }

    public void Add(ConfigNode node, string message, string? nearest = null) => Add(node.Position, node.Path, message, nearest);

    /// <summary>Adds an error about a name that nothing has, with the closest one that something has.</summary>
    public void AddUnknown(ConfigNode node, string message, IEnumerable<string> known)
    {
        // The search costs time for every name, so not for errors that nobody will read; and a value out of the environment stays hidden.
        Add(node, message, IsFull || node.FromEnvironment ? null : Nearest.Of((string)node.Value!, known));
    }

    public IReadOnlyList<ConfigError> Sorted() => [.. _errors.OrderBy(static error => error.Line).ThenBy(static error => error.Column)];
}
