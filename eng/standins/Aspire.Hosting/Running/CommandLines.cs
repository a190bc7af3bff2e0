using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Running;

/// <summary>Makes the command that starts an instance.</summary>
internal sealed class CommandLines(ChildEnvironment environment, Assembly appHost)
{
    public async Task<ProcessStartInfo> ForAsync(Instance instance, CancellationToken cancellationToken)
    {
        var arguments = await ChildEnvironment.ArgumentsAsync(instance.Resource, cancellationToken).ConfigureAwait(false);
        var start = instance.Resource switch
        {
            ProjectResource project => ForProject(project, arguments),
            ExecutableResource executable => InFolder(Child.InOwnSession(executable.Command, arguments), executable.WorkingDirectory),
            _ => throw new InvalidOperationException($"'{instance.Resource.Name}' is nothing that can be started."),
        };
        await environment.ApplyAsync(instance, start, cancellationToken).ConfigureAwait(false);
        return start;
    }

    private ProcessStartInfo ForProject(ProjectResource resource, List<string> arguments)
    {
        var project = resource.Annotations.OfType<IProjectMetadata>().Single().ProjectPath;
        // The real host asks "dotnet run --no-build"; the build wrote down what that would find, which saves an evaluation per service.
        var assembly = appHost.Metadata($"standintarget:{project}");
        if (assembly is null || !File.Exists(assembly))
        {
            throw new DistributedApplicationException($"'{project}' is not built. Build the AppHost project, which builds it.");
        }
        return InFolder(Child.InOwnSession(DotNet(), [assembly, .. arguments]), Path.GetDirectoryName(project)!);
    }

    private static ProcessStartInfo InFolder(ProcessStartInfo start, string folder)
    {
        start.WorkingDirectory = folder;
        return start;
    }

    // The dotnet that runs us: shared/Microsoft.NETCore.App/VERSION/ lies three folders below it.
    private static string DotNet() => Path.GetFullPath(Path.Combine(
        RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));
}
