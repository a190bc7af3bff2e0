using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OpenTelemetry.Exporter;

namespace OpenTelemetry.Metrics
{
    public static class PrometheusExporterMeterProviderBuilderExtensions
    {
        public static MeterProviderBuilder AddPrometheusExporter(this MeterProviderBuilder builder) => builder
            .ConfigureServices(static services => services.TryAddSingleton<PrometheusExporter>())
            .AddReader(static services => new BaseExportingMetricReader(services.GetRequiredService<PrometheusExporter>())
            {
                TemporalityPreference = MetricReaderTemporalityPreference.Cumulative,
            });
    }
}

namespace Microsoft.AspNetCore.Builder
{
    public static class PrometheusExporterEndpointRouteBuilderExtensions
    {
        public static IEndpointConventionBuilder MapPrometheusScrapingEndpoint(this IEndpointRouteBuilder endpoints, string path)
        {
            // The reader belongs to the provider: without it the exporter would never be asked to collect.
            _ = endpoints.ServiceProvider.GetRequiredService<OpenTelemetry.Metrics.MeterProvider>();
            var exporter = endpoints.ServiceProvider.GetRequiredService<PrometheusExporter>();
            return endpoints.Map(path, new Scrape(exporter).InvokeAsync);
        }

        private sealed class Scrape(PrometheusExporter exporter)
        {
            public async Task InvokeAsync(HttpContext context)
            {
                var text = await exporter.ScrapeAsync(context.RequestAborted);
                if (text is null)
                {
                    context.Response.StatusCode = StatusCodes.Status500InternalServerError;
                    return;
                }
                context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
                context.Response.ContentLength = text.Length;
                await context.Response.BodyWriter.WriteAsync(text, context.RequestAborted);
            }
        }
    }
}
