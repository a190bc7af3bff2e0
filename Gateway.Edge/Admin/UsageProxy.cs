using System.Buffers;
using Gateway.Core.Context;
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
    [FromKeyedServices(ForwardingExtensions.Usage)] ServiceEndpoints usage)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    // Paths of ours hold nothing else; what does is not asked about, so no trick with escapes can lead elsewhere.
    private static readonly SearchValues<char> PathCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/_-.");

    public Task AdminAsync(HttpContext context) => check.Refuse(context) is { } refusal ? errors.WriteAsync(context, refusal) : ForwardAsync(context, ContextRole.Admin);

    /// <summary>A page of the console, for whom its door has let in.</summary>
    public Task ConsoleAsync(HttpContext context, ContextRole role) => ForwardAsync(context, role);

    private async Task ForwardAsync(HttpContext context, ContextRole role)
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
            DeadlineUnixMs = (time.GetUtcNow() + Limit).ToUnixTimeMilliseconds(),
            ConfigGeneration = snapshots.Current.Generation,
        });
        var call = new ForwardedCall(usage, HttpMethod.Get, path + context.Request.QueryString.Value, token, Body: null, time.GetTimestamp(), Limit);
        if (await forwarder.ForwardAsync(call, context) is { } error)
        {
            await errors.WriteAsync(context, error);
        }
    }
}
