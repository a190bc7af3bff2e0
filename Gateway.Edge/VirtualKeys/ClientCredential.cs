using Gateway.Core.Errors;
using Microsoft.Extensions.Primitives;

namespace Gateway.Edge.VirtualKeys;

/// <summary>Finds the client's credential in every place where SDKs put it.</summary>
internal static class ClientCredential
{
    /// <summary>Name of the query parameter that Gemini clients use.</summary>
    public const string QueryParameter = "key";

    private const string BearerPrefix = "Bearer ";

    private static readonly string[] KeyHeaders = ["x-api-key", "x-goog-api-key", "api-key"];

    /// <summary>The one credential of a request.</summary>
    /// <param name="request">The client's request.</param>
    /// <param name="secret">The credential, or null when there is none.</param>
    /// <returns>The error when two places disagree: which of them counts must not depend on who reads.</returns>
    public static GatewayError? Find(HttpRequest request, out string? secret)
    {
        secret = null;
        var agree = true;
        foreach (var value in request.Headers.Authorization)
        {
            if (value is not null && value.StartsWith(BearerPrefix, StringComparison.OrdinalIgnoreCase))
            {
                agree &= Take(ref secret, value[BearerPrefix.Length..].Trim());
            }
        }

        foreach (var name in KeyHeaders)
        {
            agree &= TakeAll(ref secret, request.Headers[name]);
        }

        if (request.QueryString.HasValue)
        {
            agree &= TakeAll(ref secret, request.Query[QueryParameter]);
        }

        return agree ? null : KeyErrors.Ambiguous;
    }

    /// <summary>The bearer alone: where an admin key is meant.</summary>
    public static string? FindBearer(HttpRequest request) =>
        request.Headers.Authorization is [{ } only] && only.StartsWith(BearerPrefix, StringComparison.OrdinalIgnoreCase) ? only[BearerPrefix.Length..].Trim() : null;

    private static bool TakeAll(ref string? secret, StringValues values)
    {
        var agree = true;
        foreach (var value in values)
        {
            agree &= Take(ref secret, value);
        }

        return agree;
    }

    private static bool Take(ref string? secret, string? value)
    {
        if (string.IsNullOrEmpty(value))
        {
            return true;
        }

        var agrees = secret is null || string.Equals(secret, value, StringComparison.Ordinal);
        secret ??= value;
        return agrees;
    }
}
