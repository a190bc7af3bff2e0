using System.Net;

namespace Gateway.Edge.Abuse;

/// <summary>Networks that a key may be used from. Immutable.</summary>
internal sealed class AddressList
{
    private readonly IPNetwork[] _networks;

    private AddressList(IPNetwork[] networks) => _networks = networks;

    /// <param name="networks">Addresses and ranges in CIDR notation, as the document's reader passed them.</param>
    /// <returns>Null where nothing is said: every address may.</returns>
    public static AddressList? Of(IReadOnlyList<string> networks) => networks.Count == 0 ? null : new AddressList([.. networks.Select(Parse)]);

    /// <summary>Whether an address is in one of the networks. No address (a Unix socket) is in none.</summary>
    public bool Has(IPAddress? address)
    {
        if (address is null)
        {
            return false;
        }

        // Also finds IPv4 callers as a socket for both families shows them (::ffff:192.0.2.7).
        foreach (var network in _networks)
        {
            if (network.Contains(address))
            {
                return true;
            }
        }

        return false;
    }

    private static IPNetwork Parse(string text) => text.Contains('/', StringComparison.Ordinal)
        ? IPNetwork.Parse(text) : IPAddress.Parse(text) is var address ? new IPNetwork(address, address.GetAddressBytes().Length * 8) : default;
}
