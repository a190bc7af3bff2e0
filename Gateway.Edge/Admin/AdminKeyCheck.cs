using Gateway.Core.Errors;
using Gateway.Edge.VirtualKeys;

namespace Gateway.Edge.Admin;

/// <summary>Lets only the operator in. Thread-safe.</summary>
internal sealed class AdminKeyCheck(EdgeSnapshots snapshots, SecretDigests digests)
{
    private static readonly GatewayError Off = new(
        GatewayErrorKind.EndpointNotFound, "The admin endpoints are off, because server.admin_key is not set in the gateway's document.");

    private static readonly GatewayError KeyRequired = new(
        GatewayErrorKind.AdminKeyRequired, "This endpoint needs the admin key (server.admin_key). Send it as 'Authorization: Bearer KEY'.");

    /// <returns>Why the caller may not; null when it may.</returns>
    public GatewayError? Refuse(HttpContext context)
    {
        if (snapshots.Current.AdminKey is not { } expected)
        {
            return Off;
        }

        // An absent key is compared too, so that the answer takes the same time.
        return digests.Of(ClientCredential.FindBearer(context.Request)).FixedTimeEquals(expected) ? null : KeyRequired;
    }
}
