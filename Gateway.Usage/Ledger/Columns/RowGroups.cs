using System.Numerics;
using System.Runtime.InteropServices;
using Gateway.Core.Errors;

namespace Gateway.Usage.Ledger.Columns;

/// <summary>
/// Finds the group of rows. The numbers of a row's dimensions are packed into one key; where they do not fit, what was packed so far gets a number of its own, and packing goes on with that. Not thread-safe.
/// </summary>
internal sealed class RowGroups
{
    private const int KeyBits = 64;
    private const int NumberBits = 32;

    private readonly NameTable _names;
    private readonly Part[] _parts;
    private readonly int _most;
    private readonly KeyNumbers _groups = new();
    private readonly List<int> _codes = [];    // of each group, in the order of the query
    private readonly Dictionary<long, int[]> _labels = [];
    private readonly ulong[] _keys = new ulong[RowBlock.MaxRows];
    private int[] _entryGroups = new int[RowBlock.MaxRows];
    private int[] _entryRows = new int[RowBlock.MaxRows];
    private int _entries;
    private long _month = -1;
    private long _monthDay = -1;

    /// <param name="most">More groups than this are refused.</param>
    public RowGroups(IReadOnlyList<UsageDimension> groups, NameTable names, int most)
    {
        (_names, _most) = (names, most);
        var nameBits = BitOperations.Log2((uint)names.Count) + 1;

        // Labels come last: they are what makes several groups of one row.
        _parts = [.. groups
            .Select((dimension, place) => new Part(dimension, place, BitsOf(dimension, nameBits)))
            .OrderBy(static part => part.Dimension is UsageDimension.Tag)];
        var used = 0;
        foreach (ref var part in _parts.AsSpan())
        {
            if (used + part.Bits > KeyBits)
            {
                part = part with { Before = new KeyNumbers() };
                used = NumberBits;
            }

            used += part.Bits;
        }
    }

    public int Count => _groups.Count;

    /// <summary>Groups that the rows of the last call are in, one or more each.</summary>
    public ReadOnlySpan<int> EntryGroups => _entryGroups.AsSpan(0, _entries);

    /// <summary>The rows themselves, each beside its group.</summary>
    public ReadOnlySpan<int> EntryRows => _entryRows.AsSpan(0, _entries);

    /// <summary>Numbers of a group's dimensions in the order of the query.</summary>
    public ReadOnlySpan<int> Codes(int group) => CollectionsMarshal.AsSpan(_codes).Slice(group * _parts.Length, _parts.Length);

    /// <exception cref="GatewayException">There are more groups than one answer holds.</exception>
    public void Find(RowBlock block, ReadOnlySpan<int> rows)
    {
        var keys = _keys.AsSpan(0, rows.Length);
        keys.Clear();
        _entries = 0;
        var isLabelled = _parts[^1].Dimension is UsageDimension.Tag;
        foreach (ref readonly var part in _parts.AsSpan(0, _parts.Length - (isLabelled ? 1 : 0)))
        {
            var values = block[part.Column];
            for (var i = 0; i < rows.Length; i++)
            {
                keys[i] = part.Append(keys[i], Code(part.Dimension, values[rows[i]]));
            }
        }

        if (!isLabelled)
        {
            for (var i = 0; i < rows.Length; i++)
            {
                Enter(block, rows[i], keys[i], label: 0);
            }

            return;
        }

        var sets = block[LedgerColumn.Tags];
        for (var i = 0; i < rows.Length; i++)
        {
            foreach (var label in Labels(sets[rows[i]]))
            {
                Enter(block, rows[i], _parts[^1].Append(keys[i], label), label);
            }
        }
    }

    /// <summary>The group with these numbers.</summary>
    public int Of(ReadOnlySpan<int> codes)
    {
        var key = 0UL;
        foreach (ref readonly var part in _parts.AsSpan())
        {
            key = part.Append(key, codes[part.Place]);
        }

        var group = _groups.Of(key, out var isNew);
        if (isNew)
        {
            Limit();
            _codes.AddRange(codes);
        }

        return group;
    }

    private static int BitsOf(UsageDimension dimension, int nameBits) => dimension switch
    {
        UsageDimension.Status => 25,    // hundreds of any number
        UsageDimension.Hour => 27,      // to the year 9999
        UsageDimension.Day => 22,
        UsageDimension.Month => 17,
        _ => nameBits,
    };

    private void Enter(RowBlock block, int row, ulong key, int label)
    {
        var group = _groups.Of(key, out var isNew);
        if (isNew)
        {
            Limit();
            CollectionsMarshal.SetCount(_codes, _codes.Count + _parts.Length);
            var codes = CollectionsMarshal.AsSpan(_codes)[^_parts.Length..];
            foreach (ref readonly var part in _parts.AsSpan())
            {
                codes[part.Place] = part.Dimension is UsageDimension.Tag ? label : (int)Code(part.Dimension, block[part.Column][row]);
            }
        }

        if (_entries == _entryRows.Length)
        {
            Array.Resize(ref _entryRows, _entries * 2);
            Array.Resize(ref _entryGroups, _entries * 2);
        }

        (_entryGroups[_entries], _entryRows[_entries]) = (group, row);
        _entries++;
    }

    private long Code(UsageDimension dimension, long value) => dimension switch
    {
        UsageDimension.Hour => value / LedgerColumns.MsPerHour,
        UsageDimension.Day => value / (24 * LedgerColumns.MsPerHour),
        UsageDimension.Month => Month(value / (24 * LedgerColumns.MsPerHour)),
        _ => value,
    };

    private long Month(long day)
    {
        if (day != _monthDay)
        {
            var date = DateTime.UnixEpoch.AddDays(day);
            (_monthDay, _month) = (day, (date.Year * 12) + date.Month - 1);
        }

        return _month;
    }

    private int[] Labels(long set)
    {
        if (!_labels.TryGetValue(set, out var labels))
        {
            _labels.Add(set, labels = _names.Set((int)set));
        }

        return labels;
    }

    private void Limit()
    {
        if (_groups.Count > _most)
        {
            throw GroupLimit.Exceeded(_most);
        }
    }

    /// <param name="Before">Gives what was packed so far a number, where this one would not fit beside it.</param>
    private readonly record struct Part(UsageDimension Dimension, int Place, int Bits, KeyNumbers? Before = null)
    {
        public LedgerColumn Column { get; } = LedgerColumns.Of(Dimension);

        public ulong Append(ulong key, long code) => ((Before is null ? key : (ulong)Before.Of(key, out _)) << Bits) | (ulong)code;
    }
}
