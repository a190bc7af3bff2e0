using Gateway.Router.Pipeline;

namespace Gateway.Router.Processors;

internal static class ProcessorServices
{
    /// <summary>The stage that has the text of requests rewritten where their route says so.</summary>
    public static WebApplicationBuilder AddProcessors(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<ProcessorCalls>();
        builder.Services.AddLlmStage<ProcessorStage>(LlmPhase.Process);
        return builder;
    }
}
