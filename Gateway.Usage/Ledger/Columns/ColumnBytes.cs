using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Gateway.Core.Journal;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Usage.Ledger.Columns;

/// <summary>Columns as bytes in a file, and back. Stateless; little-endian, as are the processors that this is built for.</summary>
internal static class ColumnBytes
{
    /// <summary>Writes all columns of some rows, each as narrow as its values allow.</summary>
    public static ColumnEncoding[] Write(ColumnOutput output, ISegmentRows rows)
    {
        var columns = new ColumnEncoding[LedgerColumns.Count];
        var values = ArrayPool<long>.Shared.Rent(Math.Max(1, rows.Count));
        var bytes = ArrayPool<byte>.Shared.Rent(Math.Max(1, rows.Count * sizeof(long)));
        for (var column = 0; column < columns.Length; column++)
        {
            var part = values.AsSpan(0, rows.Count);
            rows.Read((LedgerColumn)column, 0, part);
            var (least, width) = Measure(part);
            Encode(part, least, width, bytes);
            columns[column] = new ColumnEncoding(least, width, output.Write(bytes.AsSpan(0, rows.Count * width)));
        }

        ArrayPool<byte>.Shared.Return(bytes);
        ArrayPool<long>.Shared.Return(values);
        return columns;
    }

    /// <summary>Reads one column of as many rows as <paramref name="values"/> takes.</summary>
    /// <exception cref="InvalidDataException">The file is too short.</exception>
    public static void Read(SafeFileHandle file, in ColumnEncoding encoding, int first, Span<long> values)
    {
        if (encoding.Width == 0)
        {
            values.Fill(encoding.Base);
            return;
        }

        // The bytes are read into the end of the values and widened from the front, where a value never reaches bytes that come later.
        var bytes = MemoryMarshal.AsBytes(values)[^(values.Length * encoding.Width)..];
        ReadExactly(file, bytes, encoding.Section.Offset + ((long)first * encoding.Width));
        Widen(bytes, encoding, values);
    }

    /// <exception cref="InvalidDataException">The file is too short.</exception>
    public static void ReadExactly(SafeFileHandle file, Span<byte> bytes, long offset)
    {
        while (!bytes.IsEmpty)
        {
            var read = RandomAccess.Read(file, bytes, offset);
            if (read == 0)
            {
                throw new InvalidDataException("A column file of the ledger is shorter than it says.");
            }

            bytes = bytes[read..];
            offset += read;
        }
    }

    private static (long Least, int Width) Measure(ReadOnlySpan<long> values)
    {
        if (values.IsEmpty)
        {
            return (0, 0);
        }

        var (least, most) = (values[0], values[0]);
        foreach (var value in values)
        {
            (least, most) = (Math.Min(least, value), Math.Max(most, value));
        }

        return (least, unchecked((ulong)(most - least)) switch
        {
            0 => 0,
            <= byte.MaxValue => 1,
            <= ushort.MaxValue => 2,
            <= uint.MaxValue => 4,
            _ => 8,
        });
    }

    private static void Encode(ReadOnlySpan<long> values, long least, int width, Span<byte> bytes)
    {
        for (var i = 0; i < values.Length && width > 0; i++)
        {
            var rest = unchecked((ulong)(values[i] - least));
            switch (width)
            {
                case 1:
                    bytes[i] = (byte)rest;
                    break;
                case 2:
                    BinaryPrimitives.WriteUInt16LittleEndian(bytes[(i * 2)..], (ushort)rest);
                    break;
                case 4:
                    BinaryPrimitives.WriteUInt32LittleEndian(bytes[(i * 4)..], (uint)rest);
                    break;
                default:
                    BinaryPrimitives.WriteUInt64LittleEndian(bytes[(i * 8)..], rest);
                    break;
            }
        }
    }

    private static void Widen(ReadOnlySpan<byte> bytes, in ColumnEncoding encoding, Span<long> values)
    {
        var least = encoding.Base;
        switch (encoding.Width)
        {
            case 1:
                for (var i = 0; i < values.Length; i++)
                {
                    values[i] = least + bytes[i];
                }

                break;
            case 2:
                var shorts = MemoryMarshal.Cast<byte, ushort>(bytes);
                for (var i = 0; i < values.Length; i++)
                {
                    values[i] = least + shorts[i];
                }

                break;
            case 4:
                var numbers = MemoryMarshal.Cast<byte, uint>(bytes);
                for (var i = 0; i < values.Length; i++)
                {
                    values[i] = least + numbers[i];
                }

                break;
            default:
                for (var i = 0; i < values.Length; i++)
                {
                    values[i] = unchecked(least + values[i]);
                }

                break;
        }
    }
}

/// <summary>A file that is written one run after the other. Not thread-safe.</summary>
internal sealed class ColumnOutput(JournalDisk disk, SafeFileHandle file)
{
    private long _length;

    public ColumnSection Write(ReadOnlySpan<byte> bytes)
    {
        var section = new ColumnSection(_length, bytes.Length, Crc32C.Compute(bytes));
        if (!bytes.IsEmpty)
        {
            disk.Write(file, bytes, _length);
            _length += bytes.Length;
        }

        return section;
    }
}
