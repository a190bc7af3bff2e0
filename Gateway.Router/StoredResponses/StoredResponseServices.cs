using Gateway.Router.Pipeline;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Gateway.Router.StoredResponses;

internal static class StoredResponseServices
{
    /// <summary>Keeps responses: in Redis when a connection string is there, in this process otherwise.</summary>
    public static WebApplicationBuilder AddStoredResponses(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptionsWithValidateOnStart<StoredResponseOptions, StoredResponseOptionsValidator>().BindConfiguration(StoredResponseOptions.Section);
        services.AddSingleton<MemoryResponseStore>();
        if (!builder.AddRedisLink())
        {
            services.TryAddSingleton<IResponseStore>(static provider => provider.GetRequiredService<MemoryResponseStore>());
        }
        else
        {
            services.AddSingleton<RedisResponseStore>();
            services.AddHostedService(static provider => provider.GetRequiredService<RedisResponseStore>());
            services.TryAddSingleton<IResponseStore>(static provider => provider.GetRequiredService<RedisResponseStore>());
        }

        services.AddLlmStage<StoredResponseStage>(LlmPhase.BeforeAttempt);
        return builder;
    }
}
