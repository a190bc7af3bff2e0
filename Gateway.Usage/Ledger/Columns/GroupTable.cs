using System.Numerics;

namespace Gateway.Usage.Ledger.Columns;

/// <summary>Numbers 0, 1, 2 for keys in the order in which they come. Not thread-safe.</summary>
internal sealed class KeyNumbers
{
    private ulong[] _keys = new ulong[256];
    private int[] _numbers = new int[256];    // number + 1, or 0
    private int _shift = 64 - 8;

    public int Count { get; private set; }

    /// <param name="isNew">The key was not there.</param>
    public int Of(ulong key, out bool isNew)
    {
        var slot = Slot(key);
        isNew = _numbers[slot] == 0;
        if (!isNew)
        {
            return _numbers[slot] - 1;
        }

        var number = Count++;
        (_keys[slot], _numbers[slot]) = (key, Count);
        if (Count * 2 > _keys.Length)
        {
            Grow();
        }

        return number;
    }

    private int Slot(ulong key)
    {
        // The product's high bits depend on all bits of the key.
        var slot = (int)((key * 0x9E37_79B9_7F4A_7C15) >> _shift);
        while (_numbers[slot] > 0 && _keys[slot] != key)
        {
            slot = (slot + 1) & (_keys.Length - 1);
        }

        return slot;
    }

    private void Grow()
    {
        var (keys, numbers) = (_keys, _numbers);
        (_keys, _numbers) = (new ulong[keys.Length * 2], new int[keys.Length * 2]);
        _shift = 64 - BitOperations.Log2((uint)_keys.Length);
        for (var i = 0; i < keys.Length; i++)
        {
            if (numbers[i] > 0)
            {
                var slot = Slot(keys[i]);
                (_keys[slot], _numbers[slot]) = (keys[i], numbers[i]);
            }
        }
    }
}

/// <summary>Sums of each <see cref="LedgerColumns.Measures"/>, by group. Not thread-safe.</summary>
internal sealed class GroupSums
{
    private static readonly int Stride = LedgerColumns.Measures.Length;
    private long[] _sums = new long[Stride * 64];

    public Span<long> this[int group]
    {
        get
        {
            Reserve(group + 1);
            return _sums.AsSpan(group * Stride, Stride);
        }
    }

    public void Reserve(int groups)
    {
        if (groups * Stride > _sums.Length)
        {
            Array.Resize(ref _sums, Math.Max(groups * Stride, _sums.Length * 2));
        }
    }

    /// <summary>Adds one measure of some rows, each to its group. <see cref="Reserve"/> comes before.</summary>
    public void Add(int measure, ReadOnlySpan<int> groups, ReadOnlySpan<int> rows, ReadOnlySpan<long> values)
    {
        var sums = _sums;
        for (var i = 0; i < groups.Length; i++)
        {
            ref var sum = ref sums[(groups[i] * Stride) + measure];
            sum = Add(sum, values[rows[i]]);
        }
    }

    public static long Add(long sum, long more)
    {
        var added = unchecked(sum + more);

        // Both have one sign and the sum has the other.
        return ((sum ^ added) & (more ^ added)) >= 0 ? added : sum < 0 ? long.MinValue : long.MaxValue;
    }
}
