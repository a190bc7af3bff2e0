using System.Collections.ObjectModel;

namespace Aspire.Hosting.ApplicationModel
{
    public interface IResourceAnnotation;

    public sealed class ResourceAnnotationCollection : Collection<IResourceAnnotation>;

    public interface IResource
    {
        string Name { get; }

        ResourceAnnotationCollection Annotations { get; }
    }

    public interface IResourceCollection : IList<IResource>;

    internal sealed class ResourceCollection : Collection<IResource>, IResourceCollection;

    public abstract class Resource(string name) : IResource
    {
        public virtual string Name { get; } = name;

        public virtual ResourceAnnotationCollection Annotations { get; } = [];
    }

    public interface IResourceWithEnvironment : IResource;

    public interface IResourceWithArgs : IResource;

    public interface IResourceWithEndpoints : IResource;

    public interface IResourceWithWaitSupport : IResource;

    public interface IResourceWithProbes : IResource;

    public interface IComputeResource : IResource;

    public class ProjectResource(string name) : Resource(name), IResourceWithEnvironment, IResourceWithArgs, IResourceWithServiceDiscovery,
        IResourceWithWaitSupport, IResourceWithProbes, IComputeResource;

    public class ExecutableResource(string name, string command, string workingDirectory) : Resource(name), IResourceWithEnvironment,
        IResourceWithArgs, IResourceWithEndpoints, IResourceWithWaitSupport, IResourceWithProbes, IComputeResource
    {
        public string Command { get; } = command;

        public string WorkingDirectory { get; } = workingDirectory;
    }

    public class ContainerResource(string name, string? entrypoint = null) : Resource(name), IResourceWithEnvironment, IResourceWithArgs,
        IResourceWithEndpoints, IResourceWithWaitSupport, IResourceWithProbes, IComputeResource
    {
        public string? Entrypoint { get; set; } = entrypoint;
    }

    public interface IResourceBuilder<out T> where T : IResource
    {
        IDistributedApplicationBuilder ApplicationBuilder { get; }

        T Resource { get; }
    }

    internal sealed class ResourceBuilder<T>(IDistributedApplicationBuilder builder, T resource) : IResourceBuilder<T> where T : IResource
    {
        public IDistributedApplicationBuilder ApplicationBuilder => builder;

        public T Resource => resource;
    }
}

namespace Aspire.Hosting
{
    public interface IResourceWithServiceDiscovery : ApplicationModel.IResourceWithEndpoints;

    public interface IProjectMetadata : ApplicationModel.IResourceAnnotation
    {
        string ProjectPath { get; }

        bool SuppressBuild => false;
    }
}
