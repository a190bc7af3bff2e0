using System.Text.Json;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.Gemini;

/// <summary>
/// The signatures on parts of an answer. One on a call seals the function's name, one on text nothing but the model's family: a client
/// may write arguments in another order, and the text may have come in pieces.
/// </summary>
internal static class ThoughtSignatures
{
    // Google documents both for histories that another model wrote.
    private static readonly string[] Placeholders = ["skip_thought_signature_validator", "context_engineering_is_the_way_to_go"];

    public static string OfCall(string name) => Seal.Of("gemini call", name);

    public static string OfText() => Seal.Of("gemini text", "");

    /// <exception cref="GoogleError">It is there and not ours, or not this call's.</exception>
    public static bool Check(JsonElement part, string? callName)
    {
        if (ProtoMessage.Text(part, "thoughtSignature") is not { Length: > 0 } signature)
        {
            return false;
        }

        // base64url says the same bytes.
        var seal = signature.Replace('-', '+').Replace('_', '/');
        return Placeholders.Contains(signature) || (callName is null ? Seal.Fits(seal, "gemini text", "") : Seal.Fits(seal, "gemini call", callName))
            ? true : throw GoogleError.Invalid("Thought signature is not valid.");
    }
}
