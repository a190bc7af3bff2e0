using Gateway.Core.Capture;
using Gateway.Core.Journal;
using Gateway.Usage.Ledger;
using Gateway.Usage.Ledger.PostgreSql;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Gateway.Usage.Content;

internal static class ContentServices
{
    /// <summary>What Routers have captured of requests: beside the ledger, in PostgreSQL where that is, else in <c>content</c> in the data folder. Behind <c>AddLedger</c>.</summary>
    public static WebApplicationBuilder AddContent(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        if (services.Any(static service => service.ServiceType == typeof(LedgerDatabase)))
        {
            services.TryAddSingleton<IContentStore, PostgresContentStore>();
        }
        else
        {
            var data = builder.Configuration["GATEWAY_DATA"] is { Length: > 0 } given ? given : ".data";
            services.TryAddSingleton<IContentStore>(provider => new FileContentStore(
                Path.Combine(data, "content"), provider.GetRequiredService<IOptions<LedgerOptions>>().Value.MinFreeBytes, provider.GetRequiredService<JournalDisk>(),
                provider.GetRequiredService<TimeProvider>()));
        }

        services.AddSingleton<ContentEndpoint>();
        services.AddSingleton<ContentReport>();
        services.AddSingleton<ContentSweeper>();
        services.AddHostedService(static provider => provider.GetRequiredService<ContentSweeper>());
        return builder;
    }

    public static void MapContent(this WebApplication app)
    {
        app.MapPost(ContentShipment.Path, (RequestDelegate)app.Services.GetRequiredService<ContentEndpoint>().InvokeAsync);
        app.MapGet(ContentReport.Path, (RequestDelegate)app.Services.GetRequiredService<ContentReport>().ShowAsync);
    }
}
