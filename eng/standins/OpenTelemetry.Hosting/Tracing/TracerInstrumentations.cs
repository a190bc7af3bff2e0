using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OpenTelemetry.Instrumentation.AspNetCore;

namespace OpenTelemetry.Trace
{
    public static class AspNetCoreInstrumentationTracerProviderBuilderExtensions
    {
        public static TracerProviderBuilder AddAspNetCoreInstrumentation(
            this TracerProviderBuilder builder,
            Action<AspNetCoreTraceInstrumentationOptions>? configureAspNetCoreTraceInstrumentationOptions)
        {
            if (configureAspNetCoreTraceInstrumentationOptions is not null)
            {
                builder.ConfigureServices(services => services.Configure(configureAspNetCoreTraceInstrumentationOptions));
            }
            return builder
                .AddSource("Microsoft.AspNetCore")
                .AddInstrumentation(static services =>
                    new ServerSpans(services.GetRequiredService<IOptions<AspNetCoreTraceInstrumentationOptions>>().Value));
        }
    }

    public static class HttpClientInstrumentationTracerProviderBuilderExtensions
    {
        // Since .NET 9 the framework's client span has the convention's name and tags, with the query redacted.
        public static TracerProviderBuilder AddHttpClientInstrumentation(this TracerProviderBuilder builder) => builder.AddSource("System.Net.Http");
    }
}

namespace OpenTelemetry.Instrumentation.AspNetCore
{
    public class AspNetCoreTraceInstrumentationOptions
    {
        /// <summary>False keeps the request out of the traces. Null takes every request.</summary>
        public Func<HttpContext, bool>? Filter { get; set; }
    }
}
