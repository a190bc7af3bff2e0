namespace Gateway.Edge.Admin.Console;

/// <summary>Whether the page that made a call is one of the gateway's own, as the browser says. What sends neither header is no browser of these years.</summary>
internal static class SameOrigin
{
    private const string Same = "same-origin";

    public static bool IsSure(HttpRequest request)
    {
        var site = request.Headers["Sec-Fetch-Site"];
        if (site.Count > 0)
        {
            return site is [Same];
        }

        // Browsers leave the first one out on plain http. Only the host counts: a proxy before us may have ended the encryption.
        return request.Headers.Origin is [{ } origin] && Uri.TryCreate(origin, UriKind.Absolute, out var from) && request.Host.HasValue
            && string.Equals(from.Authority, new Uri($"{from.Scheme}://{request.Host.Value}").Authority, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Reading needs no proof where the browser gives none, but must not be said to come from elsewhere: on plain http a GET carries neither header.</summary>
    public static bool MayBe(HttpRequest request) =>
        IsSure(request) || (HttpMethods.IsGet(request.Method) && request.Headers["Sec-Fetch-Site"].Count == 0 && request.Headers.Origin.Count == 0);
}
