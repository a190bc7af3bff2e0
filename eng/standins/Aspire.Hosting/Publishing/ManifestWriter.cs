using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.Publishing;

/// <summary>Writes the model as the manifest that azd and others deploy from ("--publisher manifest --output-path FILE").</summary>
internal sealed class ManifestWriter(IConfiguration configuration, IResourceCollection resources, DistributedApplicationExecutionContext context)
{
    private static readonly JsonWriterOptions s_indented = new() { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public async Task WriteAsync(CancellationToken cancellationToken)
    {
        if (!string.Equals(configuration["publisher"], "manifest", StringComparison.OrdinalIgnoreCase))
        {
            throw new DistributedApplicationException("The stand-in for Aspire.Hosting publishes with '--publisher manifest' only.");
        }
        var path = configuration["output-path"] ?? throw new DistributedApplicationException("The '--output-path [path]' option was not specified.");
        path = Path.GetFullPath(Directory.Exists(path) ? Path.Combine(path, "aspire-manifest.json") : path);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);

        var file = File.Create(path);
        await using (file.ConfigureAwait(false))
        {
            var json = new Utf8JsonWriter(file, s_indented);
            await using (json.ConfigureAwait(false))
            {
                json.WriteStartObject();
                json.WriteStartObject("resources");
                foreach (var resource in resources.Where(static r => !r.Annotations.OfType<ExcludeFromManifestAnnotation>().Any()))
                {
                    json.WriteStartObject(resource.Name);
                    await WriteAsync(json, resource, Path.GetDirectoryName(path)!, cancellationToken).ConfigureAwait(false);
                    json.WriteEndObject();
                }
                WriteEncodedParameters(json);
                json.WriteEndObject();
                json.WriteEndObject();
            }
        }
        Console.WriteLine($"Published manifest to: {path}");
    }

    private async Task WriteAsync(Utf8JsonWriter json, IResource resource, string folder, CancellationToken cancellationToken)
    {
        switch (resource)
        {
            case ParameterResource parameter:
                WriteParameter(json, parameter);
                break;
            case ConnectionStringResource connection:
                json.WriteString("type", "value.v0");
                json.WriteString("connectionString", connection.ConnectionStringExpression.ValueExpression);
                break;
            case ProjectResource project:
                json.WriteString("type", "project.v0");
                json.WriteString("path", Path.GetRelativePath(folder, project.Annotations.OfType<IProjectMetadata>().Single().ProjectPath).Replace('\\', '/'));
                await WriteProcessAsync(json, project, cancellationToken).ConfigureAwait(false);
                break;
            case ContainerResource container:
                json.WriteString("type", "container.v0");
                if (container is IResourceWithConnectionString source) { json.WriteString("connectionString", source.ConnectionStringExpression.ValueExpression); }
                json.WriteString("image", container.Annotations.OfType<ContainerImageAnnotation>().Last().Image);
                if (container.Entrypoint is { } entrypoint) { json.WriteString("entrypoint", entrypoint); }
                await WriteProcessAsync(json, container, cancellationToken).ConfigureAwait(false);
                break;
            default:
                throw new DistributedApplicationException($"The stand-in for Aspire.Hosting cannot publish '{resource.Name}' ({resource.GetType().Name}). Add it in run mode only.");
        }
    }

    private static void WriteParameter(Utf8JsonWriter json, ParameterResource parameter)
    {
        json.WriteString("type", "parameter.v0");
        json.WriteString("value", $"{{{parameter.Name}.inputs.value}}");
        json.WriteStartObject("inputs");
        json.WriteStartObject("value");
        json.WriteString("type", "string");
        if (parameter.Secret) { json.WriteBoolean("secret", true); }
        if (parameter.Default is { } generated)
        {
            json.WriteStartObject("default");
            json.WriteStartObject("generate");
            json.WriteNumber("minLength", generated.Manifest.MinLength);
            if (!generated.Manifest.Special) { json.WriteBoolean("special", false); }
            json.WriteEndObject();
            json.WriteEndObject();
        }
        json.WriteEndObject();
        json.WriteEndObject();
    }

    // A connection property may need the parameter with the signs of a URI escaped; the manifest has a resource for that.
    private void WriteEncodedParameters(Utf8JsonWriter json)
    {
        var encoded = resources.OfType<IResourceWithConnectionString>()
            .SelectMany(static r => r.GetConnectionProperties())
            .SelectMany(static p => p.Value.Holes.Where((_, i) => p.Value.StringFormats[i] == "uri"))
            .OfType<ParameterResource>().Distinct();
        foreach (var parameter in encoded)
        {
            json.WriteStartObject($"{parameter.Name}-uri-encoded");
            json.WriteString("type", "annotated.string");
            json.WriteString("value", $"{{{parameter.Name}.value}}");
            json.WriteString("filter", "uri");
            json.WriteEndObject();
        }
    }

    private async Task WriteProcessAsync(Utf8JsonWriter json, IResource resource, CancellationToken cancellationToken)
    {
        var arguments = new List<object>();
        foreach (var annotation in resource.Annotations.OfType<CommandLineArgsCallbackAnnotation>())
        {
            annotation.Callback(new CommandLineArgsCallbackContext(arguments, cancellationToken));
        }
        if (arguments.Count > 0)
        {
            json.WriteStartArray("args");
            foreach (var argument in arguments) { json.WriteStringValue(Expression(argument)); }
            json.WriteEndArray();
        }

        var endpoints = resource.Annotations.OfType<EndpointAnnotation>().ToList();
        var environment = new EnvironmentCallbackContext(context, ProjectDefaults(resource, endpoints), cancellationToken);
        foreach (var annotation in resource.Annotations.OfType<EnvironmentCallbackAnnotation>()) { await annotation.Callback(environment).ConfigureAwait(false); }
        if (environment.EnvironmentVariables.Count > 0)
        {
            json.WriteStartObject("env");
            foreach (var (name, value) in environment.EnvironmentVariables) { json.WriteString(name, Expression(value)); }
            json.WriteEndObject();
        }
        WriteBindings(json, endpoints);
    }

    private static Dictionary<string, object> ProjectDefaults(IResource resource, List<EndpointAnnotation> endpoints)
    {
        if (resource is not ProjectResource project) { return []; }
        var defaults = new Dictionary<string, object>
        {
            ["OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY"] = "in_memory",
            ["ASPNETCORE_FORWARDEDHEADERS_ENABLED"] = "true",
        };
        var ports = endpoints.Where(static e => e.UriScheme == "http").Select(e => $"{{{project.Name}.bindings.{e.Name}.targetPort}}");
        if (string.Join(';', ports) is { Length: > 0 } joined) { defaults["HTTP_PORTS"] = joined; }
        return defaults;
    }

    private static void WriteBindings(Utf8JsonWriter json, List<EndpointAnnotation> endpoints)
    {
        if (endpoints.Count == 0) { return; }
        json.WriteStartObject("bindings");
        foreach (var endpoint in endpoints)
        {
            json.WriteStartObject(endpoint.Name);
            json.WriteString("scheme", endpoint.UriScheme);
            json.WriteString("protocol", endpoint.Protocol == ProtocolType.Udp ? "udp" : "tcp");
            json.WriteString("transport", endpoint.Transport);
            if (endpoint.Port is { } port) { json.WriteNumber("port", port); }
            if (endpoint.TargetPort is { } targetPort) { json.WriteNumber("targetPort", targetPort); }
            if (endpoint.IsExternal) { json.WriteBoolean("external", true); }
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static string Expression(object value) => value switch
    {
        string text => text,
        IManifestExpressionProvider provider => provider.ValueExpression,
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}
