using System.Security.Cryptography;
using System.Text;
using Gateway.Core.Configuration;

namespace Gateway.Router.Credentials;

/// <summary>One key of a provider.</summary>
/// <param name="index">Its place in the document.</param>
/// <param name="label">Name in logs and reports, such as <c>openai#2</c>; never the key.</param>
/// <param name="header">What the protocol made of it.</param>
internal sealed class Credential(int index, string label, string header, ProviderKeyConfig config)
{
    public const int FingerprintLength = 16;

    public int Index { get; } = index;

    public string Label { get; } = label;

    public string Header { get; } = header;

    public ProviderKeyConfig Config { get; } = config;

    /// <summary>The same for the same key wherever it stands in whichever document, on every Router; tells nothing of the key.</summary>
    public string Fingerprint { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(config.Secret)).AsSpan(0, FingerprintLength / 2));
}
