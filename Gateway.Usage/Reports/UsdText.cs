using System.Buffers.Text;
using Gateway.Core.Money;

namespace Gateway.Usage.Reports;

/// <summary>Money as an exact decimal text: <c>0.00051</c>. No floating point, no rounding, no zeros at the end.</summary>
internal static class UsdText
{
    /// <summary>Sign, nineteen digits and a point.</summary>
    public const int MaxBytes = 24;

    /// <param name="nanoUsd">Any number.</param>
    /// <param name="destination">At least <see cref="MaxBytes"/>.</param>
    /// <returns>Bytes written, all of them ASCII.</returns>
    public static int Write(long nanoUsd, Span<byte> destination)
    {
        var length = 0;
        var left = nanoUsd < 0 ? unchecked(0UL - (ulong)nanoUsd) : (ulong)nanoUsd;
        if (nanoUsd < 0)
        {
            destination[length++] = (byte)'-';
        }

        var (whole, part) = Math.DivRem(left, (ulong)TokenPrice.NanoPerUsd);
        _ = Utf8Formatter.TryFormat(whole, destination[length..], out var written);
        length += written;
        if (part == 0)
        {
            return length;
        }

        destination[length++] = (byte)'.';
        for (var unit = (ulong)TokenPrice.NanoPerUsd / 10; part > 0; unit /= 10)
        {
            var (digit, rest) = Math.DivRem(part, unit);
            destination[length++] = (byte)('0' + digit);
            part = rest;
        }

        return length;
    }
}
