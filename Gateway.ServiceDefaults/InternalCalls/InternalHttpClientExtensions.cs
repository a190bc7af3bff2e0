using Gateway.ServiceDefaults.InternalCalls;
using Microsoft.Extensions.Http.Resilience;

namespace Microsoft.Extensions.DependencyInjection;

public static class InternalHttpClientExtensions
{
    /// <summary>
    /// A named client for idempotent calls to another service of the gateway: discovery, 2 s an attempt, 10 s in all, at most 2 more
    /// attempts. POST, PUT, PATCH and DELETE are sent once. Never for LLM requests: they have their own client, which repeats nothing.
    /// </summary>
    /// <param name="services">The services of the caller.</param>
    /// <param name="name">The name for <see cref="IHttpClientFactory.CreateClient"/>.</param>
    /// <param name="serviceName">The name in service discovery.</param>
    public static IHttpClientBuilder AddInternalHttpClient(this IServiceCollection services, string name, string serviceName)
    {
        var client = services.AddHttpClient(name, http => http.BaseAddress = InternalAddress.Of(serviceName))
            .ConfigurePrimaryHttpMessageHandler(InternalAddress.CreateHandler)
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan);
        client.AddStandardResilienceHandler(Configure);

        // Inside of the retries, so that each attempt goes to the next replica.
        return client.AddServiceDiscovery();
    }

    private static void Configure(HttpStandardResilienceOptions options)
    {
#pragma warning disable EXTEXP0001 // Marked experimental for its shape; without it a POST that may have been carried out is sent again.
        options.Retry.DisableForUnsafeHttpMethods();
#pragma warning restore EXTEXP0001
        options.Retry.MaxRetryAttempts = 2;
        options.Retry.Delay = TimeSpan.FromMilliseconds(100);
        options.AttemptTimeout.Timeout = TimeSpan.FromSeconds(2);
        options.TotalRequestTimeout.Timeout = TimeSpan.FromSeconds(10);
    }
}
