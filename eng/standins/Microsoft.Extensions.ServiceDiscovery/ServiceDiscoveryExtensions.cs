using Gateway.StandIns;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.ServiceDiscovery;

namespace Microsoft.Extensions.DependencyInjection;

public static class ServiceDiscoveryServiceCollectionExtensions
{
    public static IServiceCollection AddServiceDiscovery(this IServiceCollection services)
    {
        services.TryAddSingleton(static provider => new ServiceEndpointResolver(provider.GetRequiredService<IConfiguration>()));
        StandInNotice.Register(services, "Microsoft.Extensions.ServiceDiscovery");
        return services;
    }
}

public static class ServiceDiscoveryHttpClientBuilderExtensions
{
    // As in the package, this does not read the configuration by itself: services.AddServiceDiscovery() does.
    public static IHttpClientBuilder AddServiceDiscovery(this IHttpClientBuilder httpClientBuilder) =>
        httpClientBuilder.AddHttpMessageHandler(static services => new ResolvingHandler(services.GetRequiredService<ServiceEndpointResolver>()));
}
