using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Gateway.Core.Wire;

/// <summary>
/// Writes the compact binary form of context claims and journal payloads: little-endian variable-length integers and
/// length-prefixed UTF-8, in a fixed order, so that a record costs no reflection and no JSON on the request path.
/// </summary>
/// <remarks>The caller gives enough room; a field that does not fit throws <see cref="ArgumentException"/>.</remarks>
public ref struct WireWriter(Span<byte> destination)
{
    private readonly Span<byte> _destination = destination;

    /// <summary>Bytes written so far.</summary>
    public int Written { get; private set; }

    public void WriteByte(byte value)
    {
        if ((uint)Written >= (uint)_destination.Length)
        {
            ThrowTooShort();
        }

        _destination[Written++] = value;
    }

    public void WriteVarint(long value)
    {
        // Zigzag: small negative numbers stay short too.
        var rest = (ulong)((value << 1) ^ (value >> 63));
        while (rest >= 0x80)
        {
            WriteByte((byte)(rest | 0x80));
            rest >>= 7;
        }

        WriteByte((byte)rest);
    }

    public void WriteGuid(Guid value)
    {
        if (!value.TryWriteBytes(_destination[Written..], bigEndian: true, out var written))
        {
            ThrowTooShort();
        }

        Written += written;
    }

    public void WriteUInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(_destination[Written..], value);
        Written += sizeof(ulong);
    }

    /// <summary>Null and empty are one: absent text reads back as the empty string.</summary>
    public void WriteString(string? value)
    {
        if (string.IsNullOrEmpty(value))
        {
            WriteVarint(0);
            return;
        }

        WriteVarint(Encoding.UTF8.GetByteCount(value));
        Written += Encoding.UTF8.GetBytes(value, _destination[Written..]);
    }

    public void WriteStrings(IReadOnlyList<string> values)
    {
        WriteVarint(values.Count);
        for (var i = 0; i < values.Count; i++)
        {
            WriteString(values[i]);
        }
    }

    [DoesNotReturn]
    private static void ThrowTooShort() => throw new ArgumentException("The destination is too short.");
}
