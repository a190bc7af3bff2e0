using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Gateway.Usage.Ledger;

/// <summary>
/// Numbers for names, for ever: millions of rows hold a number each instead of a text. Clients choose some of the names, so they are kept as bytes in large blocks, at some 25 bytes a name beside its own.
/// Thread-safe by a short lock.
/// </summary>
internal sealed class NameTable
{
    /// <summary>Number of the empty name, and of the empty set of labels.</summary>
    public const int Empty = 0;

    private const int BlockBytes = 64 * 1024;
    private const byte SetMark = 0xFF;    // begins no UTF-8 text

    private readonly Lock _lock = new();
    private readonly List<byte[]> _blocks = [];
    private long[] _starts = new long[256];    // block and offset of each name: length, then bytes
    private uint[] _hashes = new uint[256];
    private int[] _slots = new int[1024];      // number + 1, or 0
    private int _blockUsed = BlockBytes;
    private int _count;

    public NameTable() => Of("");

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _count;
            }
        }
    }

    public string this[int number]
    {
        get
        {
            lock (_lock)
            {
                return Encoding.UTF8.GetString(Bytes_NeedsLock(number));
            }
        }
    }

    public int Of(string name)
    {
        Span<byte> space = stackalloc byte[1024];
        var bytes = Encoding.UTF8.GetMaxByteCount(name.Length) <= space.Length ? space[..Encoding.UTF8.GetBytes(name, space)] : Encoding.UTF8.GetBytes(name);
        return Of(bytes);
    }

    /// <summary>Of a name as bytes, or of a set as <see cref="CopyTo"/> gave it.</summary>
    public int Of(ReadOnlySpan<byte> name)
    {
        lock (_lock)
        {
            var hash = Hash(name);
            var slot = Slot_NeedsLock(name, hash);
            return _slots[slot] > 0 ? _slots[slot] - 1 : Add_NeedsLock(name, hash, slot);
        }
    }

    /// <summary>One number for several labels in their order.</summary>
    public int OfSet(IReadOnlyList<string> names)
    {
        if (names.Count == 0)
        {
            return Empty;
        }

        Span<int> numbers = names.Count <= 64 ? stackalloc int[names.Count] : new int[names.Count];
        for (var i = 0; i < numbers.Length; i++)
        {
            numbers[i] = Of(names[i]);
        }

        return OfNumbers(numbers);
    }

    /// <summary>The same of the labels' own numbers.</summary>
    public int OfNumbers(ReadOnlySpan<int> names)
    {
        if (names.IsEmpty)
        {
            return Empty;
        }

        var length = 1 + (names.Length * sizeof(int));
        Span<byte> set = length <= 512 ? stackalloc byte[length] : new byte[length];
        set[0] = SetMark;
        for (var i = 0; i < names.Length; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(set[(1 + (i * sizeof(int)))..], names[i]);
        }

        return Of(set);
    }

    /// <summary>The labels of a set; the empty one for a set of none.</summary>
    public int[] Set(int number)
    {
        lock (_lock)
        {
            var bytes = Bytes_NeedsLock(number);
            if (bytes.IsEmpty)
            {
                return [Empty];
            }

            var names = new int[(bytes.Length - 1) / sizeof(int)];
            for (var i = 0; i < names.Length; i++)
            {
                names[i] = BinaryPrimitives.ReadInt32LittleEndian(bytes[(1 + (i * sizeof(int)))..]);
            }

            return names;
        }
    }

    /// <returns>-1 for a name that nobody used.</returns>
    public int Find(string name)
    {
        var bytes = Encoding.UTF8.GetBytes(name);
        lock (_lock)
        {
            return _slots[Slot_NeedsLock(bytes, Hash(bytes))] - 1;
        }
    }

    /// <summary>Writes the names from a number on, each as its length and its bytes.</summary>
    public void CopyTo(BinaryWriter writer, int from, int to)
    {
        lock (_lock)
        {
            for (var number = from; number < to; number++)
            {
                var name = Bytes_NeedsLock(number);
                writer.Write7BitEncodedInt(name.Length);
                writer.Write(name);
            }
        }
    }

    // Seeded anew in each process: nobody can choose names that fall together.
    private static uint Hash(ReadOnlySpan<byte> name)
    {
        var hash = default(HashCode);
        hash.AddBytes(name);
        return (uint)hash.ToHashCode();
    }

    private ReadOnlySpan<byte> Bytes_NeedsLock(int number)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)number, (uint)_count);
        var block = _blocks[(int)(_starts[number] >> 32)];
        var offset = (int)_starts[number];
        return block.AsSpan(offset + sizeof(int), BitConverter.ToInt32(block, offset));
    }

    private int Slot_NeedsLock(ReadOnlySpan<byte> name, uint hash)
    {
        var slot = (int)(hash & (uint)(_slots.Length - 1));
        while (_slots[slot] > 0 && !(_hashes[_slots[slot] - 1] == hash && Bytes_NeedsLock(_slots[slot] - 1).SequenceEqual(name)))
        {
            slot = (slot + 1) & (_slots.Length - 1);
        }

        return slot;
    }

    private int Add_NeedsLock(ReadOnlySpan<byte> name, uint hash, int slot)
    {
        // 1. Its bytes.
        var needed = sizeof(int) + name.Length;
        if (_blockUsed + needed > (_blocks.Count > 0 ? _blocks[^1].Length : 0))
        {
            _blocks.Add(new byte[Math.Max(BlockBytes, needed)]);
            _blockUsed = 0;
        }

        var block = _blocks[^1];
        BitConverter.TryWriteBytes(block.AsSpan(_blockUsed), name.Length);
        name.CopyTo(block.AsSpan(_blockUsed + sizeof(int)));

        // 2. Its number.
        var number = _count++;
        if (number == _starts.Length)
        {
            Array.Resize(ref _starts, number * 2);
            Array.Resize(ref _hashes, number * 2);
        }

        (_starts[number], _hashes[number]) = (((long)(_blocks.Count - 1) << 32) | (uint)_blockUsed, hash);
        _blockUsed += needed;

        // 3. The way to it.
        _slots[slot] = _count;
        if (_count * 2 > _slots.Length)
        {
            Grow_NeedsLock();
        }

        return number;
    }

    private void Grow_NeedsLock()
    {
        _slots = new int[(int)BitOperations.RoundUpToPowerOf2((uint)_slots.Length * 2)];
        for (var number = 0; number < _count; number++)
        {
            var slot = (int)(_hashes[number] & (uint)(_slots.Length - 1));
            while (_slots[slot] > 0)
            {
                slot = (slot + 1) & (_slots.Length - 1);
            }

            _slots[slot] = number + 1;
        }
    }
}
