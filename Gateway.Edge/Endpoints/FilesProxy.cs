using Gateway.Core;
using Gateway.Core.Configuration;
using Gateway.Core.Context;
using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Edge.Budgets;
using Gateway.Edge.Forwarding;
using Gateway.Edge.VirtualKeys;

namespace Gateway.Edge.Endpoints;

/// <summary>
/// The files endpoints: authenticate, find the provider, admit, forward, relay. They have no model; the key must be allowed the provider,
/// whose files every such key shares.
/// </summary>
internal sealed class FilesProxy(ServiceEndpoints router, LlmProxyServices shared)
{
    /// <summary>The Router ends a late request itself and says so; the Edge waits this much longer for it to say it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private static readonly GatewayError UnknownQuery = new(
        GatewayErrorKind.InvalidRequest, "The list of files takes the query parameters 'after', 'limit', 'order', 'purpose' and 'provider', each once and as one word; the other paths take only 'provider'.");

    private static readonly GatewayError NotWord = new(GatewayErrorKind.InvalidRequest, "The id of a file has at most 128 letters, digits, underscores and dashes.", "id");

    private static readonly GatewayError TwoProviders = new(GatewayErrorKind.InvalidRequest, "The provider is named twice. Name it once.", FileProviders.Parameter);

    public async Task InvokeAsync(HttpContext context)
    {
        var arrived = shared.Time.GetTimestamp();
        var snapshot = shared.Snapshots.Current;
        if (shared.Admissions.IsDegraded)
        {
            context.Response.Headers[GatewayHeaders.Degraded] = "redis";
        }

        VirtualKey? key = null;
        var error = shared.Gate.Enter(context, snapshot, orNobody: false, out key)
            ?? RequestDeadline.Read(context.Request.Headers, out var wanted) ?? await ServeAsync(context, snapshot, key!, wanted, arrived);
        if (error is not null)
        {
            context.Response.Headers[ServerTiming.Header] = ServerTiming.Describe(shared.Time.GetElapsedTime(arrived), inner: null);
            await shared.Errors.WriteAsync(context, error);
        }
    }

    private async ValueTask<GatewayError?> ServeAsync(HttpContext context, EdgeSnapshot snapshot, VirtualKey key, TimeSpan? wanted, long arrived)
    {
        if (ReadCall(context.Request, out var call, out var name) is { } wrong)
        {
            return wrong;
        }

        FormBoundary? form = null;
        if (call.HasBody && !FormBoundary.TryParse(context.Request.Headers.ContentType, out form))
        {
            return InputRules.NotForm;
        }

        var body = call.HasBody ? await PooledBody.ReadAsync(context.Request, snapshot.MaxBodyBytes, context.RequestAborted) : null;
        HeldAdmission? held = null;
        try
        {
            (var limited, held, _) = await shared.Admissions.AdmitAsync(context, key, LlmProtocol.OpenAI);
            if (limited is not null)
            {
                return limited;
            }

            if (snapshot.Files.Find(key, name, out var provider) is { } refused)
            {
                return refused;
            }

            var allowed = provider!.Timeouts.Total;
            var left = (wanted is { } asked && asked < allowed ? asked : allowed) - shared.Time.GetElapsedTime(arrived);
            if (left <= TimeSpan.Zero)
            {
                return Forwarder.DeadlineExceeded;
            }

            var token = shared.Tokens.Sign(Claims(context, snapshot, key, provider, call, left));
            return await shared.Forwarder.ForwardAsync(
                new ForwardedCall(router, new HttpMethod(call.Method), call.Target, token, body, arrived, left + Patience) { FormType = form?.ContentType }, context);
        }
        finally
        {
            shared.Admissions.End(held);
            body?.Return();
        }
    }

    /// <param name="call">What goes on.</param>
    /// <param name="provider">The provider that the client names; empty for none. It ends here.</param>
    private static GatewayError? ReadCall(HttpRequest request, out FilesCall call, out string provider)
    {
        call = default;
        provider = request.Headers[FileProviders.Header].ToString();
        var query = "";
        foreach (var (name, values) in request.Query)
        {
            switch (name)
            {
                case ClientCredential.QueryParameter or "api-version":
                    continue;
                case FileProviders.Parameter when provider.Length > 0 || values.Count != 1:
                    return TwoProviders;
                case FileProviders.Parameter:
                    provider = values.ToString();
                    continue;
                case var _ when FilesCall.IsParameter(name) && values is [{ } value] && FilesCall.IsWord(value):
                    query += $"{(query.Length == 0 ? '?' : '&')}{name}={value}";
                    continue;
                default:
                    return UnknownQuery;
            }
        }

        if (request.RouteValues["id"] is not string id)
        {
            return FilesCall.TryParse(request.Method, query, out call) ? null : UnknownQuery;
        }

        // By the route and not by the path's end: a file may have the id "content".
        var isContent = request.HttpContext.GetEndpoint() is RouteEndpoint { RoutePattern.RawText: FilesCall.ContentPattern };
        var below = isContent ? $"/{id}/content" : $"/{id}";
        return !FilesCall.IsWord(id) ? NotWord : FilesCall.TryParse(request.Method, below + query, out call) ? null : UnknownQuery;
    }

    private ContextClaims Claims(HttpContext context, EdgeSnapshot snapshot, VirtualKey key, ProviderConfig provider, FilesCall call, TimeSpan left) => new()
    {
        Audience = ContextAudience.Router,
        Role = ContextRole.Client,
        RequestId = Guid.Parse(context.TraceIdentifier),
        Path = call.ToClaim(),
        ExpiresUnixMs = shared.Tokens.ExpiryFromNow(),
        DeadlineUnixMs = (shared.Time.GetUtcNow() + left).ToUnixTimeMilliseconds(),
        KeyId = key.Id,
        Team = key.Team,
        Owner = key.User,
        // The one that was found: the Router asks no other.
        AllowedProviders = [provider.Name],
        ModerationPolicy = snapshot.ModerationFor(key, target: null),
        ConfigGeneration = snapshot.Generation,
    };
}
