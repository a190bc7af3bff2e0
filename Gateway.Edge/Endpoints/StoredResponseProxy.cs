using System.Text;
using Gateway.Core.Context;
using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Edge.Forwarding;
using Gateway.Edge.VirtualKeys;

namespace Gateway.Edge.Endpoints;

/// <summary>The responses that the Router keeps for a key: authenticate, check the id, sign for the exact path, forward, relay.</summary>
internal sealed class StoredResponseProxy(LlmProxyServices shared, [FromKeyedServices(ForwardingExtensions.Router)] ServiceEndpoints router)
{
    private const int MaxId = 128;
    private const string InputItems = "/input_items";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private static readonly GatewayError WrongId = new(
        GatewayErrorKind.InvalidRequest, "The id of a response consists of letters, digits, '_' and '-', at most 128 of them.", "id");

    private static readonly GatewayError UnknownQuery = new(
        GatewayErrorKind.InvalidRequest, "The endpoint takes no such query parameters, only 'stream', 'limit', 'order' and 'after', each once.");

    public static void Map(IEndpointRouteBuilder routes)
    {
        var proxy = routes.ServiceProvider.GetRequiredService<StoredResponseProxy>();
        var access = new EdgePolicy(EdgeAccess.VirtualKey);
        const string Path = UnknownPaths.ResponsesPath + "/{id}";
        routes.MapGet(Path, context => proxy.ForwardAsync(context, HttpMethod.Get, "")).WithMetadata(access);
        routes.MapDelete(Path, context => proxy.ForwardAsync(context, HttpMethod.Delete, "")).WithMetadata(access);
        routes.MapGet(Path + InputItems, context => proxy.ForwardAsync(context, HttpMethod.Get, InputItems)).WithMetadata(access);
    }

    private async Task ForwardAsync(HttpContext context, HttpMethod method, string below)
    {
        var arrived = shared.Time.GetTimestamp();
        if (await ServeAsync(context, method, below, arrived) is { } error)
        {
            context.Response.Headers[ServerTiming.Header] = ServerTiming.Describe(shared.Time.GetElapsedTime(arrived), inner: null);
            await shared.Errors.WriteAsync(context, error);
        }
    }

    private async ValueTask<GatewayError?> ServeAsync(HttpContext context, HttpMethod method, string below, long arrived)
    {
        var snapshot = shared.Snapshots.Current;
        VirtualKey? key = null;
        var refused = shared.Gate.Enter(context, snapshot, orNobody: false, out key)
            ?? RequestDeadline.Read(context.Request.Headers, out _);
        if (refused is not null)
        {
            return refused;
        }

        // They count like calls of models: each asks the Router and its store.
        var (limited, held, _) = await shared.Admissions.AdmitAsync(context, key!, LlmProtocol.Responses);
        try
        {
            return limited ?? await ServeAsync(context, method, below, key!, snapshot, arrived);
        }
        finally
        {
            shared.Admissions.End(held);
        }
    }

    private async ValueTask<GatewayError?> ServeAsync(HttpContext context, HttpMethod method, string below, VirtualKey key, EdgeSnapshot snapshot, long arrived)
    {
        var id = (string)context.Request.RouteValues["id"]!;
        if (!IsId(id))
        {
            return WrongId;
        }

        if (!TryWriteQuery(context.Request.Query, out var query))
        {
            return UnknownQuery;
        }

        // Written anew, so that the Router sees the very path that is signed.
        var path = $"{UnknownPaths.ResponsesPath}/{id}{below}";
        var token = shared.Tokens.Sign(new ContextClaims
        {
            Audience = ContextAudience.Router,
            Role = ContextRole.Client,
            RequestId = Guid.Parse(context.TraceIdentifier),
            Path = path,
            ExpiresUnixMs = shared.Tokens.ExpiryFromNow(),
            DeadlineUnixMs = (shared.Time.GetUtcNow() + Limit).ToUnixTimeMilliseconds(),
            KeyId = key.Id,
            Team = key.Team,
            Owner = key.User,
            ConfigGeneration = snapshot.Generation,
        });
        return await shared.Forwarder.ForwardAsync(new ForwardedCall(router, method, path + query, token, Body: null, arrived, Limit), context);
    }

    private static bool IsId(string text)
    {
        foreach (var character in text)
        {
            if (!char.IsAsciiLetterOrDigit(character) && character is not ('_' or '-'))
            {
                return false;
            }
        }

        return text.Length is > 0 and <= MaxId;
    }

    /// <summary>What the Router reads goes on, escaped anew; what SDKs send besides has no meaning for a response that is kept.</summary>
    private static bool TryWriteQuery(IQueryCollection query, out string written)
    {
        written = "";
        if (query.Count == 0)
        {
            return true;
        }

        var text = new StringBuilder();
        foreach (var (name, values) in query)
        {
            switch (name)
            {
                case ClientCredential.QueryParameter or "api-version" or "include" or "include[]" or "include_obfuscation" or "starting_after":
                    break;
                case "stream" or "limit" or "order" or "after" when values is [{ Length: <= MaxId } value]:
                    text.Append(text.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
                    break;
                default:
                    return false;
            }
        }

        written = text.ToString();
        return true;
    }
}
