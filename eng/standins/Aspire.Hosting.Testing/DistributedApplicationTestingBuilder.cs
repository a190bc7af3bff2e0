using System.Reflection;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Testing;

public interface IDistributedApplicationTestingBuilder : IDistributedApplicationBuilder, IAsyncDisposable, IDisposable
{
    Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken = default);
}

/// <summary>Runs an AppHost's own entry point up to the point where it would build, and hands over what it described.</summary>
public static class DistributedApplicationTestingBuilder
{
    public static Task<IDistributedApplicationTestingBuilder> CreateAsync<TEntryPoint>(CancellationToken cancellationToken = default)
        where TEntryPoint : class => CreateAsync<TEntryPoint>([], cancellationToken);

    public static Task<IDistributedApplicationTestingBuilder> CreateAsync<TEntryPoint>(string[] args, CancellationToken cancellationToken = default)
        where TEntryPoint : class => RunAsync(typeof(TEntryPoint), args, static (_, _) => { }, cancellationToken);

    public static Task<IDistributedApplicationTestingBuilder> CreateAsync<TEntryPoint>(string[] args,
        Action<DistributedApplicationOptions, HostApplicationBuilderSettings> configureBuilder, CancellationToken cancellationToken = default) =>
        RunAsync(typeof(TEntryPoint), args, configureBuilder, cancellationToken);

    private static async Task<IDistributedApplicationTestingBuilder> RunAsync(Type entryPoint, string[] args,
        Action<DistributedApplicationOptions, HostApplicationBuilderSettings> configureBuilder, CancellationToken cancellationToken = default)
    {
        var hook = new TestHook(entryPoint.Assembly, args, configureBuilder);
        RunEntryPoint(hook);
        var builder = await hook.Described.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new SuspendedBuilder(builder, hook);
    }

    // A thread of its own: the entry point stays in its call of Build, and later of Run, for as long as the test lasts.
    private static void RunEntryPoint(TestHook hook)
    {
        var thread = new Thread(() =>
        {
            TestHook.Current = hook;
            try
            {
                var entry = hook.AppHostAssembly.EntryPoint ?? throw new InvalidOperationException($"'{hook.AppHostAssembly}' has no entry point.");
                var result = entry.Invoke(null, entry.GetParameters().Length == 0 ? [] : [hook.Args]);
                if (result is Task running) { running.GetAwaiter().GetResult(); }
                hook.EntryPointFailed(new InvalidOperationException("The entry point exited without building a DistributedApplication."));
            }
            catch (TargetInvocationException thrown)
            {
                hook.EntryPointFailed(thrown.InnerException ?? thrown);
            }
        })
        {
            IsBackground = true,
            Name = "AppHost",
        };
        thread.Start();
    }

    private sealed class SuspendedBuilder(DistributedApplicationBuilder inner, TestHook hook) : IDistributedApplicationTestingBuilder
    {
        public ConfigurationManager Configuration => inner.Configuration;

        public string AppHostDirectory => inner.AppHostDirectory;

        public Assembly? AppHostAssembly => inner.AppHostAssembly;

        public IHostEnvironment Environment => inner.Environment;

        public IServiceCollection Services => inner.Services;

        public DistributedApplicationExecutionContext ExecutionContext => inner.ExecutionContext;

        public IResourceCollection Resources => inner.Resources;

        public IResourceBuilder<T> AddResource<T>(T resource) where T : IResource => inner.AddResource(resource);

        public IResourceBuilder<T> CreateResourceBuilder<T>(T resource) where T : IResource => inner.CreateResourceBuilder(resource);

        public DistributedApplication Build() => BuildAsync().GetAwaiter().GetResult();

        public async Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken = default)
        {
            hook.MayBuild();
            return await hook.Application.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        public void Dispose() => hook.Dispose();

        public ValueTask DisposeAsync()
        {
            hook.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
