using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Gateway.ServiceDefaults.Tests.Redis;

public sealed class RedisClientTests
{
    [Fact]
    public async Task RedisClient_NotYetAskedFor_MakesNoConnection()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        await using var service = await TestService.StartAsync(
            static builder => builder.AddRedisClient("cache", static settings => settings.DisableHealthChecks = true),
            settings: ("ConnectionStrings:cache", server.LocalEndpoint.ToString()));

        await service.Http.GetAsync("/ready");

        Assert.False(server.Pending());
    }

    [Fact]
    public async Task RedisClient_ServerIsAbsent_StartsAndConnectsWhenItComes()
    {
        var port = RedisServer.FreePort();
        await using var service = await TestService.StartAsync(
            static builder => builder.AddRedisClient("cache", configureOptions: static options => options.ConnectTimeout = 500),
            settings: ("ConnectionStrings:cache", $"127.0.0.1:{port}"));

        var redis = service.App.Services.GetRequiredService<IConnectionMultiplexer>();
        Assert.False(redis.IsConnected);
        await Assert.ThrowsAnyAsync<Exception>(() => redis.GetDatabase().StringSetAsync("key", "value"));

        var connected = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        redis.ConnectionRestored += (_, restored) =>
        {
            if (restored.ConnectionType == ConnectionType.Interactive)
            {
                connected.TrySetResult();
            }
        };
        using var server = RedisServer.Start(port);
        await connected.Task.WaitAsync(TimeSpan.FromSeconds(60));
        await SetOnceUsableAsync(redis.GetDatabase());
        Assert.Equal("value", await redis.GetDatabase().StringGetAsync("key"));
    }

    // The old client says "restored" a moment before it uses the connection.
    private static async Task SetOnceUsableAsync(IDatabase database)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            try
            {
                await database.StringSetAsync("key", "value");
                return;
            }
            catch (RedisConnectionException) when (!deadline.IsCancellationRequested)
            {
                await Task.Yield();
            }
        }
    }

    [Fact]
    public async Task RedisClient_ServerIsThere_Serves()
    {
        var port = RedisServer.FreePort();
        using var server = RedisServer.Start(port);
        await using var service = await TestService.StartAsync(
            static builder => builder.AddRedisClient("cache"), settings: ("ConnectionStrings:cache", $"127.0.0.1:{port}"));

        var database = service.App.Services.GetRequiredService<IConnectionMultiplexer>().GetDatabase();

        Assert.Equal(3, (long)await database.ScriptEvaluateAsync("return ARGV[1] + 1", values: [2]));
        Assert.Equal("""{"status":"ready","checks":{"StackExchange.Redis":{"status":"ready"}}}""", await service.Http.GetStringAsync("/ready"));
    }

    [Fact]
    public async Task RedisClient_WithoutAConnectionString_FailsWhenItIsAskedFor()
    {
        await using var service = await TestService.StartAsync(static builder => builder.AddRedisClient("cache"));

        var failure = Assert.Throws<InvalidOperationException>(() => service.App.Services.GetRequiredService<IConnectionMultiplexer>());

        Assert.Contains("ConnectionStrings:cache", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 0)]
    public async Task RedisClient_HealthCheck_IsThereUnlessItIsDisabled(bool disabled, int checks)
    {
        await using var app = TestService.Build(builder => builder.AddRedisClient("cache", settings => settings.DisableHealthChecks = disabled));

        var registrations = app.Services.GetRequiredService<IOptions<HealthCheckServiceOptions>>().Value.Registrations;

        Assert.Equal(checks, registrations.Count(static check => check.Name == "StackExchange.Redis"));
    }
}
