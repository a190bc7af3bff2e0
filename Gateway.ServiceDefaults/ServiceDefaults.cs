using Microsoft.AspNetCore.Builder;

namespace Microsoft.Extensions.Hosting;

public static class ServiceDefaults
{
    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder) where TBuilder : IHostApplicationBuilder => builder;

    public static WebApplication MapDefaultEndpoints(this WebApplication app) => app;
}
