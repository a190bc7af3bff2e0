namespace Gateway.Usage.Reports;

internal static class ReportEndpoints
{
    public static WebApplicationBuilder AddReports(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<ReportDoor>();
        builder.Services.AddSingleton<UsageReports>();
        builder.Services.AddSingleton<RequestReports>();
        builder.Services.AddSingleton<OwnSpend>();
        builder.Services.AddSingleton<RequestTail>();
        builder.Services.AddHostedService(static services => services.GetRequiredService<RequestTail>());
        builder.Services.AddSingleton<RequestStream>();
        return builder;
    }

    /// <summary>Reports for operators, and what a client may know of itself.</summary>
    public static void MapReports(this WebApplication app)
    {
        var requests = app.Services.GetRequiredService<RequestReports>();
        app.MapGet("/admin/v1/usage", (RequestDelegate)app.Services.GetRequiredService<UsageReports>().SumAsync);
        app.MapGet("/admin/v1/requests", (RequestDelegate)requests.ListAsync);
        app.MapGet("/admin/v1/requests/stream", (RequestDelegate)app.Services.GetRequiredService<RequestStream>().FollowAsync);
        app.MapGet("/admin/v1/requests/{id}", (RequestDelegate)requests.ShowAsync);
        app.MapGet(OwnSpend.Path, (RequestDelegate)app.Services.GetRequiredService<OwnSpend>().AnswerAsync);
    }
}
