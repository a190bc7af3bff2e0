using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Simulator.Protocols.Bedrock;

/// <summary>Checks AWS signatures of version 4. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html</summary>
internal static class SigV4
{
    private const string Algorithm = "AWS4-HMAC-SHA256";
    private const string Stamp = "yyyyMMdd'T'HHmmss'Z'";
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(5);

    /// <summary>The access key of a request that is signed; null when it is not.</summary>
    public static string? AccessKey(HttpContext context) => Parts(context) is { } parts ? parts.GetValueOrDefault("Credential", "").Split('/')[0] : null;

    /// <param name="context">The request.</param>
    /// <param name="body">Its body.</param>
    /// <param name="secret">The key's secret; null leaves the signature itself unchecked.</param>
    /// <param name="now">The service's clock.</param>
    /// <exception cref="BedrockError">The signature is incomplete, too old, for another service, or does not fit.</exception>
    public static void Check(HttpContext context, ReadOnlyMemory<byte> body, string? secret, DateTimeOffset now)
    {
        var parts = Parts(context)!;
        var scope = parts.GetValueOrDefault("Credential", "").Split('/');
        var signed = parts.GetValueOrDefault("SignedHeaders", "").Split(';', StringSplitOptions.RemoveEmptyEntries);
        var date = context.Request.Headers["x-amz-date"].ToString();
        if (scope.Length != 5 || !parts.TryGetValue("Signature", out var signature) || !signed.Contains("host", StringComparer.Ordinal)
            || !DateTimeOffset.TryParseExact(date, Stamp, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
        {
            throw BedrockError.Denied(
                "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
                "IncompleteSignatureException");
        }

        if (scope[3] != "bedrock" || scope[4] != "aws4_request" || !date.StartsWith(scope[1], StringComparison.Ordinal))
        {
            throw BedrockError.Denied("Credential should be scoped to correct service: 'bedrock'.", "InvalidSignatureException");
        }

        if ((now - time).Duration() > Skew)
        {
            throw BedrockError.Denied(
                $"Signature expired: {date} is now earlier than {(now - Skew).UtcDateTime.ToString(Stamp, CultureInfo.InvariantCulture)}", "InvalidSignatureException");
        }

        if (secret is not null && !Fits(signature, Sign(context, body.Span, secret, scope, signed, date)))
        {
            throw BedrockError.Denied(
                "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
                "InvalidSignatureException");
        }
    }

    private static string Sign(HttpContext context, ReadOnlySpan<byte> body, string secret, string[] scope, string[] signed, string date)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var question = target.IndexOf('?', StringComparison.Ordinal);
        var path = question < 0 ? target : target[..question];
        var given = context.Request.Headers["x-amz-content-sha256"].ToString();
        var payload = given == "UNSIGNED-PAYLOAD" ? given : Convert.ToHexStringLower(SHA256.HashData(body));

        // The path is encoded once more than on the wire: every service but S3 does so.
        var canonical = new StringBuilder()
            .Append(context.Request.Method).Append('\n')
            .AppendJoin('/', path.Split('/').Select(Uri.EscapeDataString)).Append('\n')
            .Append(question < 0 ? "" : Query(target[(question + 1)..])).Append('\n');
        foreach (var name in signed)
        {
            var values = context.Request.Headers[name].Select(value => string.Join(' ', (value ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries)));
            canonical.Append(name).Append(':').AppendJoin(',', values).Append('\n');
        }

        canonical.Append('\n').AppendJoin(';', signed).Append('\n').Append(payload);
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical.ToString())));
        var key = Encoding.UTF8.GetBytes($"AWS4{secret}");
        foreach (var step in scope[1..])
        {
            key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(step));
        }

        return Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{Algorithm}\n{date}\n{string.Join('/', scope[1..])}\n{hash}")));
    }

    private static string Query(string query) => string.Join('&', query.Split('&', StringSplitOptions.RemoveEmptyEntries)
        .Select(pair => pair.Split('=', 2)).Select(pair => $"{Encode(pair[0])}={(pair.Length > 1 ? Encode(pair[1]) : "")}").Order(StringComparer.Ordinal));

    private static string Encode(string text) => Uri.EscapeDataString(Uri.UnescapeDataString(text));

    private static bool Fits(string signature, string expected) =>
        CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(signature), Encoding.ASCII.GetBytes(expected));

    private static Dictionary<string, string>? Parts(HttpContext context)
    {
        var header = context.Request.Headers.Authorization.ToString();
        if (!header.StartsWith(Algorithm, StringComparison.Ordinal))
        {
            return null;
        }

        var parts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in header[Algorithm.Length..].Split(',', StringSplitOptions.TrimEntries))
        {
            var pair = part.Split('=', 2);
            parts[pair[0]] = pair.Length > 1 ? pair[1] : "";
        }

        return parts;
    }
}
