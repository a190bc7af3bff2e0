using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Amazon.Runtime.Internal.Auth;

namespace Gateway.Router.Protocols.Bedrock;

/// <summary>
/// Sets the credential on a request: Signature Version 4 with an access key, or a Bedrock API key as bearer. The region of the signature is
/// the one in the host's name.
/// </summary>
internal static class BedrockCredential
{
    private const string Service = "bedrock";
    private const string Bearer = "Bearer ";

    /// <summary>Where the host tells none, as in front of a server of one's own.</summary>
    private const string DefaultRegion = "us-east-1";

    /// <param name="key"><c>ACCESS_KEY_ID:SECRET_ACCESS_KEY[:SESSION_TOKEN]</c>, or a Bedrock API key.</param>
    public static string Of(string key) => key.Contains(':', StringComparison.Ordinal) ? key : Bearer + key;

    /// <param name="credential">What <see cref="Of"/> made.</param>
    /// <param name="body">Exactly the bytes that will be sent.</param>
    public static void Apply(HttpRequestMessage request, string credential, ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        if (credential.StartsWith(Bearer, StringComparison.Ordinal))
        {
            request.Headers.TryAddWithoutValidation("Authorization", credential);
            return;
        }

        var parts = credential.Split(':', 3);
        var token = parts.Length > 2 && parts[2].Length > 0 ? parts[2] : null;
        var uri = request.RequestUri!;
        var time = now.UtcDateTime;
        var stamp = time.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var hash = Convert.ToHexStringLower(SHA256.HashData(body));
        var signedHeaders = token is null ? "host;x-amz-content-sha256;x-amz-date" : "host;x-amz-content-sha256;x-amz-date;x-amz-security-token";
        var canonical = new StringBuilder()
            .Append(request.Method.Method).Append('\n')
            .Append(EncodePath(uri.AbsolutePath)).Append('\n')
            .Append('\n')    // no query: Bedrock's paths have none
            .Append("host:").Append(HostOf(uri)).Append('\n')
            .Append("x-amz-content-sha256:").Append(hash).Append('\n')
            .Append("x-amz-date:").Append(stamp).Append('\n');
        if (token is not null)
        {
            canonical.Append("x-amz-security-token:").Append(token).Append('\n');
        }

        canonical.Append('\n').Append(signedHeaders).Append('\n').Append(hash);
        var signature = AWS4Signer.ComputeSignature(parts[0], parts[1], RegionOf(uri.Host), time, Service, signedHeaders, canonical.ToString());
        request.Headers.TryAddWithoutValidation("x-amz-date", stamp);
        request.Headers.TryAddWithoutValidation("x-amz-content-sha256", hash);
        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("x-amz-security-token", token);
        }

        request.Headers.TryAddWithoutValidation("Authorization", signature.ForAuthorizationHeader);
    }

    /// <summary><c>bedrock-runtime.REGION.amazonaws.com</c>, with or without an endpoint's own label before it.</summary>
    public static string RegionOf(string host)
    {
        var labels = host.Split('.');
        for (var index = 0; index + 1 < labels.Length; index++)
        {
            if (labels[index].StartsWith("bedrock-runtime", StringComparison.OrdinalIgnoreCase))
            {
                return labels[index + 1].ToLowerInvariant();
            }
        }

        return DefaultRegion;
    }

    /// <summary>As <c>HttpClient</c> sends it.</summary>
    private static string HostOf(Uri uri) =>
        uri.IsDefaultPort ? uri.IdnHost : string.Create(CultureInfo.InvariantCulture, $"{(uri.HostNameType == UriHostNameType.IPv6 ? $"[{uri.IdnHost}]" : uri.IdnHost)}:{uri.Port}");

    /// <summary>The path is encoded once more than it is sent, as all services but S3 want it.</summary>
    private static string EncodePath(string path)
    {
        var encoded = new StringBuilder(path.Length + 16);
        foreach (var one in Encoding.UTF8.GetBytes(path))
        {
            var character = (char)one;
            if (char.IsAsciiLetterOrDigit(character) || character is '/' or '-' or '.' or '_' or '~')
            {
                encoded.Append(character);
            }
            else
            {
                encoded.Append(CultureInfo.InvariantCulture, $"%{one:X2}");
            }
        }

        return encoded.ToString();
    }
}
