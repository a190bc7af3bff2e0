using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Google.Apis.Auth.OAuth2;
using Google.Apis.Auth.OAuth2.Responses;

namespace Gateway.Router.Protocols.Gemini;

/// <summary>
/// OAuth tokens of service accounts. Google's library keeps each token and fetches the next before it expires, one fetch for all requests that
/// wait; a request usually costs a look-up. Thread-safe.
/// </summary>
internal sealed class GoogleTokens
{
    private const string Scope = "https://www.googleapis.com/auth/cloud-platform";

    private readonly ConcurrentDictionary<string, GoogleCredential?> _accounts = new(StringComparer.Ordinal);

    /// <param name="key">A service account's JSON document, or a token that is used as it is.</param>
    /// <returns>What <see cref="HeaderAsync"/> takes: for a document a name that gives nothing away.</returns>
    /// <remarks>Does not throw for a document that cannot be used: the configuration stays, and requests say what is wrong.</remarks>
    public string Register(string key)
    {
        if (!key.AsSpan().TrimStart().StartsWith("{"))
        {
            return "Bearer " + key;
        }

        var name = "service-account:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
        _accounts.GetOrAdd(name, static (_, json) => Read(json), key);
        return name;
    }

    /// <summary>The value of the header.</summary>
    /// <exception cref="HttpRequestException">There is no token to be had.</exception>
    public ValueTask<string> HeaderAsync(string credential, CancellationToken cancellationToken) =>
        _accounts.TryGetValue(credential, out var account) ? FetchAsync(account, cancellationToken) : new ValueTask<string>(credential);

    private static async ValueTask<string> FetchAsync(GoogleCredential? account, CancellationToken cancellationToken)
    {
        if (account is null)
        {
            throw UpstreamCredentialException.Wrap("A key of this provider begins like a service account's document and is none.");
        }

        try
        {
            return "Bearer " + await ((ITokenAccess)account).GetAccessTokenForRequestAsync(cancellationToken: cancellationToken);
        }
        catch (TokenResponseException exception)
        {
            // Its text may quote the account: only the kind of the failure goes on.
            throw UpstreamCredentialException.Wrap($"The service account of this provider got no token ({exception.Error?.Error ?? "no reason given"}).");
        }
    }

    private static GoogleCredential? Read(string json)
    {
        try
        {
            return CredentialFactory.FromJson<ServiceAccountCredential>(json).ToGoogleCredential().CreateScoped(Scope);
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException or FormatException or CryptographicException or Newtonsoft.Json.JsonException)
        {
            return null;
        }
    }
}
