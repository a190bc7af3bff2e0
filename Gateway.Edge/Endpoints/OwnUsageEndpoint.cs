using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Gateway.Core;
using Gateway.Edge.Abuse;
using Gateway.Edge.Budgets;

namespace Gateway.Edge.Endpoints;

/// <summary>Tells a caller what its key may do, and how much of that is left, and what was spent on which day. It counts for no limit: who is out must be able to ask.</summary>
internal sealed class OwnUsageEndpoint(EdgeSnapshots snapshots, KeyReport reports, EdgeErrors errors, ClientGate gate, OwnSpend spend)
{
    public const string Path = "/v1/usage/me";

    public async Task AnswerAsync(HttpContext context)
    {
        if (gate.Enter(context, snapshots.Current, orNobody: false, out var key) is { } refused)
        {
            await errors.WriteAsync(context, refused);
            return;
        }

        var days = OwnSpend.ReadDays(context.Request.Query);
        var report = new JsonObject
        {
            ["key"] = key!.Id,
            ["team"] = key.Team.Length > 0 ? key.Team : null,
            ["user"] = key.User.Length > 0 ? key.User : null,
            ["organisation"] = key.Scopes.Organisation,
            ["expires"] = key.Expires?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            ["models"] = new JsonArray([.. key.Models.Select(static model => (JsonNode)model)]),
        };
        await reports.WriteAsync(report, key, context.RequestAborted);
        if (days > 0)
        {
            report["spend"] = await spend.AskAsync(key, days, context);
        }

        if (report["degraded"]!.GetValue<bool>())
        {
            context.Response.Headers[GatewayHeaders.Degraded] = "redis";
        }

        var bytes = Encoding.UTF8.GetBytes(report.ToJsonString());
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
    }
}
