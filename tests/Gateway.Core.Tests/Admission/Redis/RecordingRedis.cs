using Gateway.Core.Admission.Redis;
using StackExchange.Redis;

namespace Gateway.Core.Tests.Admission.Redis;

/// <summary>One call as it was made and answered.</summary>
internal sealed record RedisCall(string Script, string Text, RedisKey[] Keys, RedisValue[] Values, RedisValue[]? Answer);

/// <summary>Remembers every call; may change its values on the way, and run it without an answer.</summary>
internal sealed class RecordingRedis(IRedisScripts inner) : IRedisScripts
{
    private readonly Lock _lock = new();

    public List<RedisCall> Calls { get; } = [];

    public Action<RedisScript, RedisValue[]>? OnTheWay { get; set; }

    public bool IsUp => inner.IsUp;

    public async ValueTask<RedisValue[]?> RunAsync(RedisScript script, RedisKey[] keys, RedisValue[] values, bool urgent, CancellationToken cancellationToken)
    {
        OnTheWay?.Invoke(script, values);
        var answer = await inner.RunAsync(script, keys, values, urgent, cancellationToken);
        lock (_lock)
        {
            Calls.Add(new RedisCall(script.Name, script.Text, keys, values, answer));
        }

        return answer;
    }
}
