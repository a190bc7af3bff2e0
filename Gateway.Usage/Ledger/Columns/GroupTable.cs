using System.Numerics;

namespace Gateway.Usage.Ledger.Columns;

/// <summary>Numbers 0, 1, 2 for keys in the order in which they come. Not thread-safe.</summary>
internal sealed class KeyNumbers
{
    // Key and number in one line of the cache: with many groups nearly each look is a miss.
    private Slot[] _slots = new Slot[256];
    private int _shift = 64 - 8;

    public int Count { get; private set; }

    /// <param name="isNew">The key was not there.</param>
    public int Of(ulong key, out bool isNew)
    {
        ref var slot = ref SlotOf(key);
        isNew = slot.NumberPlusOne == 0;
        if (!isNew)
        {
            return slot.NumberPlusOne - 1;
        }

        var number = Count++;
        (slot.Key, slot.NumberPlusOne) = (key, Count);
        if (Count * 2 > _slots.Length)
        {
            Grow();
        }

        return number;
    }

    private ref Slot SlotOf(ulong key)
    {
        // The product's high bits depend on all bits of the key.
        var slots = _slots;
        var at = (int)((key * 0x9E37_79B9_7F4A_7C15) >> _shift);
        while (slots[at].NumberPlusOne > 0 && slots[at].Key != key)
        {
            at = (at + 1) & (slots.Length - 1);
        }

        return ref slots[at];
    }

    private void Grow()
    {
        var old = _slots;
        _slots = new Slot[old.Length * 2];
        _shift = 64 - BitOperations.Log2((uint)_slots.Length);
        foreach (ref readonly var slot in old.AsSpan())
        {
            if (slot.NumberPlusOne > 0)
            {
                SlotOf(slot.Key) = slot;
            }
        }
    }

    /// <param name="NumberPlusOne">0 where there is none.</param>
    private record struct Slot(ulong Key, int NumberPlusOne);
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
