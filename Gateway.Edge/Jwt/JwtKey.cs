using Microsoft.IdentityModel.Tokens;

namespace Gateway.Edge.Jwt;

/// <summary>A key of an issuer and the algorithms that it may be used with: those of its type, so that a public RSA key is never taken for a shared secret (RFC 8725, 3.1).</summary>
internal sealed class JwtKey(string? id, SecurityKey key, params string[] algorithms)
{
    private readonly CryptoProviderFactory _crypto = new() { CacheSignatureProviders = true };

    /// <summary>Its <c>kid</c>; null where it has none.</summary>
    public string? Id { get; } = id;

    public bool Takes(string algorithm) => Array.IndexOf(algorithms, algorithm) >= 0;

    /// <summary>Whether the key made a signature. Thread-safe.</summary>
    /// <param name="algorithm">One that the key <see cref="Takes"/>.</param>
    public bool Verifies(string algorithm, byte[] signed, byte[] signature)
    {
        // The factory keeps the provider, which keeps what the operating system's library made of the key.
        var provider = _crypto.CreateForVerifying(key, algorithm);
        try
        {
            return provider.Verify(signed, signature);
        }
        catch (Exception failure) when (failure is System.Security.Cryptography.CryptographicException or ArgumentException)
        {
            // A signature that is none, such as one of the wrong length.
            return false;
        }
        finally
        {
            _crypto.ReleaseSignatureProvider(provider);
        }
    }
}
