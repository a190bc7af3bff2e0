using System.Globalization;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Running;

/// <summary>One process to be: a resource, or one of its replicas.</summary>
internal sealed record Instance(IResource Resource, int Replica, int Replicas)
{
    /// <summary>The resource's name; with replicas "name-n", counted from zero like the ports.</summary>
    public string Id => Replicas == 1 ? Resource.Name : string.Create(CultureInfo.InvariantCulture, $"{Resource.Name}-{Replica}");

    public bool IsProcess => Resource is ProjectResource or ExecutableResource;

    /// <summary>Names this process in telemetry.</summary>
    public string TelemetryId { get; } = Guid.NewGuid().ToString("N")[..8];

    public IEnumerable<EndpointAnnotation> Endpoints => Resource.Annotations.OfType<EndpointAnnotation>();

    public IEnumerable<string> Urls => Endpoints.Select(e => string.Create(CultureInfo.InvariantCulture, $"{e.UriScheme}://localhost:{e.ReplicaPorts[Replica]}"));

    public static IEnumerable<Instance> Of(IResource resource)
    {
        var replicas = resource.Annotations.OfType<ReplicaAnnotation>().LastOrDefault()?.Replicas ?? 1;
        return Enumerable.Range(0, replicas).Select(n => new Instance(resource, n, replicas));
    }
}
