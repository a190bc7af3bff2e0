using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace Gateway.Edge.Jwt;

/// <summary>The keys of one issuer. Immutable.</summary>
internal sealed class JwtKeySet
{
    /// <summary>Keys of one issuer that are used; a set of more is cut there, so that no token costs thousands of checks.</summary>
    public const int MaxKeys = 64;

    private const int LeastRsaBits = 2048;

    private static readonly string[] Rsa = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];

    /// <summary>The algorithm of shared secrets, which are never fetched.</summary>
    public const string SharedSecret = "HS256";

    private JwtKeySet(JwtKey[] keys, string digest) => (Keys, Digest) = (keys, digest);

    public JwtKey[] Keys { get; }

    /// <summary>Tells one document of keys from another.</summary>
    public string Digest { get; }

    /// <summary>Whether any key could be used with an algorithm. <c>none</c> is none.</summary>
    public static bool IsKnown(string algorithm) => algorithm is SharedSecret or "ES256" or "ES384" or "ES512" || Array.IndexOf(Rsa, algorithm) >= 0;

    /// <summary>Keys as the gateway's document has them: public ones in PEM, or shared secrets.</summary>
    public static JwtKeySet OfDocument(IReadOnlyList<string> keys) => new([.. keys.Select(OfText)], "");

    /// <summary>Keys as an issuer publishes them (RFC 7517). What cannot be used to verify signatures is passed over: encryption keys, short ones, other types.</summary>
    /// <returns>Null for what is no key set, or has no key that can be used.</returns>
    public static JwtKeySet? OfJson(ReadOnlySpan<byte> json)
    {
        JsonWebKeySet set;
        try
        {
            set = new JsonWebKeySet(Encoding.UTF8.GetString(json));
        }
        catch (Exception failure) when (failure is ArgumentException or JsonException or FormatException or InvalidOperationException)
        {
            return null;
        }

        var keys = new List<JwtKey>();
        foreach (var key in set.Keys)
        {
            if (keys.Count < MaxKeys && key.Use is null or "" or "sig" && OfWebKey(key) is { } usable)
            {
                keys.Add(usable);
            }
        }

        return keys.Count == 0 ? null : new JwtKeySet([.. keys], Convert.ToHexString(SHA256.HashData(json)));
    }

    private static JwtKey? OfWebKey(JsonWebKey key)
    {
        try
        {
            var id = string.IsNullOrEmpty(key.Kid) ? null : key.Kid;
            return key.Kty switch
            {
                "RSA" => OfRsa(id, new RSAParameters { Modulus = Base64UrlEncoder.DecodeBytes(key.N), Exponent = Base64UrlEncoder.DecodeBytes(key.E) }, key.Alg),
                "EC" => OfCurve(id, ECDsa.Create(new ECParameters
                {
                    Curve = key.Crv switch { "P-256" => ECCurve.NamedCurves.nistP256, "P-384" => ECCurve.NamedCurves.nistP384, "P-521" => ECCurve.NamedCurves.nistP521, _ => throw new CryptographicException() },
                    Q = new ECPoint { X = Base64UrlEncoder.DecodeBytes(key.X), Y = Base64UrlEncoder.DecodeBytes(key.Y) },
                }), key.Alg),

                // A shared secret that everybody can fetch is none.
                _ => null,
            };
        }
        catch (Exception failure) when (failure is CryptographicException or FormatException or ArgumentException)
        {
            return null;
        }
    }

    private static JwtKey OfText(string text)
    {
        if (!text.Contains("-----BEGIN", StringComparison.Ordinal))
        {
            return new JwtKey(null, new SymmetricSecurityKey(Encoding.UTF8.GetBytes(text)), SharedSecret);
        }

        try
        {
            using var rsa = RSA.Create();
            rsa.ImportFromPem(text);
            return OfRsa(null, rsa.ExportParameters(includePrivateParameters: false), only: null)!;
        }
        catch (Exception failure) when (failure is CryptographicException or ArgumentException)
        {
            // The document's reader has tried it: it is one of the two.
            var curve = ECDsa.Create();
            curve.ImportFromPem(text);
            return OfCurve(null, curve, only: null)!;
        }
    }

    private static JwtKey? OfRsa(string? id, RSAParameters parameters, string? only) =>
        parameters.Modulus!.Length * 8 < LeastRsaBits ? null : Make(id, new RsaSecurityKey(parameters), only, Rsa);

    private static JwtKey? OfCurve(string? id, ECDsa curve, string? only) => curve.KeySize switch
    {
        256 => Make(id, new ECDsaSecurityKey(curve), only, "ES256"),
        384 => Make(id, new ECDsaSecurityKey(curve), only, "ES384"),
        521 => Make(id, new ECDsaSecurityKey(curve), only, "ES512"),
        _ => null,
    };

    /// <param name="only">What the key itself says that it is for; empty for all that its type can.</param>
    private static JwtKey? Make(string? id, SecurityKey key, string? only, params string[] can) =>
        string.IsNullOrEmpty(only) ? new JwtKey(id, key, can) : Array.IndexOf(can, only) >= 0 ? new JwtKey(id, key, only) : null;
}
