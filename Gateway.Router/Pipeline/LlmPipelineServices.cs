using Gateway.Core.Context;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Gateway.Router.Pipeline;

public static class LlmPipelineServices
{
    /// <summary>The pipeline and the stages that every request passes first: the context check and the reading of the body.</summary>
    public static WebApplicationBuilder AddLlmPipeline(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);

        // Made now, not on first use: without its secret the service must not start.
        services.AddContextKeys(builder.Configuration);
        services.AddSingleton<ReplaySet>();
        services.AddSingleton<UsageRecorder>();
        services.AddSingleton<ExchangeRunner>();
        services.AddSingleton<LlmPipeline>();
        services.AddLlmStage<ContextStage>(LlmPhase.Authenticate);
        services.AddLlmStage<BodyStage>(LlmPhase.Read);
        return builder;
    }

    /// <summary>Adds a stage to every LLM request. Its constructor may ask for services; one instance is made at start.</summary>
    public static IServiceCollection AddLlmStage<TStage>(this IServiceCollection services, LlmPhase phase = LlmPhase.BeforeAttempt)
        where TStage : class, ILlmStage
    {
        services.TryAddSingleton<TStage>();
        return services.AddSingleton(new LlmStageRegistration(phase, static provider => provider.GetRequiredService<TStage>()));
    }
}
