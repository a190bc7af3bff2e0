using Gateway.StandIns;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Options;
using Polly;

namespace Microsoft.Extensions.DependencyInjection;

public static class ResilienceHttpClientBuilderExtensions
{
    public static IHttpStandardResiliencePipelineBuilder AddStandardResilienceHandler(
        this IHttpClientBuilder builder, Action<HttpStandardResilienceOptions> configure)
    {
        var pipeline = builder.AddStandardResilienceHandler();
        builder.Services.Configure(pipeline.PipelineName, configure);
        return pipeline;
    }

    public static IHttpStandardResiliencePipelineBuilder AddStandardResilienceHandler(this IHttpClientBuilder builder)
    {
        var name = $"{builder.Name}-standard";
        StandInNotice.Register(builder.Services, "Microsoft.Extensions.Http.Resilience");
        builder.AddHttpMessageHandler(services =>
            new ResilienceHandler(Build(services.GetRequiredService<IOptionsMonitor<HttpStandardResilienceOptions>>().Get(name))));

        // The two timeouts of the pipeline are the deadline; the client's own 100 s would cut across them.
        builder.ConfigureHttpClient(static client => client.Timeout = Timeout.InfiniteTimeSpan);
        return new PipelineBuilder(name, builder.Services);
    }

    private static ResiliencePipeline<HttpResponseMessage> Build(HttpStandardResilienceOptions options) =>
        new ResiliencePipelineBuilder<HttpResponseMessage>()
            .AddTimeout(options.TotalRequestTimeout)
            .AddRetry(options.Retry)
            .AddCircuitBreaker(options.CircuitBreaker)
            .AddTimeout(options.AttemptTimeout)
            .Build();

    private sealed record PipelineBuilder(string PipelineName, IServiceCollection Services) : IHttpStandardResiliencePipelineBuilder;
}
