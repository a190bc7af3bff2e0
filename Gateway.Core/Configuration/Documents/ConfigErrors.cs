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

    public void Add(Position position, string path, string message, string? nearest = null)
    {
        if (_errors.Count < Max)
        {
            _errors.Add(new(origin, position.Line, position.Column, path, message, nearest));
        }
    }

    public void Add(ConfigNode node, string message, string? nearest = null) => Add(node.Position, node.Path, message, nearest);

    public IReadOnlyList<ConfigError> Sorted() => [.. _errors.OrderBy(static error => error.Line).ThenBy(static error => error.Column)];
}
