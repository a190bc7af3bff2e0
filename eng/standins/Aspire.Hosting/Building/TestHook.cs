using System.Reflection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

/// <summary>How Aspire.Hosting.Testing gets between an AppHost's entry point and its builder. Flows with the entry point's thread.</summary>
internal sealed class TestHook(Assembly appHost, string[] args, Action<DistributedApplicationOptions, HostApplicationBuilderSettings>? configure) : IDisposable
{
    private static readonly AsyncLocal<TestHook?> s_current = new();

    private readonly TaskCompletionSource<DistributedApplicationBuilder> _described = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _mayBuild = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<DistributedApplication> _built = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static TestHook? Current
    {
        get => s_current.Value;
        set => s_current.Value = value;
    }

    public Assembly AppHostAssembly => appHost;

    public string[] Args => args;

    public Action<DistributedApplicationOptions, HostApplicationBuilderSettings>? Configure => configure;

    public Task<DistributedApplicationBuilder> Described => _described.Task;

    public Task<DistributedApplication> Application => _built.Task;

    public Task Disposed => _disposed.Task;

    /// <summary>Called on the entry point's thread, which waits here until the test has changed what it wants to change.</summary>
    public void Building(DistributedApplicationBuilder builder)
    {
        _described.TrySetResult(builder);
        _mayBuild.Task.GetAwaiter().GetResult();
    }

    public void MayBuild() => _mayBuild.TrySetResult();

    public void Built(DistributedApplication application) => _built.TrySetResult(application);

    public void EntryPointFailed(Exception exception)
    {
        _described.TrySetException(exception);
        _built.TrySetException(exception);
    }

    public void Dispose()
    {
        MayBuild();
        _disposed.TrySetResult();
    }
}
