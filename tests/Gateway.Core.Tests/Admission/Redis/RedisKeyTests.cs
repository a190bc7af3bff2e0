using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Core.Admission.Redis;
using Gateway.Core.Admission.Shared;
using StackExchange.Redis;

namespace Gateway.Core.Tests.Admission.Redis;

/// <summary>What is stored: in one slot of a cluster, bounded, and with few rights.</summary>
public sealed class RedisKeyTests(AdmissionRedis redis) : IClassFixture<AdmissionRedis>
{
    private static readonly MoneyBound Thirty = new(30, 30, 0, 0, 0);
    private readonly AdmissionScene _scene = new(redis);

    [Fact]
    public async Task All_keys_have_the_tag_of_the_organisation_and_are_named_by_the_call_that_makes_them()
    {
        var (recording, stored) = await DoEverythingAsync();

        var named = recording.Calls.SelectMany(static call => call.Keys).Select(static key => (string)key!).ToHashSet();
        Assert.True(stored.Distinct().Count() > 12, string.Join('\n', stored));
        Assert.Empty(stored.Except(named));
        Assert.All(named, key => Assert.StartsWith("{" + _scene.Organisation + "}:", key, StringComparison.Ordinal));
        Assert.All(recording.Calls, static call => Assert.NotNull(call.Answer));
    }

