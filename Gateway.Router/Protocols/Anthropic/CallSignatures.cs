namespace Gateway.Router.Protocols.Anthropic;

/// <summary>
/// Carries a signature of a call (Gemini's <c>thoughtSignature</c>) through a client whose protocol signs only thinking: as the
/// signature of an empty thinking block beside the call, which clients replay unchanged. Never in the call's id.
/// </summary>
internal static class CallSignatures
{
    private const string Prefix = "gateway-call:";

    public static string Pack(string callId, string signature) => $"{Prefix}{callId}:{signature}";

    /// <returns>False for a signature that the provider made itself.</returns>
    public static bool TryUnpack(string packed, out string callId, out string signature)
    {
        // Signatures are base64: the last colon is ours.
        var colon = packed.LastIndexOf(':');
        if (!packed.StartsWith(Prefix, StringComparison.Ordinal) || colon < Prefix.Length)
        {
            (callId, signature) = ("", "");
            return false;
        }

        (callId, signature) = (packed[Prefix.Length..colon], packed[(colon + 1)..]);
        return true;
    }
}
