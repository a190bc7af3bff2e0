using Gateway.Core;
using Gateway.Core.Configuration;
using Gateway.Core.Errors;
using Gateway.Core.Journal;
using Gateway.Core.Requests;
using Gateway.Router.Attempts;
using Gateway.Router.Pipeline;
using Gateway.Router.Telemetry;
using Microsoft.Extensions.ObjectPool;

namespace Gateway.Router.Moderating;

/// <summary>
/// Has the input checked where a policy applies. A required policy that cannot be asked lets nothing through; a best-effort
/// one lets the request through and marks it.
/// </summary>
internal sealed class ModerationStage(
    ModerationClient client, UsageRecorder recorder, ObjectPool<AttemptTimer> timers, ILogger<ModerationStage> logger) : ILlmStage
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(2);
    private static readonly GatewayError Unavailable = new(
        GatewayErrorKind.ModerationUnavailable, "Content moderation is required for this request and cannot be reached. Try again later.", RetryAfter: TimeSpan.FromSeconds(1));

    private static readonly GatewayError Unreadable = new(
        GatewayErrorKind.ModerationUnavailable, "Content moderation is required for this request and cannot read forms with pictures or sound. Ask the operator of the gateway for a key without it.");

    public ValueTask InvokeAsync(LlmExchange exchange, LlmStageDelegate next) =>
        exchange.Claims.ModerationPolicy.Length == 0 || HasNothing(exchange) ? next(exchange) : ModerateAsync(exchange, next);

    /// <summary>To list, read or delete files sends no content.</summary>
    private static bool HasNothing(LlmExchange exchange) => exchange.Files is { HasBody: false };

    private async ValueTask ModerateAsync(LlmExchange exchange, LlmStageDelegate next)
    {
        var isForm = exchange.Form is not null;
        var verdict = isForm ? null : await AskAsync(exchange);
        if (verdict is { Answer: ModerationAnswer.Redact, Body: { } body } && !TryReplace(exchange, body))
        {
            body.Release();
            verdict = null;
        }

        if (verdict is { Answer: ModerationAnswer.Block } block)
        {
            await BlockAsync(exchange, block);
            return;
        }

        if (verdict is null && ModeOf(exchange) == ModerationMode.Required)
        {
            await exchange.RefuseAsync(isForm ? Unreadable : Unavailable);
            return;
        }

        if (verdict is null or { IsDegraded: true })
        {
            exchange.Outcome.Flags |= UsageFlags.Unmoderated;
            exchange.Http.Response.Headers[GatewayHeaders.Degraded] = "moderation";
        }

        await next(exchange);
    }

    /// <returns>Null when there is no answer that can be trusted.</returns>
    private async ValueTask<ModerationVerdict?> AskAsync(LlmExchange exchange)
    {
        using var span = RouterTraces.Start("moderate input", exchange)?.SetTag("gateway.moderation.policy", exchange.Claims.ModerationPolicy);
        var timer = timers.Get();
        timer.Start(Deadline, exchange.Http.RequestAborted);
        timer.LimitToDeadline();
        try
        {
            var verdict = await client.AskAsync(exchange, timer.Token);
            span?.SetTag("gateway.moderation.answer", WordOf(verdict.Answer));
            return verdict;
        }
        catch (Exception exception) when (!exchange.Http.RequestAborted.IsCancellationRequested)
        {
            // Whatever it is, the answer is missing; what that means is the policy's to say.
            span?.Fail("moderation_unavailable");
            logger.ModerationUnavailable(exchange.RequestId, exchange.Claims.ModerationPolicy, exception.GetType().Name);
            return null;
        }
        finally
        {
            timers.Return(timer);
        }
    }

    /// <summary>Takes the redacted body, if it still asks for what was authorised.</summary>
    private bool TryReplace(LlmExchange exchange, RequestBody body)
    {
        if (RequestFactsReader.TryRead(body.Span, exchange.Endpoint.Operation, exchange.Path, out var facts, out _)
            && FactsComparison.FirstDifference(in facts, body.Span, exchange.Claims, exchange.Endpoint.Protocol) is null)
        {
            exchange.SetBody(body, in facts);
            return true;
        }

        logger.RedactionInvalid(exchange.RequestId, exchange.Claims.ModerationPolicy);
        return false;
    }

    private async ValueTask BlockAsync(LlmExchange exchange, ModerationVerdict block)
    {
        logger.ContentBlocked(exchange.RequestId, exchange.Claims.ModerationPolicy, block.Check);
        var error = new GatewayError(GatewayErrorKind.ContentBlocked, block.Message);
        await recorder.RefusedAsync(exchange, error.Facts.Status);
        await exchange.RefuseAsync(error);
    }

    private static string WordOf(ModerationAnswer answer) => answer switch
    {
        ModerationAnswer.Allow => "allow",
        ModerationAnswer.Redact => "redact",
        ModerationAnswer.Block => "block",
    };

    private static ModerationMode ModeOf(LlmExchange exchange) =>
        // A policy that this Router does not know (the Edge has a newer document) may well be a required one.
        exchange.Config.Moderation.Policies.TryGetValue(exchange.Claims.ModerationPolicy, out var policy) ? policy.Mode : ModerationMode.Required;
}
