using Gateway.Core.Configuration;
using Gateway.Edge.Admin.Audit;
using Gateway.Edge.Endpoints;
using Gateway.Edge.Routes;

return Program.Build(args).RunService();

/// <summary>The Edge: the only public service of the gateway.</summary>
internal sealed partial class Program
{
    /// <param name="args">Command line.</param>
    /// <param name="configure">For tests: what to change before the services are built.</param>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = ServiceHost.CreateBuilder(args);
        builder.AddServiceDefaults();
        builder.AddGatewayConfiguration();
        configure?.Invoke(builder);
        builder.AddDrain();
        builder.AddVirtualKeys().AddClientGate().AddEdgeEndpoints().AddAdmission().AddForwarding().AddAdmin();

        var app = builder.Build();
        app.UseMiddleware<PathRouteMiddleware>();
        app.UseRouting();
        app.UseMiddleware<AdminAudit>();
        app.UseMiddleware<EdgeMiddleware>();
        app.MapDefaultEndpoints();
        app.MapLlmEndpoints();
        app.MapAdmin();
        return app;
    }
}
