using Gateway.Edge.Tests.Rig;
using Gateway.Edge.VirtualKeys.Runtime;
using StackExchange.Redis;

namespace Gateway.Edge.Tests.VirtualKeys.Runtime;

/// <summary>Two Edges with one store: what one does, the other knows within two seconds.</summary>
public sealed class SharedKeysTests(PostgresProcess postgres) : DataFolder, IClassFixture<PostgresProcess>
{
    [Fact]
    public void An_edge_asks_the_store_each_second_at_least() => Assert.InRange(RuntimeKeysRefresher.Interval, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(1));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Without_redis_a_change_arrives_by_asking(bool inPostgres)
    {
        var settings = inPostgres ? new Dictionary<string, string> { ["ConnectionStrings:gatewaydb"] = await postgres.NewSchemaAsync() } : [];
        var time = new ManualTime();
        await using var here = await KeysEdge.StartAsync(Data, settings);
        await using var there = await KeysEdge.StartAsync(inPostgres ? Path.Combine(Data, "other") : Data, settings, time: time);

        var made = await here.MakeAsync();
        Assert.Equal(200, await here.ChatAsync(made.Secret));
        Assert.Equal(401, await there.ChatAsync(made.Secret));
        await there.UntilAsync(made.Secret, 200, time);

        Assert.Equal(200, (await here.PatchAsync(made.Id, """{"disabled":true}""")).Status);
        Assert.Equal(401, await here.ChatAsync(made.Secret));
        await there.UntilAsync(made.Secret, 401, time);

        Assert.Equal(200, (await here.PatchAsync(made.Id, """{"disabled":null}""")).Status);
        await there.UntilAsync(made.Secret, 200, time);

        var rotated = await here.RotateAsync(made.Id);
        Assert.Equal(401, await here.ChatAsync(made.Secret));
        await there.UntilAsync(made.Secret, 401, time);
        Assert.Equal(200, await there.ChatAsync(rotated.Secret));

        Assert.Equal(200, (await here.DeleteAsync(made.Id)).Status);
        Assert.Equal(401, await here.ChatAsync(rotated.Secret));
        await there.UntilAsync(rotated.Secret, 401, time);
        Assert.Equal(inPostgres, !File.Exists(KeysFile));
    }

    [Fact]
    public async Task With_redis_a_change_arrives_by_a_notice()
    {
        await using var redis = await RedisProcess.StartNewAsync();
        var settings = new Dictionary<string, string> { ["ConnectionStrings:cache"] = redis.ConnectionString };

        // Its clock stands still, so that it never asks of its own accord.
        var time = new ManualTime();
        await using var here = await KeysEdge.StartAsync(Data, settings);
        await using var there = await KeysEdge.StartAsync(Data, settings, time: time);
        await SubscribedAsync(redis, 2);

        var made = await here.MakeAsync();
        await there.UntilAsync(made.Secret, 200);

        await here.DeleteAsync(made.Id);
        await there.UntilAsync(made.Secret, 401);
    }

    [Fact]
    public async Task With_redis_frozen_a_change_arrives_by_asking()
    {
        await using var redis = await RedisProcess.StartNewAsync();
        var settings = new Dictionary<string, string> { ["ConnectionStrings:cache"] = redis.ConnectionString };
        await using var here = await KeysEdge.StartAsync(Data, settings);
        await using var there = await KeysEdge.StartAsync(Data, settings);
        await SubscribedAsync(redis, 2);
        await redis.PauseAsync();
        try
        {
            var made = await here.MakeAsync();
            await there.UntilAsync(made.Secret, 200);
            Assert.Equal(200, (await here.DeleteAsync(made.Id)).Status);
            await there.UntilAsync(made.Secret, 401);
        }
        finally
        {
            await redis.ResumeAsync();
        }
    }

    [Fact]
    public async Task An_operator_who_asks_another_edge_sees_what_was_done_a_moment_ago()
    {
        var time = new ManualTime();
        await using var here = await KeysEdge.StartAsync(Data);
        await using var there = await KeysEdge.StartAsync(Data, time: time);

        var made = await here.MakeAsync("""{"id":"demo","models":["*"]}""");

        Assert.Equal(2, (await there.PatchAsync("demo", """{"weight":2}""")).Version);
        Assert.Equal(200, await there.ChatAsync(made.Secret));
        Assert.Equal(2, (await here.GetAsync("/demo")).Version);
        Assert.Equal(3, (await here.RotateAsync("demo")).Version);
        Assert.Equal(3, (await there.GetAsync("/demo")).Version);
        await here.MakeAsync("""{"id":"demo-2","models":["*"]}""");
        Assert.Equal(["demo", "demo-2"], KeysAnswer.IdsOf(await there.GetAsync("?prefix=demo")));
    }

    [Fact]
    public async Task Edges_that_change_one_key_at_the_same_time_lose_nothing()
    {
        await using var here = await KeysEdge.StartAsync(Data);
        await using var there = await KeysEdge.StartAsync(Data);
        await here.MakeAsync("""{"id":"demo","models":["*"]}""");

        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => (i % 2 == 0 ? here : there).PatchAsync("demo", $$$"""{"labels":{"l{{{i}}}":"x"}}""")));

        Assert.All(answers, static answer => Assert.Equal(200, answer.Status));
        var labels = (await here.GetAsync("/demo")).Body.GetProperty("labels");
        Assert.Equal(6, labels.EnumerateObject().Count());
    }

    private static async Task SubscribedAsync(RedisProcess redis, int edges)
    {
        using var multiplexer = await ConnectionMultiplexer.ConnectAsync(redis.ConnectionString);
        using var deadline = new CancellationTokenSource(EdgeServer.Patience);
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while ((long)((RedisResult[])(await multiplexer.GetDatabase().ExecuteAsync("PUBSUB", "NUMSUB", "gateway:keys"))!)[1] < edges)
        {
            await tick.WaitForNextTickAsync(deadline.Token);
        }
    }
}
