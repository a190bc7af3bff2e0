using Gateway.ServiceDefaults.Health;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Gateway.ServiceDefaults.Telemetry;

/// <remarks>
/// OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT is read nowhere, on purpose. The Aspire host sets it in development, and a
/// gateway that honoured it would write its users' prompts into traces and logs. Capturing is a setting of the gateway's document.
/// </remarks>
internal static class TelemetryExtensions
{
    private const string Own = "Gateway.*";

    // A completion takes seconds to minutes; the conventional bounds end at 10 s.
    private static readonly double[] DurationSeconds =
        [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 30, 60, 120, 300, 600];

    // Each of them is counted on every request, and the request's duration says the same and more.
    private static readonly string[] Dropped = ["http.server.active_requests", "aspnetcore.routing.*"];

    public static void AddTelemetry(this IHostApplicationBuilder builder)
    {
        var exports = !string.IsNullOrWhiteSpace(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]);
        LogDefaults.Add(builder, exports);

        var telemetry = builder.Services.AddOpenTelemetry().WithMetrics(AddMetrics);
        if (string.IsNullOrEmpty(builder.Configuration["OTEL_SERVICE_NAME"]))
        {
            telemetry.ConfigureResource(resource => resource.AddService(builder.Environment.ApplicationName));
        }

        // Without anybody to send them to, spans are not made at all: an Activity per request and hop is a cost for nothing.
        if (exports)
        {
            builder.Logging.AddOpenTelemetry(static logging =>
            {
                logging.IncludeFormattedMessage = true;
                logging.IncludeScopes = true;
            });
            telemetry.WithTracing(AddTracing).UseOtlpExporter();
        }
    }

    private static void AddMetrics(MeterProviderBuilder metrics)
    {
        foreach (var name in Dropped)
        {
            metrics.AddView(name, MetricStreamConfiguration.Drop);
        }

        AddKept(metrics);
    }

    private static void AddKept(MeterProviderBuilder metrics) => metrics
        .AddAspNetCoreInstrumentation()
        .AddHttpClientInstrumentation()
        .AddRuntimeInstrumentation()
        .AddMeter(Own)
        .AddView("http.server.request.duration", Durations())
        .AddView("http.client.request.duration", Durations())
        .AddPrometheusExporter();

    private static void AddTracing(TracerProviderBuilder tracing) => tracing
        .AddAspNetCoreInstrumentation(static options => options.Filter = static context => !ProbePaths.IsProbe(context))
        .AddHttpClientInstrumentation()
        .AddSource(Own);

    private static ExplicitBucketHistogramConfiguration Durations() => new() { Boundaries = DurationSeconds };
}
