using System.Buffers.Binary;
using System.Text;

namespace Gateway.Core.Wire;

/// <summary>Reads what <see cref="WireWriter"/> wrote. Damaged input throws <see cref="InvalidDataException"/>, never anything else.</summary>
public ref struct WireReader(ReadOnlySpan<byte> source)
{
    private const int MaxVarintBits = 63;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private ReadOnlySpan<byte> _rest = source;

    public readonly bool IsAtEnd => _rest.IsEmpty;

    /// <summary>What was not read yet.</summary>
    public readonly ReadOnlySpan<byte> Rest => _rest;

    public byte ReadByte() => Take(1)[0];

    public long ReadVarint()
    {
        ulong value = 0;
        for (var shift = 0; shift <= MaxVarintBits; shift += 7)
        {
            var next = ReadByte();
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                // One number has one form: bits beyond the 64th and needless zero bytes are damage, not variants.
                if ((shift == MaxVarintBits && next > 1) || (shift > 0 && next == 0))
                {
                    break;
                }

                return (long)(value >> 1) ^ -(long)(value & 1);
            }
        }

        throw new InvalidDataException("A number in the record is longer than it can be.");
    }

    public int ReadInt32()
    {
        var value = ReadVarint();
        return value is >= int.MinValue and <= int.MaxValue ? (int)value : throw new InvalidDataException("A number in the record is out of range.");
    }

    public Guid ReadGuid() => new(Take(16), bigEndian: true);

    public ulong ReadUInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));

    public string ReadString()
    {
        var length = ReadVarint();
        if (length == 0)
        {
            return "";
        }

        var bytes = Take(length);
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw new InvalidDataException("A text in the record is not UTF-8.");
        }
    }

    public string[] ReadStrings()
    {
        var count = ReadVarint();
        if (count == 0)
        {
            return [];
        }

        // Each string takes a byte at least, so a damaged count cannot make us allocate more than the record holds.
        if (count < 0 || count > _rest.Length)
        {
            throw new InvalidDataException("A count in the record is out of range.");
        }

        var values = new string[count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = ReadString();
        }

        return values;
    }

    private ReadOnlySpan<byte> Take(long count)
    {
        if (count < 0 || count > _rest.Length)
        {
            throw new InvalidDataException("The record is shorter than it says.");
        }

        var taken = _rest[..(int)count];
        _rest = _rest[(int)count..];
        return taken;
    }
}
