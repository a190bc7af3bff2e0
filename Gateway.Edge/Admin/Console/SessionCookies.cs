using Gateway.Core;

namespace Gateway.Edge.Admin.Console;

/// <summary>
/// What the browser keeps of a session: the id, which no script can read, and the token, which the console's scripts read and send back in a header. Over https both have the prefix <c>__Host-</c>, so that
/// no neighbouring host can set them.
/// </summary>
internal static class SessionCookies
{
    public const string Session = "gateway-session";
    public const string Token = "gateway-csrf";
    public const string SecurePrefix = "__Host-";

    /// <summary>Header of the console's calls: the token.</summary>
    public const string TokenHeader = GatewayHeaders.Prefix + "csrf";

    /// <summary>Header of calls that no person asked for, such as those that keep a page fresh: they do not keep a session alive.</summary>
    public const string BackgroundHeader = GatewayHeaders.Prefix + "background";

    /// <summary>Longer ones are none of ours.</summary>
    private const int MaxLength = 128;

    public static string? ReadSession(HttpRequest request) =>
        request.Cookies.TryGetValue(NameOf(request, Session), out var value) && value is { Length: > 0 and <= MaxLength } ? value : null;

    public static void Write(HttpContext context, NewSession session)
    {
        var cookies = context.Response.Cookies;
        cookies.Append(NameOf(context.Request, Session), session.Id, Options(context.Request, isHidden: true));
        cookies.Append(NameOf(context.Request, Token), session.Token, Options(context.Request, isHidden: false));
    }

    public static void Delete(HttpContext context)
    {
        var cookies = context.Response.Cookies;
        cookies.Delete(NameOf(context.Request, Session), Options(context.Request, isHidden: true));
        cookies.Delete(NameOf(context.Request, Token), Options(context.Request, isHidden: false));
    }

    private static CookieOptions Options(HttpRequest request, bool isHidden) =>
        new() { HttpOnly = isHidden, Secure = IsSecure(request), SameSite = SameSiteMode.Strict, Path = "/", IsEssential = true };

    private static string NameOf(HttpRequest request, string name) => IsSecure(request) ? SecurePrefix + name : name;

    // Whoever lies about it gets a cookie that his own browser does not send back.
    private static bool IsSecure(HttpRequest request) => request.IsHttps || string.Equals(request.Headers["X-Forwarded-Proto"], "https", StringComparison.OrdinalIgnoreCase);
}