    [Fact]
    public async Task An_empty_organisation_is_refused_since_its_tag_would_be_none() =>
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await _scene.Store.AdmitAsync(_scene.Request() with { Organisation = "" }, CancellationToken.None));

    [Fact]
    public async Task Keys_do_not_grow_with_requests()
    {
        await _scene.OpenAsync();
        var budget = AdmissionScene.Budget(1_000_000_000);
        LimitRule[] rules = [AdmissionScene.Requests(600_000, 100_000), AdmissionScene.Concurrency(5_000), AdmissionScene.Sessions(50, TimeSpan.FromHours(1))];
        await Parallel.ForEachAsync(Enumerable.Range(0, 4_000), new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (i, _) =>
        {
            // As if they came over a day.
            var request = _scene.Request(rules, i % 2 == 0 ? [budget] : [], Thirty, session: $"{i}") with { RequestId = Guid.CreateVersion7(DateTimeOffset.UtcNow.AddHours(-22.0 * i / 4_000)) };
            var answer = await _scene.AdmitAsync(request);
            await (i % 3 == 0 ? _scene.VoidAsync(request, answer) : _scene.SettleAsync(request, answer, 1));
        });

        // 10 minutes each for a day, and some; those about limits alone by the minute, and gone after five.
        var keys = await redis.KeysAsync("{" + _scene.Organisation + "}:*");
        var brief = keys.Where(static key => key.Contains(":brief:", StringComparison.Ordinal)).ToList();
        Assert.InRange(keys.Count - brief.Count, 100, 150);
        Assert.All(await Task.WhenAll(brief.Select(key => redis.Database.KeyTimeToLiveAsync(key))), static left => Assert.InRange(left!.Value, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5)));
        Assert.Equal(50, await redis.Database.SortedSetLengthAsync("{" + _scene.Organisation + "}:n:key:demo|sessions"));
        Assert.Equal(0, await redis.Database.SortedSetLengthAsync("{" + _scene.Organisation + "}:c:key:demo|concurrency"));
        Assert.Equal(0, (await _scene.CountAsync(budget)).HeldNanoUsd);
    }

    [Fact]
    public async Task Processes_that_are_gone_are_forgotten()
    {
        await _scene.OpenAsync();
        var seen = "{" + _scene.Organisation + "}:seen";
        var millis = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        for (var i = 0; i < 300; i++)
        {
            await redis.Database.HashSetAsync(seen, $"gone{i}", $"7 {millis - 86_500_000}");
        }

        await redis.Database.SortedSetAddAsync("{" + _scene.Organisation + "}:holders", "gone", millis - 86_500_000);
        await _scene.Store.RenewAsync(_scene.Organisation, "router", [], isAll: false, CancellationToken.None);

        Assert.InRange(await redis.Database.HashLengthAsync(seen), 1, 2);
        Assert.Equal(1, await redis.Database.SortedSetLengthAsync("{" + _scene.Organisation + "}:holders"));
    }

    [Fact]
    public async Task Few_rights_suffice()
    {
        var (recording, _) = await DoEverythingAsync();
        await redis.Database.ExecuteAsync(
            "ACL", "SETUSER", "gateway", "on", ">word", "~{*", "resetchannels", "-@all", "+eval", "+evalsha", "+time", "+hget", "+hset", "+hmget", "+hdel", "+hlen", "+hexists", "+hkeys", "+hgetall", "+hincrby", "+zadd", "+zrem",
            "+zscore", "+zcount", "+zrangebyscore", "+zremrangebyscore", "+sadd", "+sismember", "+del", "+unlink", "+pexpire", "+pexpireat");
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, redis.Process.Port);
        Assert.StartsWith("+OK", await SendAsync(socket, "AUTH", "gateway", "word"), StringComparison.Ordinal);
        Assert.StartsWith("-NOPERM", await SendAsync(socket, "KEYS", "*"), StringComparison.Ordinal);

        Assert.Equal(12, recording.Calls.Select(static call => call.Script).Distinct().Count());
        foreach (var call in recording.Calls)
        {
            RedisValue[] words = ["EVAL", call.Text, call.Keys.Length, .. call.Keys.Select(static key => (RedisValue)(string?)key), .. call.Values];
            Assert.StartsWith("*", await SendAsync(socket, words), StringComparison.Ordinal);
        }
    }

    // The old client cannot name a user.
    private static async Task<string> SendAsync(TcpClient socket, params RedisValue[] words)
    {
        var message = new MemoryStream();
        message.Write(Encoding.ASCII.GetBytes($"*{words.Length}\r\n"));
        foreach (var word in words)
        {
            var bytes = (byte[]?)word ?? [];
            message.Write([.. Encoding.ASCII.GetBytes($"${bytes.Length}\r\n"), .. bytes, .. "\r\n"u8]);
        }

        await socket.GetStream().WriteAsync(message.ToArray());
        var answer = new byte[65_536];
        return Encoding.Latin1.GetString(answer, 0, await socket.GetStream().ReadAsync(answer));
    }

    private async Task<(RecordingRedis Recording, List<string> Stored)> DoEverythingAsync()
    {
        var recording = new RecordingRedis(redis.Calls());
        var (store, authority) = (new RedisAdmissionStore(recording, TimeProvider.System), new RedisBudgetAuthority(recording, TimeProvider.System));
        var seen = await authority.EpochAsync(_scene.Organisation, CancellationToken.None);
        await authority.BeginAsync(_scene.Organisation, seen!.Value, 9, CancellationToken.None);
        await authority.FillAsync(_scene.Organisation, 9, [new(AdmissionScene.Budget(1).Booking, 3)], [(Guid.CreateVersion7(), 3)], CancellationToken.None);
        LimitRule[] rules = [AdmissionScene.Requests(60, 9), AdmissionScene.Tokens(6_000, 9), AdmissionScene.Tokens(6_000, 9, "team:a"), AdmissionScene.Concurrency(9), AdmissionScene.Sessions(9, TimeSpan.FromHours(1))];
        var request = _scene.Request(rules, [AdmissionScene.Budget(1_000), AdmissionScene.Budget(1_000, "user:jwt:a|b")], Thirty, tokens: 1, session: "s");
        await store.RenewAsync(_scene.Organisation, "router", [], isAll: true, CancellationToken.None);
        await store.RenewAsync(_scene.Organisation, "router", [], isAll: true, CancellationToken.None);
        await authority.OpenAsync(_scene.Organisation, 9, CancellationToken.None);
        var answer = await store.AdmitAsync(request, CancellationToken.None);
        await store.AdmitAsync(request with { RequestId = Guid.CreateVersion7(), Budgets = [] }, CancellationToken.None);
        var ticket = AdmissionScene.Ticket(request, answer);
        await store.RenewAsync(_scene.Organisation, "router", [new(request.RequestId, 0, ticket)], isAll: true, CancellationToken.None);
        await store.RenewAsync(_scene.Organisation, "router", [new(Guid.CreateVersion7(), 0, ticket)], isAll: true, CancellationToken.None);
        await authority.HoldersAsync(_scene.Organisation, CancellationToken.None);
        await authority.ExpiredAsync(_scene.Organisation, 10, CancellationToken.None);
        await authority.CountsAsync(_scene.Organisation, [AdmissionScene.Budget(1).Booking], CancellationToken.None);
        var stored = await redis.KeysAsync("{" + _scene.Organisation + "}:*");
        await store.SettleAsync(new Settlement { RequestId = request.RequestId, Ticket = ticket, CostNanoUsd = 5, Tokens = 5 }, CancellationToken.None);
        await store.VoidAsync(new(Guid.CreateVersion7(), 0, ticket), CancellationToken.None);
        stored.AddRange(await redis.KeysAsync("{" + _scene.Organisation + "}:*"));
        await authority.DiscardAsync(_scene.Organisation, new EpochState(9, EpochPhase.Open), CancellationToken.None);
        return (recording, stored);
    }
}
