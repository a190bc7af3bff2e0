using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Core.Admission;
using Gateway.Core.Configuration;
using Gateway.Core.Configuration.Documents;
using Gateway.Core.Context;
using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Edge.Budgets;
using Gateway.Edge.Endpoints;
using Gateway.Edge.Forwarding;
using Gateway.Edge.VirtualKeys;

namespace Gateway.Edge.Admin;

/// <summary>
/// Tells operators what would become of a request and why: what the Edge decides by the code that decides on real ones, and then what a Router says of it. Nothing is
/// consumed, nobody is called.
/// </summary>
internal sealed class ExplainProxy(
    AdminKeyCheck check, LlmProxyServices shared, KeyReport reports, ServiceClient services, [FromKeyedServices(ForwardingExtensions.Router)] ServiceEndpoints routers)
{
    public const string Path = "/admin/v1/explain";

    /// <summary>At the Router, before the request's own path. A context for it is good for nothing else.</summary>
    private const string RouterPath = "/internal/explain";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly GatewayError NoRouter = new(GatewayErrorKind.ServiceUnavailable, "No Router of the gateway explains the request. Try again.", RetryAfter: TimeSpan.FromSeconds(1));

    public async Task AnswerAsync(HttpContext context)
    {
        if (check.Refuse(context) is { } refusal)
        {
            await shared.Errors.WriteAsync(context, refusal);
            return;
        }

        var snapshot = shared.Snapshots.Current;
        var body = await PooledBody.ReadAsync(context.Request, snapshot.MaxBodyBytes, context.RequestAborted);
        try
        {
            // What is wrong with the question is thrown, and answered as any error.
            var asked = ExplainRequest.Read(body.Memory.Span);
            var answer = await ExplainAsync(asked, body.Memory[asked.Body], snapshot, context);
            var bytes = Encoding.UTF8.GetBytes(answer.ToJsonString());
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = bytes.Length;
            await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
        }
        finally
        {
            body.Return();
        }
    }

    private async Task<JsonObject> ExplainAsync(ExplainRequest asked, ReadOnlyMemory<byte> request, EdgeSnapshot snapshot, HttpContext context)
    {
        var arrived = shared.Time.GetTimestamp();
        var key = KeyOf(asked.Key, snapshot);
        var target = ExplainTarget.Of(asked, snapshot, context.TraceIdentifier);
        if (!RequestFactsReader.TryRead(request.Span, target.Endpoint.Operation, target.Path?.Facts, out var facts, out var unreadable))
        {
            throw new GatewayException(unreadable with { Param = unreadable.Param is { } field ? $"request.{field}" : "request" });
        }

        var decision = new LlmDecision(target.Endpoint, snapshot, key, target.Route, in facts);
        RateDecision? rate = key.Scopes.Plain is { } limit ? shared.Admissions.Peek(limit) : null;
        var access = decision.CheckAccess();
        var error = CheckKey(key, snapshot) ?? decision.CheckShape() ?? await shared.Admissions.PeekAsync(target.Context, decision, request, context.RequestAborted) ?? access;
        var left = decision.TimeFor(target.Wanted);
        var edge = Describe(asked, key, target, decision, rate, isAllowed: access is null, left);
        await reports.WriteAsync(edge, key, context.RequestAborted);
        if (error is not null)
        {
            return new JsonObject { ["decision"] = "refused", ["would"] = "refuse", ["error"] = Describe(error), ["edge"] = edge };
        }

        var sent = RouterPath + target.Sent;
        var claims = decision.Claims(context.TraceIdentifier, ContextAudience.Router, target.Sent, request.Span, left, shared) with { Role = ContextRole.Admin, Path = sent };
        var answer = new JsonObject { ["decision"] = "forwarded" };
        foreach (var (name, value) in (await AskAsync(sent, claims, request, target.Context, arrived, context.RequestAborted)).ToArray())
        {
            answer[name] = value?.DeepClone();
        }

        answer["edge"] = edge;
        return answer;
    }

    /// <summary>Asks the Router whose turn it is, as for a real request; each knows only of itself.</summary>
    private async Task<JsonObject> AskAsync(string sent, ContextClaims claims, ReadOnlyMemory<byte> request, HttpContext target, long arrived, CancellationToken aborted)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        using var timer = shared.Time.CreateTimer(static source => ((CancellationTokenSource)source!).Cancel(), limit, Patience, Timeout.InfiniteTimeSpan);
        var body = PooledBody.Of(request.Span);
        try
        {
            var call = new ForwardedCall(routers, HttpMethod.Post, sent, shared.Tokens.Sign(claims), body, arrived, Patience);
            using var answer = await services.SendAsync(call, target, limit.Token) ?? throw new GatewayException(NoRouter);
            return answer.IsSuccessStatusCode && JsonNode.Parse(await answer.Content.ReadAsByteArrayAsync(limit.Token)) is JsonObject explanation ? explanation : throw new GatewayException(NoRouter);
        }
        catch (Exception failure) when (failure is HttpRequestException or JsonException or IOException || (failure is OperationCanceledException && !aborted.IsCancellationRequested))
        {
            throw new GatewayException(NoRouter, failure);
        }
        finally
        {
            body.Return();
        }
    }

    private static VirtualKey KeyOf(string? id, EdgeSnapshot snapshot)
    {
        if (id is null or ContextClaims.PublicKeyId)
        {
            return id is null ? VirtualKey.Operator : VirtualKey.Nobody;
        }

        return snapshot.Keys.Find(id) ?? throw new GatewayException(
            GatewayErrorKind.InvalidRequest,
            $"There is no key with the id '{(id.Length <= 64 ? id : id[..64])}'. {(Nearest.Of(id, snapshot.Keys.Ids) is { } near ? $"Did you mean '{near}'?" : "Give the id of a key of the document, 'public' for a caller without a key, or leave it out.")}",
            "key");
    }

    private GatewayError? CheckKey(VirtualKey key, EdgeSnapshot snapshot) =>
        key.IsNobody && !snapshot.Keys.HasPublicModels ? KeyErrors.Missing : key.Expires <= shared.Time.GetUtcNow() ? KeyErrors.Expired : null;

    private static JsonObject Describe(ExplainRequest asked, VirtualKey key, ExplainTarget target, in LlmDecision decision, RateDecision? rate, bool isAllowed, TimeSpan left) => new()
    {
        ["key"] = asked.Key,
        ["team"] = key.Team.Length > 0 ? key.Team : null,
        ["priority"] = key.Priority switch { RequestPriority.Interactive => "interactive", RequestPriority.Batch => "batch", RequestPriority.Default => "default" },
        ["weight"] = key.Weight,
        ["may_steer"] = key.MaySteer,
        ["requires"] = new JsonArray([.. key.RequiredTags.Select(static tag => (JsonNode)tag)]),
        ["endpoint"] = target.Endpoint.Protocol == LlmProtocol.Gemini ? target.Sent : target.Endpoint.Path,
        ["route"] = target.Route is { } route ? new JsonObject { ["path"] = route.Path, ["model"] = route.HasModel ? route.Model : null } : null,
        ["access"] = isAllowed ? "allowed" : "refused",
        ["moderation_policy"] = decision.ModerationPolicy is { Length: > 0 } policy ? policy : null,
        ["rate_limit"] = rate is { } known ? new JsonObject
        {
            ["limit"] = key.Scopes.Plain!.Limit,
            ["window_ms"] = key.Scopes.Plain.Window.TotalMilliseconds,
            ["remaining"] = known.Remaining + (known.Admitted ? 1 : 0),
            ["retry_after_ms"] = known.Admitted ? null : Math.Ceiling(known.RetryAfter.TotalMilliseconds),
        } : null,
        ["deadline_ms"] = left.TotalMilliseconds,
    };

    private static JsonObject Describe(GatewayError error) =>
        new() { ["status"] = error.Facts.Status, ["code"] = error.Facts.Code, ["message"] = error.Message, ["param"] = error.Param };
}
