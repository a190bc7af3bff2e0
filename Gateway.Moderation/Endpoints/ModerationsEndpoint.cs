using Gateway.Core.Errors;
using Gateway.Moderation.Content;
using Gateway.Moderation.Policies;

namespace Gateway.Moderation.Endpoints;

/// <summary><c>POST /v1/moderations</c> in OpenAI's shape, answered from the caller's own policy. It tells and never changes or blocks.</summary>
internal sealed class ModerationsEndpoint(ContextGate gate, ModerationPolicies policies, ContentScan scan, ILogger<ModerationsEndpoint> log)
{
    public const string Path = "/v1/moderations";
    private const string OwnModel = "gateway-moderation";
    private const string DefaultPolicy = Core.Configuration.ModerationConfig.DefaultPolicy;

    public async Task InvokeAsync(HttpContext context)
    {
        if (await gate.EnterAsync(context, Path) is not { } claims)
        {
            return;
        }

        var snapshot = policies.Current;
        using var body = await RequestBody.ReadAsync(context, snapshot.MaxBodyBytes);
        if (!ModerationsInput.TryRead(body.Bytes, out var input, out var error))
        {
            await OpenAIErrorWriter.WriteAsync(context, error);
            return;
        }

        if (!snapshot.Policies.TryGetValue(claims.ModerationPolicy.Length > 0 ? claims.ModerationPolicy : DefaultPolicy, out var policy) && claims.ModerationPolicy.Length > 0)
        {
            // The Edge knows a newer or an older document than this service; "nothing flagged" would be a lie.
            log.PolicyUnknown(claims.RequestId, claims.ModerationPolicy, snapshot.Generation);
            await OpenAIErrorWriter.WriteAsync(context, new GatewayError(
                GatewayErrorKind.ModerationUnavailable, $"There is no moderation policy '{claims.ModerationPolicy}' in configuration generation {snapshot.Generation}."));
            return;
        }

        // Always on the pool: nobody waits for this one on the way to a model.
        var job = new ScanJob(scan, policy, input.Groups);
        await Task.Factory.StartNew(static state => ((ScanJob)state!).Run(), job, context.RequestAborted, TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
        if (job.Results is not { } results)
        {
            await OpenAIErrorWriter.WriteAsync(context, new GatewayError(
                GatewayErrorKind.ModerationUnavailable, $"A check of the moderation policy '{policy!.Name}' could not be completed for this input."));
            return;
        }

        var answer = new ModerationsAnswer($"modr-{claims.RequestId:N}", input.Model ?? OwnModel, results);
        await context.Response.WriteAsJsonAsync(answer, ModerationsJson.Default.ModerationsAnswer, "application/json");
    }

    private sealed class ScanJob(ContentScan scan, ModerationPolicy? policy, IReadOnlyList<ContentGroup> groups)
    {
        public IReadOnlyList<ModerationsResult>? Results { get; private set; }

        public void Run() => Results = scan.Scan(policy, groups);
    }
}
