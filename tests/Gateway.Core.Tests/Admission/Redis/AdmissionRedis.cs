using Gateway.Core.Admission.Redis;
using Gateway.Edge.Tests.Rig;
using StackExchange.Redis;

namespace Gateway.Core.Tests.Admission.Redis;

/// <summary>A redis-server for the tests of a class. Each test has an organisation of its own.</summary>
public sealed class AdmissionRedis : IAsyncLifetime
{
    private RedisProcess _process = null!;

    internal RedisProcess Process => _process;

    public ConnectionMultiplexer Connection { get; private set; } = null!;

    public IDatabase Database => Connection.GetDatabase();

    public async Task InitializeAsync()
    {
        _process = await RedisProcess.StartNewAsync();
        Connection = await ConnectAsync();
    }

    public async Task DisposeAsync()
    {
        // Dispose would wait for a last answer, for as long as any command may take.
        await Connection.CloseAsync(allowCommandsToComplete: false);
        await _process.DisposeAsync();
    }

    public Task<ConnectionMultiplexer> ConnectAsync() => ConnectionMultiplexer.ConnectAsync(_process.ConnectionString + ",syncTimeout=60000,allowAdmin=true");

    internal RedisCalls Calls() => new(Connection, new ManualTime());

    /// <summary>The clock that decides.</summary>
    public async Task<long> MicrosAsync()
    {
        var time = (RedisValue[])(await Database.ExecuteAsync("TIME"))!;
        return ((long)time[0] * 1_000_000) + (long)time[1];
    }

    /// <summary>Everything that is stored of an organisation, but who was seen when.</summary>
    public async Task<SortedDictionary<string, string>> DumpAsync(string organisation)
    {
        var all = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var key in await KeysAsync("{" + organisation + "}:*"))
        {
            if (key.EndsWith(":seen", StringComparison.Ordinal))
            {
                continue;
            }

            var type = (string?)await Database.ExecuteAsync("TYPE", key);
            var value = type switch
            {
                "hash" => await Database.ExecuteAsync("HGETALL", key),
                "zset" => await Database.ExecuteAsync("ZRANGE", key, "0", "-1", "WITHSCORES"),
                "set" => await Database.ExecuteAsync("SMEMBERS", key),
                _ => await Database.ExecuteAsync("GET", key),
            };
            all[key] = type + " " + Convert.ToHexString(System.Text.Encoding.Latin1.GetBytes(Text(value)));
        }

        return all;
    }

    public async Task<List<string>> KeysAsync(string pattern)
    {
        var keys = new List<string>();
        var cursor = "0";
        do
        {
            var page = (RedisResult[])(await Database.ExecuteAsync("SCAN", cursor, "MATCH", pattern, "COUNT", "1000"))!;
            cursor = (string)page[0]!;
            keys.AddRange(((string[])page[1]!)!);
        }
        while (cursor != "0");
        return keys;
    }

    private static string Text(RedisResult value) => string.Join('\u0001', Array.ConvertAll((RedisValue[])value!, static part => System.Text.Encoding.Latin1.GetString((byte[])part!)));
}
