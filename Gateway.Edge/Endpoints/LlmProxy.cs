using Gateway.Core;
using Gateway.Core.Admission;
using Gateway.Core.Catalog;
using Gateway.Core.Context;
using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Edge.Admission;
using Gateway.Edge.Forwarding;
using Gateway.Edge.Routes;
using Gateway.Edge.VirtualKeys;

namespace Gateway.Edge.Endpoints;

/// <summary>Everything that the handlers of LLM endpoints share.</summary>
internal sealed record LlmProxyServices(
    EdgeSnapshots Snapshots, EdgeRateLimiter Limiter, ContextToken Tokens, Forwarder Forwarder, EdgeErrors Errors, TimeProvider Time)
{
    /// <summary>Writes what a decision on the rate says to the client.</summary>
    /// <returns>The error for a request too many.</returns>
    public GatewayError? Refuse(HttpContext context, LlmProtocol client, RateLimit limit, RateDecision decision)
    {
        var headers = context.Response.Headers;
        RateLimitHeaders.Write(headers, client, limit, decision, Time);
        if (decision.Degraded)
        {
            headers[GatewayHeaders.Degraded] = "redis";
        }

        return decision.Admitted ? null : RateLimitHeaders.Refusal(limit, decision);
    }
}

/// <summary>One LLM endpoint: authenticate, read the facts, authorise, admit, forward, relay. Made once, at start.</summary>
internal sealed class LlmProxy(LlmEndpoint endpoint, ContextAudience audience, ServiceEndpoints service, LlmProxyServices shared)
{
    /// <summary>A body in bytes from which on reading the facts is work for another thread.</summary>
    private const int LongBody = 64 * 1024;

    /// <summary>The Router ends a late request itself and says so; the Edge waits this much longer for it to say it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private bool NeedsModel => endpoint.Operation != LlmOperation.Moderations;

    public Task InvokeAsync(HttpContext context) => InvokeAsync(context, path: null);

    /// <param name="context">The client's request.</param>
    /// <param name="path">What the path says, where it names the model.</param>
    public async Task InvokeAsync(HttpContext context, GeminiPath? path)
    {
        var arrived = shared.Time.GetTimestamp();
        var snapshot = shared.Snapshots.Current;
        if (endpoint.Protocol == LlmProtocol.Anthropic)
        {
            context.Response.Headers[AnthropicErrorWriter.RequestIdHeader] = context.TraceIdentifier;
        }

        if (shared.Limiter.IsDegraded)
        {
            context.Response.Headers[GatewayHeaders.Degraded] = "redis";
        }

        var error = Authenticate(context, snapshot, out var key) ?? RequestDeadline.Read(context.Request.Headers, out var wanted) ?? await ServeAsync(context, snapshot, key!, path, wanted, arrived);
        if (error is not null)
        {
            context.Response.Headers[ServerTiming.Header] = ServerTiming.Describe(shared.Time.GetElapsedTime(arrived), inner: null);
            await shared.Errors.WriteAsync(context, error);
        }
    }

    private GatewayError? Authenticate(HttpContext context, EdgeSnapshot snapshot, out VirtualKey? key)
    {
        key = null;
        if (ClientCredential.Find(context.Request, out var secret) is { } ambiguous)
        {
            return ambiguous;
        }

        var now = shared.Time.GetUtcNow();
        return NeedsModel ? snapshot.Keys.AuthenticateOrNobody(secret, now, out key) : snapshot.Keys.Authenticate(secret, now, out key);
    }

