using System.Globalization;

namespace Gateway.Router.Protocols.Responses;

/// <summary>
/// Proofs of other providers inside <c>encrypted_content</c>, where stateless clients give them back unchanged. OpenAI's own content there
/// is never packed, so that it is known again: it goes only to who made it.
/// </summary>
internal static class PackedReasoning
{
    private const string SignaturePrefix = "gw1s.";
    private const string RedactedPrefix = "gw1r.";
    private const string CallPrefix = "gw1c.";

    /// <summary>What the neutral form of OpenAI's own <c>encrypted_content</c> begins with: no other provider's proof does.</summary>
    public const string OwnPrefix = "openai.";

    public static string Signature(string signature) => SignaturePrefix + signature;

    public static string Redacted(string data) => RedactedPrefix + data;

    /// <summary>The proof of a call; its id stands before it, with its length.</summary>
    public static string Call(string callId, string signature) => string.Create(CultureInfo.InvariantCulture, $"{CallPrefix}{callId.Length}.{callId}{signature}");

    public static bool TryReadSignature(string content, out string signature) => TryCut(content, SignaturePrefix, out signature);

    public static bool TryReadRedacted(string content, out string data) => TryCut(content, RedactedPrefix, out data);

    public static bool TryReadCall(string content, out string callId, out string signature)
    {
        callId = signature = "";
        if (!TryCut(content, CallPrefix, out var rest) || rest.IndexOf('.', StringComparison.Ordinal) is not (> 0 and var dot)
            || !int.TryParse(rest.AsSpan(0, dot), NumberStyles.None, CultureInfo.InvariantCulture, out var length) || length > rest.Length - dot - 1)
        {
            return false;
        }

        callId = rest.Substring(dot + 1, length);
        signature = rest[(dot + 1 + length)..];
        return true;
    }

    private static bool TryCut(string content, string prefix, out string rest)
    {
        var matches = content.StartsWith(prefix, StringComparison.Ordinal);
        rest = matches ? content[prefix.Length..] : "";
        return matches;
    }
}
