using Gateway.Core.Configuration.Documents;

namespace Gateway.Core.Configuration;

/// <summary>Who a virtual key belongs to, by the document in force. Not for the path of a request.</summary>
public static class KeyOwners
{
    /// <summary>The key's team: its own, else that of its user; null for none. The document need not describe it.</summary>
    public static string? TeamOf(this GatewayConfig config, VirtualKeyConfig key) => Owners.Of(config).TeamOf(key);

    /// <summary>The organisation whose admission state holds for the key: that of its team where the document describes it, else its own, else its user's, else the default one.</summary>
    public static string OrganisationOf(this GatewayConfig config, VirtualKeyConfig key) => Owners.Of(config).OrganisationOf(key);
}
