using Gateway.Core.Errors;

namespace Gateway.Edge.VirtualKeys;

/// <summary>What a caller is told about its credential. Never the credential itself, nor how near it came.</summary>
internal static class KeyErrors
{
    public static readonly GatewayError Missing = new(
        GatewayErrorKind.MissingKey, "No API key was sent. Send your gateway key as 'Authorization: Bearer KEY' (or in x-api-key, x-goog-api-key or api-key).");

    public static readonly GatewayError Invalid = new(
        GatewayErrorKind.InvalidKey, "The API key is not one of this gateway's. Check for a typing error, and that it is a key of the gateway and not of a provider.");

    public static readonly GatewayError Expired = new(
        GatewayErrorKind.ExpiredKey, "The API key has expired. Ask the operator of this gateway for a new one.");

    public static readonly GatewayError Ambiguous = new(
        GatewayErrorKind.InvalidRequest, "The request carries two different API keys. Send one, in one place.");
}
