using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Gateway.Core.Admission.Redis;
using Gateway.Edge.Tests.Rig;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Gateway.Core.Tests.Admission.Redis;

/// <summary>A service's way to a Redis that goes and comes. Its clock moves only while a test waits, so that no call is late because the machine is.</summary>
public sealed class RedisLinkTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly RedisScript One = new("one", "return {1}");

    /// <summary>So far the clock goes with each look: a probe that is answered within five of them is a good one.</summary>
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(5);

    private readonly ManualTime _time = new();

    [Fact]
    public async Task It_tells_when_redis_goes_and_when_it_is_used_again()
    {
        await using var redis = await RedisProcess.StartNewAsync();
        using var host = Build(redis.ConnectionString);
        var link = host.Services.GetRequiredService<RedisLink>();
        var changes = new ConcurrentQueue<bool>();
        var reconnected = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        link.Changed += changes.Enqueue;
        link.Changed += static _ => throw new InvalidOperationException("a listener that fails harms nobody");
        link.Reconnected += () => reconnected.TrySetResult();
        await host.StartAsync();
        await UntilAsync(() => link.IsUp);
        Assert.NotNull(await link.RunAsync(One, [], [], urgent: true, CancellationToken.None));

        await redis.KillAsync();
        await UntilAsync(() => !link.IsUp, 10 * Step);
        Assert.Null(await link.RunAsync(One, [], [], urgent: true, CancellationToken.None));

        await redis.StartAsync();
        await UntilAsync(() => link.IsUp);
        await UntilAsync(() => reconnected.Task.IsCompleted && changes.Count >= 3);
        Assert.Equal([true, false, true], changes.Take(3));
        await host.StopAsync();
    }

    [Fact]
    public async Task Calls_and_failures_are_counted_by_script_and_reason()
    {
        var counted = new ConcurrentDictionary<string, long>();
        await using var redis = await RedisProcess.StartNewAsync();
        using var host = Build(redis.ConnectionString);
        var meters = host.Services.GetRequiredService<IMeterFactory>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == "Gateway.Redis" && ReferenceEquals(instrument.Meter.Scope, meters))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => counted.AddOrUpdate(instrument.Name + Text(tags), value, (_, before) => before + value));
        listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => counted.AddOrUpdate(instrument.Name + Text(tags), 1, static (_, before) => before + 1));
        listener.Start();
        var link = host.Services.GetRequiredService<RedisLink>();

        Assert.Null(await link.RunAsync(One, [], [], urgent: false, CancellationToken.None));
        await host.StartAsync();
        await UntilAsync(() => link.IsUp);
        await link.RunAsync(One, [], [], urgent: false, CancellationToken.None);
        await link.RunAsync(new RedisScript("broken", "return redis.call('NO')"), [], [], urgent: false, CancellationToken.None);
        await host.StopAsync();

        Assert.True(counted["gateway.redis.call.failures gateway.reason=open"] >= 1);
        Assert.True(counted["gateway.redis.call.failures gateway.reason=server"] >= 1);
        Assert.True(counted["gateway.redis.call.duration gateway.script=one gateway.answered=yes"] >= 1);
        Assert.True(counted["gateway.redis.call.duration gateway.script=broken gateway.answered=no"] >= 1);
        Assert.True(counted["gateway.redis.breaker.transitions gateway.transition=closed"] >= 1);
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("127.0.0.1:1", true)]
    public void It_is_there_when_a_connection_string_is(string connectionString, bool isThere)
    {
        using var host = Build(connectionString);

        Assert.Equal(isThere, host.Services.GetService<RedisAdmissionStore>() is not null);
        Assert.Equal(isThere, host.Services.GetService<RedisBudgetAuthority>() is not null);
        Assert.Equal(isThere ? 1 : 0, host.Services.GetServices<IHostedService>().OfType<RedisLink>().Count());
    }

    private IHost Build(string connectionString)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration["ConnectionStrings:cache"] = connectionString;
        builder.Services.AddMetrics();
        builder.Services.AddSingleton<TimeProvider>(_time);
        builder.AddRedisLink();
        builder.AddRedisLink();
        return builder.Build();
    }

    private static string Text(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var text = "";
        foreach (var tag in tags)
        {
            text += $" {tag.Key}={tag.Value}";
        }

        return text;
    }

    private async Task UntilAsync(Func<bool> isSo, TimeSpan? step = null)
    {
        using var deadline = new CancellationTokenSource(Patience);
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!isSo())
        {
            await look.WaitForNextTickAsync(deadline.Token);
            _time.Advance(step ?? Step);
        }
    }
}
