using System.Buffers;
using Gateway.Core.Context;
using Gateway.Edge.Admin.Audit;
using Gateway.Edge.Endpoints;
using Gateway.Edge.Forwarding;

namespace Gateway.Edge.Admin;

/// <summary>Reports and console live in Usage; the Edge is their door.</summary>
internal sealed class UsageProxy(
    EdgeSnapshots snapshots,
    AdminKeyCheck check,
    ContextToken tokens,
    Forwarder forwarder,
    EdgeErrors errors,
    TimeProvider time,
    IHostApplicationLifetime lifetime,
    [FromKeyedServices(ForwardingExtensions.Usage)] ServiceEndpoints usage)
{
    /// <summary>What clients wrote and were answered.</summary>
    public const string ContentPath = "/admin/v1/requests/{id}/content";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    // A million rows to a slow reader.
    private static readonly TimeSpan ExportLimit = TimeSpan.FromMinutes(30);

    // Usage ends a stream a little earlier, and says so.
    private static readonly TimeSpan StreamLimit = TimeSpan.FromMinutes(35);

    // Paths of ours hold nothing else; what does is not asked about, so no trick with escapes can lead elsewhere.
    private static readonly SearchValues<char> PathCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/_-.");

    public Task AdminAsync(HttpContext context) => AdminAsync(context, IsExport(context.Request) ? ExportLimit : Limit);

    /// <summary>A stream without an end of its own: it ends when the Edge begins to stop, and its reader finds another.</summary>
    public async Task FollowAsync(HttpContext context)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        context.RequestAborted = over.Token;
        await AdminAsync(context, StreamLimit);
    }

    /// <summary>The content of a request. Who reads what others wrote is noted.</summary>
    public Task ContentAsync(HttpContext context)
    {
        AdminAudit.NoteReading(context);
        return AdminAsync(context, Limit);
    }

    /// <summary>A page of the console, for whom its door has let in.</summary>
    public Task ConsoleAsync(HttpContext context, ContextRole role) => ForwardAsync(context, role, Limit);

    private static bool IsExport(HttpRequest request) => request.Query.TryGetValue("format", out var format) && format != "json";

    private Task AdminAsync(HttpContext context, TimeSpan limit) => check.Refuse(context) is { } refusal ? errors.WriteAsync(context, refusal) : ForwardAsync(context, ContextRole.Admin, limit);

    private async Task ForwardAsync(HttpContext context, ContextRole role, TimeSpan limit)
    {
        var path = context.Request.Path.Value!;
        if (path.AsSpan().ContainsAnyExcept(PathCharacters) || path.Contains("..", StringComparison.Ordinal) || path.Contains("//", StringComparison.Ordinal))
        {
            await errors.WriteAsync(context, UnknownPaths.Describe(context.Request));
            return;
        }

        var token = tokens.Sign(new ContextClaims
        {
            Audience = ContextAudience.Usage,
            Role = role,
            RequestId = Guid.Parse(context.TraceIdentifier),
            Path = path,
            ExpiresUnixMs = tokens.ExpiryFromNow(),
            DeadlineUnixMs = (time.GetUtcNow() + limit).ToUnixTimeMilliseconds(),
            ConfigGeneration = snapshots.Current.Generation,
        });
        var call = new ForwardedCall(usage, HttpMethod.Get, path + context.Request.QueryString.Value, token, Body: null, time.GetTimestamp(), limit);
        if (await forwarder.ForwardAsync(call, context) is { } error)
        {
            await errors.WriteAsync(context, error);
        }
    }
}
