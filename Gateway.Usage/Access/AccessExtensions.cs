using Gateway.Core.Context;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Gateway.Usage.Access;

internal static class AccessExtensions
{
    /// <summary>The check of signed contexts that every endpoint here makes.</summary>
    public static WebApplicationBuilder AddContextAccess(this WebApplicationBuilder builder)
    {
        builder.Services.TryAddSingleton(TimeProvider.System);

        // Read now: a service without its secret must not start.
        builder.Services.AddContextKeys(builder.Configuration);
        builder.Services.AddSingleton<ContextGuard>();
        return builder;
    }
}
