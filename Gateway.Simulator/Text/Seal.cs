using System.Security.Cryptography;
using System.Text;

namespace Gateway.Simulator.Text;

/// <summary>
/// The signature that a provider puts on its reasoning and wants back unchanged. Made from what it signs, so that nothing has to
/// be remembered and a restarted provider still knows its own.
/// </summary>
internal static class Seal
{
    /// <param name="kind">The protocol and place, so that the seal of one cannot be shown to another.</param>
    /// <param name="text">What is signed.</param>
    /// <returns>Base64, 64 characters.</returns>
    public static string Of(string kind, string text) => Convert.ToBase64String(SHA384.HashData(Encoding.UTF8.GetBytes($"simulator\n{kind}\n{text}")));

    public static bool Fits(string seal, string kind, string text) => seal == Of(kind, text);
}
