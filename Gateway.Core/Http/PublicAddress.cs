using System.Net;
using System.Net.Sockets;

namespace Gateway.Core.Http;

/// <summary>Whether the gateway may connect to an address without being told that it is one of its own network. Stateless.</summary>
public static class PublicAddress
{
    /// <summary>False for loopback, private, link-local, multicast and reserved addresses, in each form that carries one.</summary>
    public static bool IsPublic(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        return address.AddressFamily switch
        {
            AddressFamily.InterNetwork => IsPublicV4(address),
            AddressFamily.InterNetworkV6 => IsPublicV6(address),
            _ => false,
        };
    }

    private static bool IsPublicV4(IPAddress address)
    {
        Span<byte> b = stackalloc byte[4];
        address.TryWriteBytes(b, out _);
        return b[0] switch
        {
            0 or 10 or 127 => false,                      // this network, private, loopback
            100 => (b[1] & 0xC0) != 64,                   // 100.64/10 carrier-grade NAT; clouds use it inside
            169 => b[1] != 254,                           // link-local, and the metadata service of clouds
            172 => (b[1] & 0xF0) != 16,                   // 172.16/12 private
            192 => b[1] != 168 && !(b[1] == 0 && b[2] is 0 or 2),    // private, protocol assignments, documentation
            198 => (b[1] & 0xFE) != 18 && !(b[1] == 51 && b[2] == 100),    // benchmarking, documentation
            203 => !(b[1] == 0 && b[2] == 113),           // documentation
            _ => b[0] < 224,                              // multicast, reserved, broadcast
        };
    }

    private static bool IsPublicV6(IPAddress address)
    {
        if (IPAddress.IsLoopback(address) || address.Equals(IPAddress.IPv6Any) || address.IsIPv6LinkLocal || address.IsIPv6SiteLocal
            || address.IsIPv6UniqueLocal || address.IsIPv6Multicast)
        {
            return false;
        }

        Span<byte> b = stackalloc byte[16];
        address.TryWriteBytes(b, out _);

        // Forms that carry an IPv4 address inside are judged by it: NAT64 (64:ff9b::/96), 6to4 (2002::/16), IPv4-compatible (::/96).
        if (b.StartsWith<byte>([0x00, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0]) || b[..12].IndexOfAnyExcept((byte)0) < 0)
        {
            return IsPublicV4(new IPAddress(b[12..]));
        }

        return b[0] != 0x20 || b[1] != 0x02 || IsPublicV4(new IPAddress(b.Slice(2, 4)));
    }
}
