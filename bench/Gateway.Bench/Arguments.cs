using System.Globalization;

namespace Gateway.Bench;

/// <summary>`--name value` pairs and `--switch`es. What nobody asked for is an error: a mistyped option must not measure something else.</summary>
internal sealed class Arguments
{
    private readonly Dictionary<string, List<string>> _given = [];
    private readonly HashSet<string> _asked = [];

    public Arguments(IEnumerable<string> args)
    {
        List<string>? current = null;
        foreach (var arg in args)
        {
            if (arg.StartsWith("--", StringComparison.Ordinal))
            {
                var parts = arg[2..].Split('=', 2);
                current = _given[parts[0]] = _given.GetValueOrDefault(parts[0]) ?? [];
                current.AddRange(parts.Skip(1));
            }
            else if (current is not null)
            {
                current.Add(arg);
            }
            else
            {
                throw new BenchException($"'{arg}' is not an option.");
            }
        }
    }

    public bool Switch(string name)
    {
        var values = Take(name);
        return values is null ? false
            : values.Count == 0 ? true
            : throw new BenchException($"--{name} takes no value.");
    }

    public bool Given(string name) => _given.ContainsKey(name);

    public string Text(string name, string otherwise)
    {
        var values = Take(name);
        return values is null ? otherwise
            : values.Count == 1 ? values[0]
            : throw new BenchException($"--{name} takes one value.");
    }

    public int Number(string name, int otherwise, int least, int most)
    {
        var text = Text(name, otherwise.ToString(CultureInfo.InvariantCulture));
        return int.TryParse(text, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most
            ? value
            : throw new BenchException($"--{name} takes a number from {least} to {most}.");
    }

    /// <summary>Names apart by commas or spaces, each one of <paramref name="known"/>; all of them when the option is not given.</summary>
    public IReadOnlyList<string> Names(string name, IReadOnlyList<string> known)
    {
        if (Take(name) is not { } values)
        {
            return known;
        }

        var names = values.SelectMany(static value => value.Split(',', StringSplitOptions.RemoveEmptyEntries)).ToList();
        return names.Count > 0 && names.TrueForAll(known.Contains)
            ? [.. known.Where(names.Contains)]
            : throw new BenchException($"--{name} takes some of: {string.Join(", ", known)}.");
    }

    public IReadOnlyList<string> All(string name) => Take(name) ?? [];

    public void RefuseRest()
    {
        if (_given.Keys.FirstOrDefault(name => !_asked.Contains(name)) is { } unknown)
        {
            throw new BenchException($"There is no option --{unknown} here.");
        }
    }

    private List<string>? Take(string name)
    {
        _asked.Add(name);
        return _given.GetValueOrDefault(name);
    }
}
