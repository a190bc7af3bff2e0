using System.ComponentModel;
using System.Diagnostics;

namespace Gateway.AppHost;

/// <summary>Redis, from wherever this machine can have it.</summary>
internal static class Cache
{
    /// <returns>Null where there is none: the services then keep limits and cache to themselves, and say so in /ready.</returns>
    public static IResourceBuilder<IResourceWithConnectionString>? AddCache(this IDistributedApplicationBuilder builder, string name, GatewaySettings settings)
    {
        if (builder.ExecutionContext.IsPublishMode) { return builder.AddRedis(name); }
        return settings.Redis switch
        {
            "none" => null,
            "auto" when settings.HasOrchestrator && ContainerRuntimeAnswers() => builder.AddRedis(name),
            "auto" when IsOnPath("redis-server") => builder.AddRedisServer(name, settings),
            "auto" => null,
            var connectionString => builder.AddConnectionString(name,
                ReferenceExpression.Create($"{builder.AddParameter($"{name}-connection", connectionString, secret: true)}")),
        };
    }

    public static IResourceBuilder<ProjectResource> WithCache(this IResourceBuilder<ProjectResource> service, IResourceBuilder<IResourceWithConnectionString>? cache) =>
        cache is null ? service : service.WithReference(cache).WaitFor(cache);

    // Redis holds nothing here that the ledger could not restore, so it writes nothing to disk.
    private static IResourceBuilder<ConnectionStringResource> AddRedisServer(this IDistributedApplicationBuilder builder, string name, GatewaySettings settings)
    {
        var folder = Directory.CreateDirectory(Path.Combine(settings.Data, "redis")).FullName;
        var server = builder.AddExecutable("redis", "redis-server", folder).WithEndpoint(scheme: "tcp", name: "tcp");
        var endpoint = server.GetEndpoint("tcp");
        server.WithArgs("--bind", "127.0.0.1", "-::1", "--save", "", "--appendonly", "no", "--logfile", "redis.log", "--port", endpoint.Property(EndpointProperty.TargetPort));
        return builder.AddConnectionString(name, ReferenceExpression.Create($"{endpoint.Property(EndpointProperty.Host)}:{endpoint.Property(EndpointProperty.Port)}"));
    }

    private static bool ContainerRuntimeAnswers()
    {
        var runtime = Environment.GetEnvironmentVariable("ASPIRE_CONTAINER_RUNTIME") ?? "docker";
        try
        {
            using var ask = Process.Start(new ProcessStartInfo(runtime, "info") { RedirectStandardOutput = true, RedirectStandardError = true });
            if (ask is null) { return false; }
            // Read, or a talkative runtime waits for us while we wait for it.
            ask.OutputDataReceived += static (_, _) => { };
            ask.ErrorDataReceived += static (_, _) => { };
            ask.BeginOutputReadLine();
            ask.BeginErrorReadLine();
            if (ask.WaitForExit(TimeSpan.FromSeconds(10))) { return ask.ExitCode == 0; }
            ask.Kill();
            return false;
        }
        catch (Win32Exception)
        {
            return false;    // no such program
        }
    }

    private static bool IsOnPath(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Any(folder => File.Exists(Path.Combine(folder, program)));
}
