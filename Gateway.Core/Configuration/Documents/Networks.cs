using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Core.Configuration.Documents;

/// <summary>Addresses and ranges of addresses.</summary>
internal static class Networks
{
    /// <param name="text">An address, or a range in CIDR notation.</param>
    /// <param name="network">The same as everybody writes it.</param>
    /// <returns>Null when it is good, else what is wrong.</returns>
    public static string? Read(string text, out string? network)
    {
        network = null;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var addressText = slash < 0 ? text : text[..slash];

        // The parser also takes 10.1 and 0x0a000001, which hardly anybody means.
        if (!IPAddress.TryParse(addressText, out var address) || address.ToString().Length == 0 || addressText.Contains('%', StringComparison.Ordinal) || addressText.Contains('[', StringComparison.Ordinal)
            || (address.AddressFamily == AddressFamily.InterNetwork && address.ToString() != addressText))
        {
            return "must be an address such as 192.0.2.7 or 2001:db8::7, or a range such as 10.0.0.0/8";
        }

        if (address.IsIPv4MappedToIPv6)
        {
            return $"must be written as the IPv4 address {address.MapToIPv4()}";
        }

        if (slash < 0)
        {
            network = address.ToString();
            return null;
        }

        var bits = address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
        if (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var prefix) || prefix > bits)
        {
            return string.Create(CultureInfo.InvariantCulture, $"must have a prefix length from 0 to {bits} after the slash");
        }

        var first = FirstOf(address, prefix);
        if (!first.Equals(address))
        {
            return string.Create(CultureInfo.InvariantCulture, $"has bits beyond its prefix; the range is {first}/{prefix}");
        }

        network = string.Create(CultureInfo.InvariantCulture, $"{address}/{prefix}");
        return null;
    }

    private static IPAddress FirstOf(IPAddress address, int prefix)
    {
        var bytes = address.GetAddressBytes();
        for (var i = 0; i < bytes.Length; i++)
        {
            var kept = Math.Clamp(prefix - (i * 8), 0, 8);
            bytes[i] &= (byte)(0xFF << (8 - kept));
        }

        return new IPAddress(bytes);
    }
}
