using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

public static class ProjectResourceBuilderExtensions
{
    /// <param name="builder">The application.</param>
    /// <param name="name">The name of the resource.</param>
    /// <param name="launchProfileName">Null: the endpoints are declared in the AppHost. The stand-in reads no launch profiles.</param>
    public static IResourceBuilder<ProjectResource> AddProject<TProject>(this IDistributedApplicationBuilder builder, string name, string? launchProfileName)
        where TProject : IProjectMetadata, new()
    {
        if (launchProfileName is not null)
        {
            throw new NotSupportedException("The stand-in for Aspire.Hosting reads no launch profiles: pass null and declare the endpoints.");
        }
        var project = builder.AddResource(new ProjectResource(name));
        project.Resource.Annotations.Add(new TProject());
        return project;
    }

    public static IResourceBuilder<ProjectResource> WithReplicas(this IResourceBuilder<ProjectResource> builder, int replicas)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(replicas, 1);
        builder.Resource.Annotations.Add(new ReplicaAnnotation(replicas));
        return builder;
    }
}

public static class ExecutableResourceBuilderExtensions
{
    public static IResourceBuilder<ExecutableResource> AddExecutable(this IDistributedApplicationBuilder builder, string name, string command,
        string workingDirectory, params string[]? args)
    {
        var folder = Path.GetFullPath(Path.Combine(builder.AppHostDirectory, workingDirectory));
        return builder.AddResource(new ExecutableResource(name, command, folder)).WithArgs(args ?? []);
    }
}

public static class ParameterResourceBuilderExtensions
{
    public static IResourceBuilder<ParameterResource> AddParameter(this IDistributedApplicationBuilder builder, string name, bool secret = false) =>
        builder.AddResource(new ParameterResource(name, _ => ParameterResource.Read(builder.Configuration, name), secret));

    public static IResourceBuilder<ParameterResource> AddParameter(this IDistributedApplicationBuilder builder, string name, string value,
        bool publishValueAsDefault = false, bool secret = false) => builder.AddParameter(name, () => value, publishValueAsDefault, secret);

    public static IResourceBuilder<ParameterResource> AddParameter(this IDistributedApplicationBuilder builder, string name, Func<string> valueGetter,
        bool publishValueAsDefault = false, bool secret = false)
    {
        if (publishValueAsDefault)
        {
            throw new NotSupportedException("The stand-in for Aspire.Hosting publishes no default values of parameters.");
        }
        return builder.AddResource(new ParameterResource(name, _ => valueGetter(), secret));
    }
}

public static class ConnectionStringBuilderExtensions
{
    public static IResourceBuilder<ConnectionStringResource> AddConnectionString(this IDistributedApplicationBuilder builder, string name,
        ReferenceExpression connectionStringExpression)
    {
        var resource = builder.AddResource(new ConnectionStringResource(name, connectionStringExpression));
        foreach (var owner in Owners(connectionStringExpression).Distinct())
        {
            resource.Resource.Annotations.Add(new WaitAnnotation(owner, UntilHealthy: false));
        }
        return resource;
    }

    private static IEnumerable<IResource> Owners(IValueWithReferences value) => value.References.SelectMany(static reference => reference switch
    {
        ParameterResource => [],    // has a value, but no life to wait for
        IResource resource => [resource],
        IValueWithReferences inner => Owners(inner),
        _ => [],
    });
}
