using System.Text.Json.Serialization;
using Gateway.Core;
using Gateway.Core.Context;
using Gateway.Core.Errors;
using Gateway.Moderation.Content;
using Gateway.Moderation.Policies;

namespace Gateway.Moderation.Endpoints;

/// <summary>Why a body was refused; never what was in it.</summary>
internal sealed record BlockedAnswer(string Message, string Check);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(BlockedAnswer))]
internal sealed partial class InternalJson : JsonSerializerContext;

/// <summary>
/// What the Router asks before it dispatches: <c>POST /internal/moderation/...</c> with the client's body. The answer's
/// <c>x-gateway-moderation</c> says allow (204), redact (200 with the new body) or block (200 with the reason).
/// </summary>
internal sealed class InternalModeration(ContextGate gate, ModerationPolicies policies, PolicyRun run, ModerationMetrics metrics, TimeProvider time, ILogger<InternalModeration> log)
{
    public const string ActionHeader = "x-gateway-moderation";
    private const string DegradedValue = "moderation";

    private const int InlineBytes = 16 * 1024;

    public async Task InvokeAsync(HttpContext context, string path, Shape shape)
    {
        if (await gate.EnterAsync(context, path) is not { } claims)
        {
            return;
        }

        var snapshot = policies.Current;
        if (!snapshot.Policies.TryGetValue(claims.ModerationPolicy, out var policy))
        {
            // The Router knows a newer or an older document than this service.
            log.PolicyUnknown(claims.RequestId, claims.ModerationPolicy, snapshot.Generation);
            await OpenAIErrorWriter.WriteAsync(context, new GatewayError(
                GatewayErrorKind.EndpointNotFound, $"There is no moderation policy '{claims.ModerationPolicy}' in configuration generation {snapshot.Generation}."));
            return;
        }

        using var body = await RequestBody.ReadAsync(context, snapshot.MaxBodyBytes);
        var started = time.GetTimestamp();
        var job = new ModerationJob(body, shape, policy, run, claims.RequestId);
        if (IsQuick(policy, body.Bytes.Length))
        {
            job.Run();
        }
        else
        {
            await Task.Factory.StartNew(static state => ((ModerationJob)state!).Run(), job, context.RequestAborted, TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
        }

        // A refusal and not an error: the Router takes errors for an absent service, and a best-effort policy would then serve what nobody has read.
        var verdict = job.Verdict ?? new PolicyVerdict(ModerationOutcome.Block, PolicyRun.Unreadable, Failed: true, Degraded: false, []);
        var action = verdict.Outcome switch
        {
            ModerationOutcome.Allow => "allow",
            ModerationOutcome.Redact => "redact",
            ModerationOutcome.Block => "block",
        };
        metrics.Decided(time.GetElapsedTime(started).TotalSeconds, action, policy.Name);
        await AnswerAsync(context, claims, policy, verdict, action, job);
    }

    /// <summary>Other work leaves the thread that it arrived on, because that one also serves the sockets.</summary>
    internal static bool IsQuick(ModerationPolicy policy, int bytes) => bytes <= InlineBytes && !policy.HasPatterns;

    private async Task AnswerAsync(HttpContext context, ContextClaims claims, ModerationPolicy policy, PolicyVerdict verdict, string action, ModerationJob job)
    {
        var response = context.Response;
        response.Headers[ActionHeader] = action;
        if (verdict.Degraded)
        {
            response.Headers[GatewayHeaders.Degraded] = DegradedValue;
        }

        switch (verdict.Outcome)
        {
            case ModerationOutcome.Allow:
                response.StatusCode = StatusCodes.Status204NoContent;
                break;
            case ModerationOutcome.Redact:
                log.Redacted(claims.RequestId, policy.Name);
                response.ContentType = "application/json";
                response.ContentLength = job.Redacted.Length;
                await response.BodyWriter.WriteAsync(job.Redacted, context.RequestAborted);
                break;
            case ModerationOutcome.Block:
                log.Blocked(claims.RequestId, policy.Name, verdict.Check!);
                await response.WriteAsJsonAsync(new BlockedAnswer(Explain(policy, verdict), verdict.Check!), InternalJson.Default.BlockedAnswer, "application/json");
                break;
        }
    }

    private static string Explain(ModerationPolicy policy, PolicyVerdict verdict) => verdict switch
    {
        { Check: PolicyRun.Unreadable } => $"The moderation policy '{policy.Name}' could not read the body: it must be a JSON object of at most {ContentReader.MaxDepth} levels, with valid base64 in its text files.",
        { Check: PolicyRun.TokenIds } => $"The moderation policy '{policy.Name}' needs text: send the input as strings, not as token ids.",
        { Failed: true } => $"The moderation policy '{policy.Name}' requires the check '{verdict.Check}', which could not be completed for this input.",
        _ => $"The input was refused by the check '{verdict.Check}' of the moderation policy '{policy.Name}'.",
    };
}
