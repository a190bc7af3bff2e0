using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Core.Configuration;

namespace Gateway.Router.Connections;

/// <summary>
/// The certificates of a provider's connections, read when the document loads. Two are equal when the same bytes were read, so that a
/// renewed file makes new connections with the next document. Immutable.
/// </summary>
internal sealed class TlsMaterial : IEquatable<TlsMaterial>
{
    private readonly string _fingerprint;

    private TlsMaterial(string fingerprint) => _fingerprint = fingerprint;

    /// <summary>Whom to trust instead of the system's authorities; null for those.</summary>
    public X509ChainPolicy? Trust { get; private init; }

    /// <summary>Who we are; null for nobody.</summary>
    public SslStreamCertificateContext? Certificate { get; private init; }

    /// <exception cref="GatewayConfigurationException">A file cannot be read or holds something else.</exception>
    public static TlsMaterial Read(string provider, ConnectionConfig connection)
    {
        var authorities = connection.TlsAuthorities is { } path ? ReadFile(provider, "authorities", path) : null;
        var certificate = connection.TlsCertificate is { } own ? ReadFile(provider, "certificate", own) : null;
        return new TlsMaterial(Fingerprint(authorities) + Fingerprint(certificate))
        {
            Trust = authorities is null ? null : Parse(provider, "authorities", "the certificates of authorities, at least one of them a root", authorities, ReadAuthorities),
            Certificate = certificate is null ? null : Parse(provider, "certificate", "a certificate and its unencrypted private key", certificate, ReadCertificate),
        };
    }

    public bool Equals(TlsMaterial? other) => other is not null && other._fingerprint == _fingerprint;

    public override bool Equals(object? obj) => Equals(obj as TlsMaterial);

    public override int GetHashCode() => _fingerprint.GetHashCode(StringComparison.Ordinal);

    private static X509ChainPolicy ReadAuthorities(string pem)
    {
        var all = new X509Certificate2Collection();
        all.ImportFromPem(pem);
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        foreach (var certificate in all)
        {
            // Only what signs itself can be the end of a chain; the rest of a bundle helps to get there.
            var isRoot = certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData);
            (isRoot ? policy.CustomTrustStore : policy.ExtraStore).Add(certificate);
        }

        return policy.CustomTrustStore.Count > 0 ? policy : throw new CryptographicException("No root.");
    }

    private static SslStreamCertificateContext ReadCertificate(string pem)
    {
        var all = new X509Certificate2Collection();
        all.ImportFromPem(pem);
        var own = X509Certificate2.CreateFromPem(pem, pem);
        if (OperatingSystem.IsWindows())
        {
            // Its TLS does not take keys that live only in memory.
            own = X509CertificateLoader.LoadPkcs12(own.Export(X509ContentType.Pfx), password: null);
        }

        return SslStreamCertificateContext.Create(own, [.. all.Skip(1)], offline: true);
    }

    private static string ReadFile(string provider, string setting, string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException or System.Security.SecurityException)
        {
            throw new GatewayConfigurationException($"providers.{provider}.connection.tls.{setting}: the file '{path}' cannot be read ({exception.GetType().Name}); it must be a file that the Router may read.");
        }
    }

    private static T Parse<T>(string provider, string setting, string expected, string pem, Func<string, T> read)
    {
        try
        {
            return read(pem);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            // What the file holds is nobody's business but its owner's.
            throw new GatewayConfigurationException($"providers.{provider}.connection.tls.{setting}: the file must hold {expected}, as PEM.");
        }
    }

    private static string Fingerprint(string? pem) => pem is null ? "-" : Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(pem)));
}
