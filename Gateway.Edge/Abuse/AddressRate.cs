using System.Security.Cryptography;

namespace Gateway.Edge.Abuse;

/// <summary>
/// So many events a minute for each address, in 32 KiB for any number of addresses. Thread-safe: one short lock; only requests that are refused, or come without a
/// key, ever take it.
/// </summary>
/// <remarks>
/// A count-min sketch (Cormode, Muthukrishnan 2005) of the arrival times of GCRA in the place of counts: each address has a cell in each of four rows, its time is the least of them, and
/// an event moves only cells that are behind. A cell shared with another address can only make a limit tighter; with 100 addresses over their limits at once
/// that happens to one of 10,000 others. Where an address falls differs from process to process, so that nobody can aim.
/// </remarks>
internal sealed class AddressRate
{
    private const int Rows = 4;
    private const int ColumnBits = 10;

    private readonly Lock _lock = new();
    private readonly long[] _cells = new long[Rows << ColumnBits];
    private readonly ulong _seed = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8));
    private readonly TimeProvider _time;
    private readonly long _interval;
    private readonly long _window;

    /// <param name="perMinute">So many in a minute, and so many at once.</param>
    public AddressRate(int perMinute, TimeProvider time)
    {
        _time = time;
        PerMinute = perMinute;
        _window = 60 * time.TimestampFrequency;
        _interval = _window / perMinute;
    }

    public int PerMinute { get; }

    /// <summary>Counts an event, unless it is one too many.</summary>
    /// <param name="retryAfter">When the next one is counted; zero for one that was.</param>
    public bool TryTake(AddressKey address, out TimeSpan retryAfter)
    {
        var hash = Mix((address.IsV6 ? ~address.Bits : address.Bits) ^ _seed);
        var now = _time.GetTimestamp();
        lock (_lock)
        {
            var arrival = long.MaxValue;
            for (var row = 0; row < Rows; row++)
            {
                arrival = Math.Min(arrival, _cells[Cell(hash, row)]);
            }

            var next = Math.Max(arrival, now) + _interval;
            if (next - now > _window)
            {
                retryAfter = _time.GetElapsedTime(now + _window, next);
                return false;
            }

            for (var row = 0; row < Rows; row++)
            {
                ref var cell = ref _cells[Cell(hash, row)];
                cell = Math.Max(cell, next);
            }
        }

        retryAfter = TimeSpan.Zero;
        return true;
    }

    private static int Cell(ulong hash, int row) => (row << ColumnBits) | (int)((hash >> (row * ColumnBits)) & ((1 << ColumnBits) - 1));

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58_476D_1CE4_E5B9UL;
        value = (value ^ (value >> 27)) * 0x94D0_49BB_1331_11EBUL;
        return value ^ (value >> 31);
    }
}
