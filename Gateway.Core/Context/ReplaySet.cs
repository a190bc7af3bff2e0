using System.Buffers.Binary;
using System.Numerics;

namespace Gateway.Core.Context;

/// <summary>
/// Remembers the requests of at least the last minute, so that a signed context that was overheard is good for nothing. Thread-safe: one short lock for each
/// of 64 parts, so that requests hardly ever meet. Allocates only when a part grows.
/// </summary>
/// <remarks>
/// Each part has two generations of open-addressing tables of 64-bit prints of the ids; an id is remembered for one to two lifetimes of a generation. Ids are
/// chosen by the Edge and signed, so nobody can look for two with the same print; by chance one of 10^13 is taken for another at 1,000,000 remembered.
/// At most 16 MiB: past about 12,000 requests a second a generation ends early, and the memory is shorter than a minute; a context is good for 30 s.
/// </remarks>
public sealed class ReplaySet
{
    /// <summary>A context lives 30 s; the rest is for clocks that differ.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromSeconds(60);

    private const int PartBits = 6;
    private const int FirstSlots = 64;
    private const int MostSlots = 16 * 1024;

    private readonly Part[] _parts = new Part[1 << PartBits];
    private readonly TimeProvider _time;
    private readonly long _memory;

    public ReplaySet(TimeProvider time)
    {
        _time = time;
        _memory = (long)(Memory.TotalSeconds * time.TimestampFrequency);
        for (var i = 0; i < _parts.Length; i++)
        {
            _parts[i] = new Part();
        }
    }

    /// <returns>False for an id that was added within <see cref="Memory"/>.</returns>
    public bool TryAdd(Guid id)
    {
        var print = PrintOf(id);
        return _parts[print >> (64 - PartBits)].TryAdd(print, _time.GetTimestamp(), _memory);
    }

    private static ulong PrintOf(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes);

        // Version 7 begins with the time: both halves are mixed, so that parts and slots fill evenly.
        var print = BinaryPrimitives.ReadUInt64LittleEndian(bytes) ^ BitOperations.RotateLeft(BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]) * 0x9E37_79B9_7F4A_7C15UL, 31);
        print = (print ^ (print >> 32)) * 0xD6E8_FEB8_6659_FD93UL;
        print ^= print >> 32;
        return print == 0 ? 1 : print;
    }

    private sealed class Part
    {
        private readonly Lock _lock = new();
        private ulong[] _current = new ulong[FirstSlots];
        private ulong[] _before = new ulong[FirstSlots];
        private int _count;
        private long? _since;

        public bool TryAdd(ulong print, long now, long memory)
        {
            lock (_lock)
            {
                _since ??= now;
                if (now - _since >= memory)
                {
                    Turn_NeedsLock(now, isStale: now - _since >= 2 * memory);
                }

                if (Find(_current, print, out var slot) || Find(_before, print, out _))
                {
                    return false;
                }

                if (_count >= _current.Length / 4 * 3)
                {
                    if (_current.Length < MostSlots)
                    {
                        Grow_NeedsLock();
                    }
                    else
                    {
                        Turn_NeedsLock(now, isStale: false);
                    }

                    Find(_current, print, out slot);
                }

                _current[slot] = print;
                _count++;
                return true;
            }
        }

        private void Turn_NeedsLock(long now, bool isStale)
        {
            if (_before.Length == _current.Length)
            {
                // The usual case at an even load: the older table is used again.
                (_current, _before) = (_before, _current);
                Array.Clear(_current);
            }
            else
            {
                _before = _current;
                _current = new ulong[_before.Length];
            }

            if (isStale)
            {
                Array.Clear(_before);
            }

            _count = 0;
            _since = now;
        }

        private void Grow_NeedsLock()
        {
            var old = _current;
            _current = new ulong[old.Length * 2];
            foreach (var print in old)
            {
                if (print != 0)
                {
                    Find(_current, print, out var slot);
                    _current[slot] = print;
                }
            }
        }

        /// <param name="slot">Where it is, or where it belongs.</param>
        private static bool Find(ulong[] table, ulong print, out int slot)
        {
            // Never full: a quarter of the slots stays empty.
            slot = (int)print & (table.Length - 1);
            while (table[slot] != 0)
            {
                if (table[slot] == print)
                {
                    return true;
                }

                slot = (slot + 1) & (table.Length - 1);
            }

            return false;
        }
    }
}
