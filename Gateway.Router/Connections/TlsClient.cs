using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Router.Connections;

/// <summary>Our side of TLS. The other side's certificate is always verified: there is no way to switch that off. Thread-safe.</summary>
/// <param name="trust">Whom to trust instead of the system's authorities, or null.</param>
/// <param name="certificate">Who we are, or null.</param>
internal sealed class TlsClient(X509ChainPolicy? trust, SslStreamCertificateContext? certificate)
{
    /// <param name="stream">Closed when the handshake fails.</param>
    /// <param name="host">Whose certificate it must be.</param>
    /// <param name="protocols">What is offered by ALPN; null for nothing.</param>
    /// <exception cref="System.Security.Authentication.AuthenticationException">The certificate is not to be trusted.</exception>
    public async ValueTask<SslStream> SecureAsync(Stream stream, string host, List<SslApplicationProtocol>? protocols, CancellationToken cancellationToken)
    {
        var secured = new SslStream(stream, leaveInnerStreamOpen: false);
        try
        {
            await secured.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = host,
                    ApplicationProtocols = protocols,
                    CertificateChainPolicy = trust,
                    ClientCertificateContext = certificate,
                },
                cancellationToken);
            return secured;
        }
        catch
        {
            await secured.DisposeAsync();
            throw;
        }
    }
}
