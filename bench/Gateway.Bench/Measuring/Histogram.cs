using System.Numerics;

namespace Gateway.Bench.Measuring;

/// <summary>
/// Counts of nanoseconds in log-linear buckets: 128 to an octave, so a percentile is at most 0.8 % off. Recording allocates nothing.
/// </summary>
internal sealed class Histogram
{
    private const int SubBits = 7;
    private const int SubCount = 1 << SubBits;
    private const int Octaves = 34;    // up to 2^41 ns, more than half an hour

    private readonly long[] _counts = new long[(Octaves + 1) * SubCount];

    public long Count { get; private set; }

    public long Max { get; private set; }

    public void Record(long nanoseconds)
    {
        var value = Math.Clamp(nanoseconds, 0, (1L << (Octaves + SubBits)) - 1);
        _counts[Index(value)]++;
        Count++;
        Max = Math.Max(Max, value);
    }

    /// <summary>The value that <paramref name="percent"/> of the records do not exceed, in nanoseconds; 0 without records.</summary>
    public long Percentile(double percent)
    {
        var rank = (long)Math.Ceiling(Count * percent / 100);
        long seen = 0;
        for (var i = 0; i < _counts.Length && Count > 0; i++)
        {
            seen += _counts[i];
            if (seen >= rank && _counts[i] > 0)
            {
                return Math.Min(MiddleOf(i), Max);
            }
        }

        return 0;
    }

    public double Microseconds(double percent) => Percentile(percent) / 1000.0;

    // Values below 2 * SubCount have a bucket of their own; above, the top SubBits + 1 bits choose it.
    private static int Index(long value)
    {
        var shift = Math.Max(0, BitOperations.Log2((ulong)value | 1) - SubBits);
        return (int)(value >> shift) + (shift * SubCount);
    }

    private static long MiddleOf(int index)
    {
        if (index < 2 * SubCount)
        {
            return index;
        }

        var shift = (index / SubCount) - 1;
        var low = ((long)(index % SubCount) + SubCount) << shift;
        return low + (1L << shift >> 1);
    }
}
