namespace Gateway.Router.Protocols;

/// <summary>The gateway's own credential for an upstream cannot be used. Nothing was sent.</summary>
/// <remarks>Travels inside an <see cref="HttpRequestException"/>, as every failure of a call before its answer does.</remarks>
internal sealed class UpstreamCredentialException(string message) : Exception(message)
{
    public static HttpRequestException Wrap(string message) => new(message, new UpstreamCredentialException(message));
}
