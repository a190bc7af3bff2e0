using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Edge.Abuse;

/// <summary>Whom an address stands for: an IPv4 address, or the /64 of an IPv6 address, since one customer has all of that.</summary>
internal readonly record struct AddressKey(ulong Bits, bool IsV6)
{
    /// <returns>Null where there is no address: connections over a Unix socket.</returns>
    public static AddressKey? Of(IPAddress? address)
    {
        if (address is null)
        {
            return null;
        }

        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        return address.AddressFamily == AddressFamily.InterNetwork ? new AddressKey(BinaryPrimitives.ReadUInt32BigEndian(bytes), IsV6: false)
            : address.IsIPv4MappedToIPv6 ? new AddressKey(BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]), IsV6: false)
            : new AddressKey(BinaryPrimitives.ReadUInt64BigEndian(bytes), IsV6: true);
    }

    /// <summary>For logs of operators.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        if (!IsV6)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)Bits);
            return new IPAddress(bytes[..4]).ToString();
        }

        BinaryPrimitives.WriteUInt64BigEndian(bytes, Bits);
        return $"{new IPAddress(bytes)}/64";
    }
}
