using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Gateway.Router.Balancing;

/// <summary>
/// A hash that is the same in every process, so that all Routers send a talk to the same deployment. Not for secrets, and not against
/// somebody who looks for collisions: all that they gain is a deployment that they could have anyway.
/// </summary>
internal struct StableHash(ulong seed)
{
    private ulong _state = Mix(seed + 0x9E3779B97F4A7C15);

    public readonly ulong Value => Mix(_state);

    /// <summary>SplitMix64's finish: neighbours become numbers without relation.</summary>
    public static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    public static ulong Of(ReadOnlySpan<char> text)
    {
        var hash = new StableHash(0);
        hash.Add(text);
        return hash.Value;
    }

    public void Add(ulong value) => _state = Mix(_state ^ value) + 0x9E3779B97F4A7C15;

    public void Add(ReadOnlySpan<char> text) => Add(MemoryMarshal.AsBytes(text));

    /// <summary>Two parts are not the same as one that holds both.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        Add((ulong)bytes.Length);
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            Add(BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        ulong rest = 0;
        foreach (var value in bytes)
        {
            rest = (rest << 8) | value;
        }

        Add(rest);
    }
}
