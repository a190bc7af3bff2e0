using System.Text.Json;
using Gateway.Core.Context;
using Gateway.Core.Errors;
using Gateway.Edge.Endpoints;

namespace Gateway.Edge.Admin.Console;

/// <summary>Signs operators in and out, and lets the console's pages through to those who are.</summary>
internal sealed class ConsoleDoor(EdgeSnapshots snapshots, AdminKeyCheck check, AdminSessions sessions, UsageProxy usage, EdgeErrors errors)
{
    public const string Root = "/console";
    public const string SignInPath = Root + "/sign-in";
    public const string SignOutPath = Root + "/sign-out";
    public const string SessionPath = Root + "/session";

    private const string AssetsPath = Root + "/assets";
    private const int MaxBodyBytes = 8 * 1024;

    private static readonly GatewayError NotSignedIn = new(GatewayErrorKind.AdminKeyRequired, "Nobody is signed in to the console here.");
    private static readonly GatewayError NotAsked = new(GatewayErrorKind.AdminKeyRequired, "The console signs in from its own page only: open /console of this gateway in a browser.");
    private static readonly GatewayError NoKey = new(GatewayErrorKind.InvalidRequest, "The body must be {\"key\": \"ADMIN KEY\"}.", "key");

    /// <summary>A page: to its script and style anybody gets, to the rest who is signed in. Others are led to the sign-in.</summary>
    public Task PageAsync(HttpContext context)
    {
        var path = context.Request.Path;
        if (path.StartsWithSegments(AssetsPath, StringComparison.OrdinalIgnoreCase) || path.Equals(SignInPath, StringComparison.OrdinalIgnoreCase))
        {
            return usage.ConsoleAsync(context, ContextRole.Client);
        }

        if (check.HasSession(context))
        {
            return usage.ConsoleAsync(context, ContextRole.Admin);
        }

        context.Response.Headers.CacheControl = "no-store";
        context.Response.Redirect($"{SignInPath}?next={Uri.EscapeDataString(path + context.Request.QueryString)}");
        return Task.CompletedTask;
    }

    /// <summary>204 for who is signed in, 401 for others.</summary>
    public Task SessionAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return check.HasSession(context) ? Task.CompletedTask : errors.WriteAsync(context, NotSignedIn);
    }

    public async Task SignInAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (!SameOrigin.IsSure(context.Request) || !context.Request.HasJsonContentType())
        {
            await errors.WriteAsync(context, NotAsked);
            return;
        }

        var key = await ReadKeyAsync(context);
        if (check.RefuseKey(context, key) is { } refusal)
        {
            await errors.WriteAsync(context, refusal);
            return;
        }

        // The old session of this browser, if there is one, has no use any more.
        if (SessionCookies.ReadSession(context.Request) is { } old)
        {
            sessions.Close(old);
        }

        SessionCookies.Write(context, sessions.Open(snapshots.Current.AdminKey!.Value));
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    public async Task SignOutAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (check.Refuse(context) is { } refusal)
        {
            await errors.WriteAsync(context, refusal);
            return;
        }

        if (SessionCookies.ReadSession(context.Request) is { } id)
        {
            sessions.Close(id);
        }

        SessionCookies.Delete(context);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static async Task<string> ReadKeyAsync(HttpContext context)
    {
        var body = await PooledBody.ReadAsync(context.Request, MaxBodyBytes, context.RequestAborted);
        try
        {
            using var document = JsonDocument.Parse(body.Memory);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("key", out var key) && key.ValueKind == JsonValueKind.String && key.GetString() is { Length: > 0 } text
                ? text.Trim()
                : throw new GatewayException(NoKey);
        }
        catch (JsonException)
        {
            throw new GatewayException(NoKey);
        }
        finally
        {
            body.Return();
        }
    }
}
