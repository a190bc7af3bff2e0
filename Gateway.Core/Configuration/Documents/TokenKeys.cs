using System.Security.Cryptography;
using System.Text;
using Gateway.Core.Configuration.Settings;

namespace Gateway.Core.Configuration.Documents;

/// <summary>Keys that tokens are verified with. They are tried here, so that no request finds out that one cannot be used.</summary>
internal static class TokenKeys
{
    private const int LeastRsaBits = 2048;

    /// <returns>Null when it is good, else what is wrong. The text is never shown.</returns>
    public static string? Check(Setting setting, string text)
    {
        if (text.Length > setting.Max)
        {
            return $"must have at most {setting.Max} characters";
        }

        return text.Contains("-----BEGIN", StringComparison.Ordinal) ? CheckPem(text) : CheckSecret(setting, text);
    }

    private static string? CheckSecret(Setting setting, string text)
    {
        foreach (var character in text)
        {
            if (character is <= ' ' or > '~')
            {
                return "must be a public key in PEM (\"-----BEGIN PUBLIC KEY-----\"), or a shared secret of visible ASCII characters";
            }
        }

        return Encoding.UTF8.GetByteCount(text) < setting.Min ? $"must have at least {setting.Min} bytes: a shorter secret can be guessed from one token" : null;
    }

    private static string? CheckPem(string text)
    {
        if (text.Contains("PRIVATE KEY", StringComparison.Ordinal))
        {
            return "holds a private key; the gateway needs the public one alone";
        }

        try
        {
            using var rsa = RSA.Create();
            rsa.ImportFromPem(text);
            return rsa.KeySize < LeastRsaBits ? $"must be an RSA key of {LeastRsaBits} bits at least" : null;
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            // Not RSA; the next one tells.
        }

        try
        {
            using var curve = ECDsa.Create();
            curve.ImportFromPem(text);
            return curve.KeySize is 256 or 384 or 521 ? null : "must be a key on the curve P-256, P-384 or P-521";
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            return "must be a public key of RSA or EC in PEM (\"-----BEGIN PUBLIC KEY-----\"), whole and with its lines";
        }
    }
}
