using System.Globalization;
using System.Text;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

public static partial class ResourceBuilderExtensions
{
    public static IResourceBuilder<T> WithEnvironment<T>(this IResourceBuilder<T> builder, string name, string? value) where T : IResourceWithEnvironment =>
        builder.WithEnvironment(context => context.EnvironmentVariables[name] = value ?? "");

    public static IResourceBuilder<T> WithEnvironment<T>(this IResourceBuilder<T> builder, string name, EndpointReference endpointReference)
        where T : IResourceWithEnvironment => builder.WithEnvironment(context => context.EnvironmentVariables[name] = endpointReference);

    public static IResourceBuilder<T> WithEnvironment<T>(this IResourceBuilder<T> builder, string name, IResourceBuilder<ParameterResource> parameter)
        where T : IResourceWithEnvironment => builder.WithEnvironment(context => context.EnvironmentVariables[name] = parameter.Resource);

    public static IResourceBuilder<T> WithEnvironment<T>(this IResourceBuilder<T> builder, string name, ReferenceExpression value)
        where T : IResourceWithEnvironment => builder.WithEnvironment(context => context.EnvironmentVariables[name] = value);

    public static IResourceBuilder<T> WithEnvironment<T>(this IResourceBuilder<T> builder, Action<EnvironmentCallbackContext> callback) where T : IResourceWithEnvironment
    {
        builder.Resource.Annotations.Add(new EnvironmentCallbackAnnotation(context => { callback(context); return Task.CompletedTask; }));
        return builder;
    }

    public static IResourceBuilder<TDestination> WithReference<TDestination>(this IResourceBuilder<TDestination> builder,
        IResourceBuilder<IResourceWithConnectionString> source, string? connectionName = null, bool optional = false) where TDestination : IResourceWithEnvironment
    {
        var resource = source.Resource;
        var name = connectionName ?? resource.Name;
        return builder.WithEnvironment(context =>
        {
            context.EnvironmentVariables[resource.ConnectionStringEnvironmentVariable ?? $"ConnectionStrings__{name}"] = resource;
            foreach (var (property, value) in resource.GetConnectionProperties())
            {
                context.EnvironmentVariables[$"{Encode(name)}_{Encode(property)}".ToUpperInvariant()] = value;
            }
        });
    }

    public static IResourceBuilder<TDestination> WithReference<TDestination>(this IResourceBuilder<TDestination> builder,
        IResourceBuilder<IResourceWithServiceDiscovery> source) where TDestination : IResourceWithEnvironment
    {
        var resource = source.Resource;
        return builder.WithEnvironment(context =>
        {
            foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>())
            {
                var reference = new EndpointReference(resource, endpoint.Name);
                // An endpoint that is named by its scheme is listed under its scheme; the real host says the same twice, for two kinds of reader.
                var key = endpoint.Name is "http" or "https" ? endpoint.UriScheme : endpoint.Name;
                context.EnvironmentVariables[$"services__{resource.Name}__{key}__0"] = reference;
                context.EnvironmentVariables[$"{Encode(resource.Name)}_{Encode(endpoint.Name)}".ToUpperInvariant()] = reference;
                // No proxy spreads the calls here, so the caller gets every replica and spreads them itself.
                for (var replica = 1; replica < endpoint.ReplicaPorts.Count; replica++)
                {
                    context.EnvironmentVariables[string.Create(CultureInfo.InvariantCulture, $"services__{resource.Name}__{key}__{replica}")] = reference.UrlOfReplica(replica);
                }
            }
        });
    }

    private static string Encode(string name)
    {
        var encoded = new StringBuilder(name);
        for (var i = 0; i < encoded.Length; i++)
        {
            if (!char.IsAsciiLetterOrDigit(encoded[i])) { encoded[i] = '_'; }
        }
        return encoded.ToString();
    }
}
