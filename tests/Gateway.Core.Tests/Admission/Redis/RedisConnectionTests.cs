using System.Collections.Concurrent;
using Gateway.Core.Admission.Redis;
using Gateway.Edge.Tests.Rig;
using Gateway.Rig.Faults;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using StackExchange.Redis;

namespace Gateway.Core.Tests.Admission.Redis;

/// <summary>
/// A connection that hangs while Redis is well, and one that hangs because Redis does. The clock of the link moves only while a test waits, so that no call is late because the machine is.
/// </summary>
public sealed class RedisConnectionTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>So far the clock goes with each look: a probe that is answered within five of them is a good one.</summary>
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(5);

    /// <summary>While no call is to be answered.</summary>
    private static readonly TimeSpan Quick = TimeSpan.FromMilliseconds(20);

    private static readonly RedisScript One = new("one", "return {1}");
    private static readonly RedisChannel Channel = new("news", RedisChannel.PatternMode.Literal);

    private readonly ConcurrentQueue<string> _heard = new();
    private readonly ManualTime _time = new();
    private RedisProcess _redis = null!;
    private FaultProxy _proxy = null!;
    private IHost _host = null!;
    private RedisLink _link = null!;
    private RedisConnection _connection = null!;

    public async Task InitializeAsync()
    {
        _redis = await RedisProcess.StartNewAsync();
        _proxy = FaultProxy.Start(_redis.Port);
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration["ConnectionStrings:cache"] = $"127.0.0.1:{_proxy.Port}";
        builder.Services.AddMetrics();
        builder.Services.AddSingleton<TimeProvider>(_time);
        builder.AddRedisLink();
        _host = builder.Build();
        await _host.StartAsync();
        _link = _host.Services.GetRequiredService<RedisLink>();
        _connection = _host.Services.GetRequiredService<RedisConnection>();
        var subscribing = _connection.SubscribeAsync(Channel, value => _heard.Enqueue(value!), static type => Assert.Fail(type), CancellationToken.None);
        await UntilAsync(() => subscribing.IsCompleted && _link.IsUp);
        await subscribing;
    }

    public async Task DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
        await _proxy.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task It_is_replaced_when_it_was_forgotten_on_the_way_and_its_subscriptions_move()
    {
        var first = _connection.Current;
        var restored = 0;
        _link.Reconnected += () => Interlocked.Increment(ref restored);

        _proxy.Forget();
        await UntilAsync(() => Volatile.Read(ref restored) > 0);

        var second = _connection.Current;
        Assert.NotSame(first, second);
        await AnswersAsync();
        await HearsAsync();

        // Also a replacement is replaced.
        var before = Volatile.Read(ref restored);
        _proxy.Forget();
        await UntilAsync(() => Volatile.Read(ref restored) > before);

        Assert.NotSame(second, _connection.Current);
        await AnswersAsync();
        await HearsAsync();
    }

    [Fact]
    public async Task It_is_kept_while_no_other_connection_is_answered_either()
    {
        var (first, open) = (_connection.Current, _proxy.Open);
        await _redis.PauseAsync();

        // A second try means that the first was given up.
        var tried = _proxy.Accepted + 3;
        await UntilAsync(() => _proxy.Accepted >= tried, Quick);
        await UntilAsync(() => !_link.IsUp, Quick);

        // The last try ends by itself: both connections are answered, however long that takes here.
        await _redis.ResumeAsync();
        await UntilAsync(() => _proxy.Open == open, TimeSpan.Zero);
        await UntilAsync(() => _link.IsUp);

        Assert.Same(first, _connection.Current);
    }

    [Fact]
    public async Task An_answer_that_came_while_this_process_stood_still_counts()
    {
        var time = new ManualTime();
        var calls = new RedisCalls(_connection.Current!, time);
        await _redis.PauseAsync();

        var late = calls.RunAsync(One, [], [], RedisCalls.Deadline, CancellationToken.None).AsTask();
        time.Skip(RedisCalls.Deadline * 3);
        await _redis.ResumeAsync();
        Assert.Equal(RedisFailure.None, (await late.WaitAsync(Patience)).Failure);

        await _redis.PauseAsync();
        var starved = calls.RunAsync(One, [], [], RedisCalls.Deadline, CancellationToken.None).AsTask();
        time.Skip(RedisCalls.Deadline * 3);
        while (!starved.IsCompleted)
        {
            await Task.Delay(1);
            time.Advance(RedisCalls.Deadline / 10);
        }

        var deadline = calls.RunAsync(One, [], [], RedisCalls.Deadline, CancellationToken.None).AsTask();
        time.Advance(RedisCalls.Deadline);
        Assert.Equal((RedisFailure.Starved, RedisFailure.Deadline), ((await starved).Failure, (await deadline.WaitAsync(Patience)).Failure));
        await _redis.ResumeAsync();
    }

    private async Task AnswersAsync()
    {
        // The calls follow the connection at once, but not in the same moment.
        await UntilAsync(async () => await _link.RunAsync(One, [], [], urgent: true, CancellationToken.None) is not null, Step);
    }

    private async Task HearsAsync()
    {
        // The subscription follows the calls at once, but not in the same moment.
        var before = _heard.Count;
        await UntilAsync(() =>
        {
            _redis.CommandAsync("PUBLISH news x").GetAwaiter().GetResult();
            return _heard.Count > before;
        });
    }

    private Task UntilAsync(Func<bool> isSo, TimeSpan? step = null) => UntilAsync(() => Task.FromResult(isSo()), step ?? Step);

    private async Task UntilAsync(Func<Task<bool>> isSo, TimeSpan step)
    {
        using var deadline = new CancellationTokenSource(Patience);
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!await isSo())
        {
            await look.WaitForNextTickAsync(deadline.Token);
            _time.Advance(step);
        }
    }
}
