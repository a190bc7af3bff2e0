using Gateway.AppHost;

var builder = DistributedApplication.CreateBuilder(args);
var settings = GatewaySettings.Read(builder);
if (settings.Obstacle() is { } obstacle)
{
    await Console.Error.WriteLineAsync(obstacle);
    return 1;
}

var cache = builder.AddCache("cache", settings);
var database = builder.AddDatabase("gatewaydb", settings);
var simulator = builder.AddSimulator("simulator", settings);
var shared = builder.AddShared(settings, simulator);

var moderation = builder.AddService<Projects.Gateway_Moderation>("moderation").WithShared(shared);

var usage = builder.AddService<Projects.Gateway_Usage>("usage").WithShared(shared)
    .WithCache(cache)
    .WithDatabase(database);

var router = builder.AddService<Projects.Gateway_Router>("router").WithShared(shared)
    .WithReference(moderation).WaitFor(moderation)
    .WithReference(usage).WaitFor(usage)
    .WithUpstream(simulator)
    .WithCache(cache)
    .WithReplicas(settings.Routers);

var edge = builder.AddService<Projects.Gateway_Edge>("edge", settings.Port).WithShared(shared)
    .WithReference(router).WaitFor(router)
    .WithReference(usage).WaitFor(usage)
    .WithReference(moderation).WaitFor(moderation)
    .WithCache(cache)
    .WithDatabase(database)
    .WithKeyPepper(settings)
    .WithExternalHttpEndpoints()
    .WithReplicas(settings.Edges);

builder.AddWelcome(edge, settings);
await builder.Build().RunAsync();
return Environment.ExitCode;
