using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Gateway.Simulator.Control;

internal static class ControlEndpoints
{
    public static WebApplicationBuilder AddControl(this WebApplicationBuilder builder)
    {
        builder.Services.TryAddSingleton<ProviderControl>();
        return builder;
    }

    /// <summary><c>GET /control</c>, <c>PUT /control</c>, <c>POST /control/reset</c>.</summary>
    public static IEndpointRouteBuilder MapControl(this IEndpointRouteBuilder routes)
    {
        var control = routes.ServiceProvider.GetRequiredService<ProviderControl>();
        var time = routes.ServiceProvider.GetRequiredService<TimeProvider>();
        routes.MapGet("/control", context => context.Response.WriteAsJsonAsync(Report(control.Current, time.GetUtcNow()), ControlJson.Default.ControlReport));
        routes.MapPut("/control", context => PutAsync(context, control));
        routes.MapPost("/control/reset", context =>
        {
            control.Use(ControlDocument.Empty);
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return Task.CompletedTask;
        });
        return routes;
    }

    private static async Task PutAsync(HttpContext context, ProviderControl control)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        try
        {
            control.Use(ControlReader.Read(body.GetBuffer().AsMemory(0, (int)body.Length)));
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        }
        catch (ControlException error)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            await context.Response.WriteAsync(error.Message + "\n", context.RequestAborted);
        }
    }

    private static ControlReport Report(ControlState state, DateTimeOffset now) => new(state.KeepText, [.. state.Rules.Select(rule => new RuleReport
    {
        Credential = rule.Rule.Credential,
        Model = rule.Rule.Model,
        Directives = rule.Rule.Directives,
        Active = rule.Holds(now),
        Matched = rule.Matched,
        Broken = rule.Broken,
        Refused = rule.Refused,
    })]);
}
