namespace Gateway.Usage.Ledger;

/// <summary>Numbers for names, so that millions of entries hold four bytes each instead of a string. Not thread-safe.</summary>
internal sealed class NameTable
{
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly List<string> _names = [];

    public string this[int number] => _names[number];

    public int Of(string name)
    {
        if (!_numbers.TryGetValue(name, out var number))
        {
            number = _names.Count;
            _numbers.Add(name, number);
            _names.Add(name);
        }

        return number;
    }

    /// <returns>-1 for a name that nobody used.</returns>
    public int Find(string name) => _numbers.GetValueOrDefault(name, -1);
}
