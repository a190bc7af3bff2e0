using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Gateway.Edge.Tests.Jwt;

/// <summary>An issuer of tokens: makes them in every right and wrong way, and its key set. By hand, so that no library of the gateway's judges itself.</summary>
internal sealed class TokenMint(string kid = "k1") : IDisposable
{
    private readonly RSA _rsa = RSA.Create(2048);
    private readonly ECDsa _curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public string RsaPem => _rsa.ExportSubjectPublicKeyInfoPem();

    public string CurvePem => _curve.ExportSubjectPublicKeyInfoPem();

    /// <summary>The key set with the RSA key under its id.</summary>
    public string Jwks
    {
        get
        {
            var (rsa, ec) = (_rsa.ExportParameters(false), _curve.ExportParameters(false));
            return $$"""
                {"keys":[
                  {"kty":"RSA","use":"sig","kid":"{{kid}}","n":"{{Text(rsa.Modulus!)}}","e":"{{Text(rsa.Exponent!)}}","x5c":["ignored"]},
                  {"kty":"EC","kid":"{{kid}}-ec","crv":"P-256","x":"{{Text(ec.Q.X!)}}","y":"{{Text(ec.Q.Y!)}}","alg":"ES256"},
                  {"kty":"RSA","use":"enc","kid":"{{kid}}-enc","n":"{{Text(rsa.Modulus!)}}","e":"{{Text(rsa.Exponent!)}}"},
                  {"kty":"oct","kid":"{{kid}}-oct","k":"{{Text(Encoding.UTF8.GetBytes(SharedSecret))}}"},
                  {"kty":"OKP","kid":"{{kid}}-okp","crv":"Ed25519","x":"AAAA"}
                ]}
                """;
        }
    }

    public const string SharedSecret = "a-shared-secret-of-more-than-32-bytes";

    public static long Unix(DateTimeOffset time) => time.ToUnixTimeSeconds();

    /// <param name="claims">As JSON.</param>
    /// <param name="algorithm">As the header says; decides how it is signed.</param>
    /// <param name="header">More of the header.</param>
    /// <param name="secret">For shared secrets.</param>
    public string Make(string claims, string algorithm = "RS256", string? header = null, byte[]? secret = null, string? keyId = null)
    {
        var head = $$"""{"alg":"{{algorithm}}"{{(keyId is null ? "" : $",\"kid\":\"{keyId}\"")}}{{header}}}""";
        var signed = $"{Text(Encoding.UTF8.GetBytes(head))}.{Text(Encoding.UTF8.GetBytes(claims))}";
        var bytes = Encoding.ASCII.GetBytes(signed);
        var signature = algorithm switch
        {
            "RS256" => _rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
            "RS512" => _rsa.SignData(bytes, HashAlgorithmName.SHA512, RSASignaturePadding.Pkcs1),
            "PS256" => _rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pss),
            "ES256" => _curve.SignData(bytes, HashAlgorithmName.SHA256),
            "HS256" => HMACSHA256.HashData(secret!, bytes),
            _ => [1, 2, 3],
        };
        return $"{signed}.{Text(signature)}";
    }

    /// <summary>The claims of a good token, with others in their place or beside them; null takes one away.</summary>
    public static string Claims(DateTimeOffset now, params (string Name, object? Value)[] others)
    {
        var claims = new Dictionary<string, object?>
        {
            ["iss"] = "https://id.example.com/",
            ["aud"] = "gateway",
            ["sub"] = "alice",
            ["iat"] = Unix(now),
            ["nbf"] = Unix(now),
            ["exp"] = Unix(now + TimeSpan.FromHours(1)),
        };
        foreach (var (name, value) in others)
        {
            claims[name] = value;
        }

        return JsonSerializer.Serialize(claims.Where(static claim => claim.Value is not null).ToDictionary());
    }

    public void Dispose()
    {
        _rsa.Dispose();
        _curve.Dispose();
    }

    public static string Text(byte[] bytes) => Base64Url.EncodeToString(bytes);
}
