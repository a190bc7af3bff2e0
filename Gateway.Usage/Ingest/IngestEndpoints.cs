using Gateway.Core.Journal;

namespace Gateway.Usage.Ingest;

internal static class IngestEndpoints
{
    public static WebApplicationBuilder AddIngest(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<BatchEndpoint>();
        return builder;
    }

    /// <summary>Where the Routers' shippers post their batches.</summary>
    public static void MapIngest(this WebApplication app)
    {
        var endpoint = app.Services.GetRequiredService<BatchEndpoint>();
        app.MapPost(UsageBatch.Path, endpoint.InvokeAsync);
    }
}