    private async ValueTask<GatewayError?> ServeAsync(HttpContext context, EdgeSnapshot snapshot, VirtualKey key, GeminiPath? path, TimeSpan? wanted, long arrived)
    {
        var body = await PooledBody.ReadAsync(context.Request, snapshot.MaxBodyBytes, context.RequestAborted);
        try
        {
            if (body.Memory.Length > LongBody)
            {
                // Socket threads run us inline: megabytes of JSON would hold up all their other connections.
                await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            }

            RequestFacts facts;
            FormBoundary? form = null;
            if (endpoint.IsForm)
            {
                (facts, form, var wrong) = await ReadFormAsync(context.Request, body);
                if (wrong is not null)
                {
                    return wrong;
                }
            }
            else if (!RequestFactsReader.TryRead(body.Memory.Span, endpoint.Operation, path?.Facts, out facts, out var unreadable))
            {
                return unreadable;
            }

            if (facts.Preferences is { } preferences && !key.MaySteer)
            {
                var who = key.IsNobody ? "Without an API key you" : "Your API key";
                return new GatewayError(GatewayErrorKind.ModelForbidden, $"{who} may not choose how requests are routed. Leave out '{preferences.Field}'.", preferences.Field);
            }

            var route = PathRoute.Of(context);
            if (route?.CheckStreaming(endpoint.Kind, facts.Stream) is { } notHere)
            {
                return notHere;
            }

            var target = Resolve(snapshot, route, facts.Model);

            // Unknown models count too: to find what was meant costs more than to serve.
            if (key.RateLimit is { } limit && shared.Refuse(context, endpoint.Protocol, limit, await shared.Limiter.AdmitAsync(limit, context.RequestAborted)) is { } limited)
            {
                return limited;
            }

            if (NeedsModel && !ModelAccess.MayUse(key, target))
            {
                return route is { HasModel: true } ? route.Refusal(key) : ModelAccess.Refusal(key, snapshot.Models, facts.Model, target);
            }

            if (facts.Preferences is { Models.Count: > 0 } wished && route is not { HasModel: true }
                && ModelAccess.CheckAlternatives(key, snapshot.Models, wished.Models) is { } unusable)
            {
                return unusable;
            }

            var allowed = target?.MaxTotal ?? RequestDeadline.Default;
            var left = (wanted is { } asked && asked < allowed ? asked : allowed) - shared.Time.GetElapsedTime(arrived);
            if (left <= TimeSpan.Zero)
            {
                return Forwarder.DeadlineExceeded;
            }

            var sent = path?.ToTarget() ?? endpoint.Path;
            var token = shared.Tokens.Sign(Claims(context, snapshot, key, target, route, facts, SteeringDigest.Of(body.Memory.Span, facts.OwnMembers), sent, left));
            return await shared.Forwarder.ForwardAsync(new ForwardedCall(service, HttpMethod.Post, sent, token, body, arrived, left + Patience) { FormType = form?.ContentType }, context);
        }
        finally
        {
            body.Return();
        }
    }

    private static async ValueTask<(RequestFacts Facts, FormBoundary Boundary, GatewayError? Error)> ReadFormAsync(HttpRequest request, PooledBody body)
    {
        if (!FormBoundary.TryParse(request.Headers.ContentType, out var boundary))
        {
            throw new InvalidOperationException("The input rules let a form without a boundary pass.");
        }

        var (facts, error) = await FormFactsReader.ReadAsync(body.Memory, boundary);
        return (facts, boundary, error);
    }

    /// <summary>What answers: the path's own model goes before the request's.</summary>
    private ModelTarget? Resolve(EdgeSnapshot snapshot, PathRoute? route, string model) =>
        !NeedsModel ? null : route is { HasModel: true } ? route.Target
        : endpoint.Protocol == LlmProtocol.Ollama ? snapshot.Models.ResolveTagged(model) : snapshot.Models.Resolve(model);

    private ContextClaims Claims(HttpContext context, EdgeSnapshot snapshot, VirtualKey key, ModelTarget? target, PathRoute? route, in RequestFacts facts, long steering, string sent, TimeSpan left) => new()
    {
        Audience = audience,
        Role = ContextRole.Client,
        RequestId = Guid.Parse(context.TraceIdentifier),
        Path = sent,
        ExpiresUnixMs = shared.Tokens.ExpiryFromNow(),
        DeadlineUnixMs = (shared.Time.GetUtcNow() + left).ToUnixTimeMilliseconds(),
        KeyId = key.Id,
        Team = key.Team,
        User = facts.User,
        // Ollama's clients may write it with or without its tag; from here on it has the name of the configuration.
        RequestedModel = endpoint.Protocol == LlmProtocol.Ollama && route is not { HasModel: true } ? target!.Name : facts.Model,
        RouteModel = route?.Model ?? "",
        Processors = endpoint.Kind == LlmKind.Chat && route is not null ? route.Processors : [],
        Stream = facts.Stream,
        OutputCap = facts.OutputCap,
        CandidateCount = facts.CandidateCount,
        AllowedModels = key.Models,
        AllowedProviders = key.Providers,
        Priority = key.Priority,
        Weight = key.Weight,
        RequiredTags = key.RequiredTags,
        MaySteer = key.MaySteer,
        Steering = steering,
        ModerationPolicy = snapshot.ModerationFor(key, target),
        ConfigGeneration = snapshot.Generation,
    };
}
