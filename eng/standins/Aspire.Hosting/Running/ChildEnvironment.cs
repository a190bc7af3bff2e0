using System.Diagnostics;
using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Running;

/// <summary>What a resource's process finds in its environment and on its command line: what the real host gives it.</summary>
internal sealed class ChildEnvironment(DistributedApplicationExecutionContext context, IHostEnvironment environment)
{
    // These speak of the AppHost itself.
    private static readonly string[] s_notInherited = ["ASPNETCORE_URLS", "DOTNET_LAUNCH_PROFILE", "ASPNETCORE_ENVIRONMENT", "DOTNET_ENVIRONMENT"];

    /// <summary>Where telemetry goes; null without a dashboard, and then what the AppHost's own environment says holds.</summary>
    public (string Url, string ApiKey)? Otlp { get; set; }

    public async Task ApplyAsync(Instance instance, ProcessStartInfo start, CancellationToken cancellationToken)
    {
        foreach (var name in s_notInherited) { start.Environment.Remove(name); }

        var variables = new Dictionary<string, object>();
        if (instance.Resource is ProjectResource) { AddProjectDefaults(instance, variables); }
        var callback = new EnvironmentCallbackContext(context, variables, cancellationToken);
        foreach (var annotation in instance.Resource.Annotations.OfType<EnvironmentCallbackAnnotation>())
        {
            await annotation.Callback(callback).ConfigureAwait(false);
        }
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = await ResolveAsync(value, cancellationToken).ConfigureAwait(false);
        }
    }

    public static async Task<List<string>> ArgumentsAsync(IResource resource, CancellationToken cancellationToken)
    {
        var values = new List<object>();
        var callback = new CommandLineArgsCallbackContext(values, cancellationToken);
        foreach (var annotation in resource.Annotations.OfType<CommandLineArgsCallbackAnnotation>()) { annotation.Callback(callback); }

        var arguments = new List<string>(values.Count);
        foreach (var value in values) { arguments.Add(await ResolveAsync(value, cancellationToken).ConfigureAwait(false) ?? ""); }
        return arguments;
    }

    private static async ValueTask<string?> ResolveAsync(object value, CancellationToken cancellationToken) => value switch
    {
        string text => text,
        IValueProvider provider => await provider.GetValueAsync(cancellationToken).ConfigureAwait(false),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture),
    };

    private void AddProjectDefaults(Instance instance, Dictionary<string, object> variables)
    {
        var urls = instance.Endpoints.Where(static e => e.UriScheme is "http" or "https")
            .Select(e => string.Create(CultureInfo.InvariantCulture, $"{e.UriScheme}://localhost:{e.ReplicaPorts[instance.Replica]}"));
        if (string.Join(';', urls) is { Length: > 0 } joined) { variables["ASPNETCORE_URLS"] = joined; }

        variables["LOGGING__CONSOLE__FORMATTERNAME"] = "simple";
        variables["OTEL_SERVICE_NAME"] = instance.Resource.Name;
        variables["OTEL_RESOURCE_ATTRIBUTES"] = $"service.instance.id={instance.TelemetryId}";
        variables["OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY"] = "in_memory";
        if (Otlp is { } otlp)
        {
            variables["OTEL_EXPORTER_OTLP_ENDPOINT"] = otlp.Url;
            variables["OTEL_EXPORTER_OTLP_PROTOCOL"] = "grpc";
            variables["OTEL_EXPORTER_OTLP_HEADERS"] = $"x-otlp-api-key={otlp.ApiKey}";
        }
        if (environment.IsDevelopment())
        {
            variables["OTEL_BLRP_SCHEDULE_DELAY"] = "1000";
            variables["OTEL_BSP_SCHEDULE_DELAY"] = "1000";
            variables["OTEL_METRIC_EXPORT_INTERVAL"] = "1000";
            variables["OTEL_TRACES_SAMPLER"] = "always_on";
            variables["OTEL_METRICS_EXEMPLAR_FILTER"] = "trace_based";
            variables["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = "true";
        }
    }
}
