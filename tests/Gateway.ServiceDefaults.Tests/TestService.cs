using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

// Listeners of traces are seen by the whole process, and so are stderr and the environment.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Gateway.ServiceDefaults.Tests;

/// <summary>A service with the defaults, as it ships: Kestrel on a free port of the loopback.</summary>
internal sealed class TestService : IAsyncDisposable
{
    private TestService(WebApplication app) => App = app;

    public WebApplication App { get; }

    public Uri Address => new(App.Urls.Single());

    public HttpClient Http { get; private set; } = null!;

    public static async Task<TestService> StartAsync(
        Action<WebApplicationBuilder>? configure = null, Action<WebApplication>? map = null, params (string Key, string? Value)[] settings)
    {
        var app = Build(configure, settings);
        map?.Invoke(app);
        await app.StartAsync();
        var service = new TestService(app);
        service.Http = new HttpClient { BaseAddress = service.Address };
        return service;
    }

    public static WebApplication Build(Action<WebApplicationBuilder>? configure, params (string Key, string? Value)[] settings)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Production", ApplicationName = "gateway-test" });
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["urls"] = "http://127.0.0.1:0",
            ["Gateway:ShutdownGrace"] = "00:00:00",
        });
        builder.Configuration.AddInMemoryCollection(settings.Select(static setting => KeyValuePair.Create(setting.Key, setting.Value)));
        builder.AddServiceDefaults();
        configure?.Invoke(builder);
        var app = builder.Build();
        app.MapDefaultEndpoints();
        return app;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await App.DisposeAsync();
    }
}
