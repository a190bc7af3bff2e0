using System.Globalization;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Gateway.Simulator.Meter;

internal static class MeterEndpoints
{
    private const int DefaultPage = 1000;
    private const int MaxPage = 10_000;

    public static WebApplicationBuilder AddMeter(this WebApplicationBuilder builder)
    {
        builder.Services.TryAddSingleton<ProviderMeter>();
        return builder;
    }

    /// <summary><c>GET /meter</c>, <c>GET /meter/requests?since=SEQ&amp;limit=N</c>, <c>POST /meter/reset</c>.</summary>
    public static IEndpointRouteBuilder MapMeter(this IEndpointRouteBuilder routes)
    {
        var meter = routes.ServiceProvider.GetRequiredService<ProviderMeter>();
        routes.MapGet("/meter", context => context.Response.WriteAsJsonAsync(meter.Report(), MeterJson.Default.MeterReport));
        routes.MapGet("/meter/requests", context => WritePageAsync(context, meter));
        routes.MapPost("/meter/reset", context =>
        {
            meter.Reset();
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return Task.CompletedTask;
        });
        return routes;
    }

    private static Task WritePageAsync(HttpContext context, ProviderMeter meter)
    {
        if (!TryRead(context, "since", 0, out var since) || !TryRead(context, "limit", DefaultPage, out var limit) || limit is < 1 or > MaxPage)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return context.Response.WriteAsync($"since must be a row number and limit a number from 1 to {MaxPage}.\n");
        }

        return context.Response.WriteAsJsonAsync(meter.Page(since, (int)limit), MeterJson.Default.MeterPage);
    }

    private static bool TryRead(HttpContext context, string name, long missing, out long value)
    {
        var text = context.Request.Query[name].ToString();
        value = missing;
        return text.Length == 0 || long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }
}
