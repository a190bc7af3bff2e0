using Gateway.Core.Errors;
using Gateway.Usage.Access;
using Gateway.Usage.Budgets;
using Gateway.Usage.Console;
using Gateway.Usage.Content;
using Gateway.Usage.Ingest;
using Gateway.Usage.Ledger;
using Gateway.Usage.Reports;

namespace Gateway.Usage;

/// <summary>The Usage service as it ships, apart from where its configuration comes from.</summary>
internal static class UsageApplication
{
    private static readonly GatewayError Unknown = new(GatewayErrorKind.EndpointNotFound, "The gateway has no report at this path. There are: GET /admin/v1/usage, GET /admin/v1/requests and GET /admin/v1/requests/ID.");

    public static WebApplicationBuilder AddUsage(this WebApplicationBuilder builder) => builder.AddContextAccess().AddLedger().AddBudgets().AddIngest().AddReports().AddContent().AddConsole();

    public static void MapUsage(this WebApplication app)
    {
        app.MapIngest();
        app.MapBudgets();
        app.MapReports();
        app.MapContent();
        app.MapConsole();
        app.MapFallback("{**path}", static context => OpenAIErrorWriter.WriteAsync(context, Unknown));
    }
}
