using System.Text;
using Gateway.Core.Context;
using Gateway.Core.Errors;
using Gateway.Edge.Endpoints;

namespace Gateway.Edge.Admin;

/// <summary>Answers operators with the state of all deployments, as all Routers see them.</summary>
internal sealed class DeploymentsProxy(AdminKeyCheck check, RouterReports reports, EdgeErrors errors)
{
    public const string Path = "/admin/v1/deployments";

    /// <summary>At the Router.</summary>
    private const string RouterPath = "/internal/deployments";

    private static readonly GatewayError NoRouter = new(GatewayErrorKind.ServiceUnavailable, "No Router of the gateway answers.", RetryAfter: TimeSpan.FromSeconds(1));

    public async Task AnswerAsync(HttpContext context)
    {
        if (check.Refuse(context) is { } refusal)
        {
            await errors.WriteAsync(context, refusal);
            return;
        }

        var answers = await reports.AskAsync(RouterPath, ContextRole.Admin, RouterReports.Patience, context.RequestAborted);
        if (answers.All(static answer => answer?["deployments"] is null))
        {
            await errors.WriteAsync(context, NoRouter);
            return;
        }

        var bytes = Encoding.UTF8.GetBytes(MergedDeployments.Of(answers).ToJsonString());
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
    }
}
