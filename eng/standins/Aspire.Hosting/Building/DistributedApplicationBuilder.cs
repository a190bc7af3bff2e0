using System.Reflection;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Publishing;
using Aspire.Hosting.Running;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting;

internal sealed class DistributedApplicationBuilder : IDistributedApplicationBuilder
{
    private readonly HostApplicationBuilder _host;
    private readonly TestHook? _hook;

    public DistributedApplicationBuilder(DistributedApplicationOptions options)
    {
        _hook = TestHook.Current;
        AppHostAssembly = _hook?.AppHostAssembly ?? Assembly.GetEntryAssembly();
        AppHostDirectory = options.ProjectDirectory ?? AppHostAssembly?.Metadata("apphostprojectpath") ?? Directory.GetCurrentDirectory();

        var settings = new HostApplicationBuilderSettings { Args = _hook?.Args ?? options.Args, ContentRootPath = AppHostDirectory };
        _hook?.Configure?.Invoke(options, settings);
        _host = new HostApplicationBuilder(settings);
        if (_hook is not null)
        {
            // What the real test host does: nothing may depend on a fixed port, and nobody looks at a dashboard.
            _host.Configuration["DcpPublisher:RandomizePorts"] ??= "true";
            options.DisableDashboard = true;
        }

        var publisher = Configuration["publisher"];
        var operation = publisher is not null || string.Equals(Configuration["operation"], "publish", StringComparison.OrdinalIgnoreCase)
            ? DistributedApplicationOperation.Publish
            : DistributedApplicationOperation.Run;
        ExecutionContext = new DistributedApplicationExecutionContext(operation);

        _host.Logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning);
        Services.Configure<ConsoleLifetimeOptions>(static o => o.SuppressStatusMessages = true);
        Services.AddSingleton(options);
        Services.AddSingleton(ExecutionContext);
        Services.AddSingleton(Resources);
        Services.AddSingleton<ResourceNotificationService>();
        Services.TryAddSingleton(TimeProvider.System);
        if (ExecutionContext.IsRunMode)
        {
            // Draining services may take their time; the host's own patience must be longer than theirs.
            Services.Configure<HostOptions>(static o => o.ShutdownTimeout = Supervisor.DrainTime + TimeSpan.FromSeconds(20));
            Services.AddSingleton(this);
            Services.AddSingleton<ChildEnvironment>();
            Services.AddHostedService<Orchestrator>();
        }
        else
        {
            Services.AddSingleton<ManifestWriter>();
        }
    }

    public ConfigurationManager Configuration => _host.Configuration;

    public string AppHostDirectory { get; }

    public Assembly? AppHostAssembly { get; }

    public IHostEnvironment Environment => _host.Environment;

    public IServiceCollection Services => _host.Services;

    public DistributedApplicationExecutionContext ExecutionContext { get; }

    public IResourceCollection Resources { get; } = new ResourceCollection();

    public IResourceBuilder<T> AddResource<T>(T resource) where T : IResource
    {
        if (Resources.Any(other => string.Equals(other.Name, resource.Name, StringComparison.OrdinalIgnoreCase)))
        {
            throw new DistributedApplicationException($"Cannot add resource of type '{resource.GetType()}' with name '{resource.Name}' because a resource with that name already exists.");
        }
        Resources.Add(resource);
        return CreateResourceBuilder(resource);
    }

    public IResourceBuilder<T> CreateResourceBuilder<T>(T resource) where T : IResource => new ResourceBuilder<T>(this, resource);

    public DistributedApplication Build()
    {
        _hook?.Building(this);
        var app = new DistributedApplication(_host.Build(), _hook);
        _hook?.Built(app);
        return app;
    }
}
