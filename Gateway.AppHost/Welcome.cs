using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Gateway.AppHost;

/// <summary>Once the gateway answers: tells the user where it is and how to ask it.</summary>
internal sealed class Welcome(ResourceNotificationService notifications, EndpointReference edge, GatewaySettings settings, string demoKey, string adminKeyPlace) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await notifications.WaitForResourceHealthyAsync(edge.Resource.Name, WaitBehavior.WaitOnResourceUnavailable, stoppingToken);
        Console.WriteLine(new WelcomeText(settings, edge.Url.TrimEnd('/'), demoKey, adminKeyPlace));
    }
}

internal static class WelcomeExtensions
{
    public static void AddWelcome(this IDistributedApplicationBuilder builder, IResourceBuilder<ProjectResource> edge, GatewaySettings settings)
    {
        if (builder.ExecutionContext.IsPublishMode) { return; }
        var demoKey = builder.Configuration["GATEWAY_DEMO_KEY"] is { Length: > 0 } given ? given : LocalSecrets.GetOrCreate(settings.Data, "GATEWAY_DEMO_KEY", "gw_demo_");
        var adminKeyPlace = builder.Configuration["GATEWAY_ADMIN_KEY"] is { Length: > 0 }
            ? "as in your GATEWAY_ADMIN_KEY"
            : $"in {Path.Combine(settings.Data, LocalSecrets.FileName)}";
        builder.Services.AddHostedService(services => new Welcome(services.GetRequiredService<ResourceNotificationService>(), edge.GetEndpoint("http"), settings, demoKey, adminKeyPlace));
    }
}
