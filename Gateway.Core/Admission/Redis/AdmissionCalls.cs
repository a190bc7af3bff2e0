using System.Collections.Concurrent;
using StackExchange.Redis;

namespace Gateway.Core.Admission.Redis;

/// <summary>What the calls of one process to the shared state have in common: names, clock, and the watch over the epoch. Thread-safe.</summary>
internal sealed class AdmissionCalls(IRedisScripts scripts, TimeProvider time)
{
    /// <summary>The first values of each call: see Scripts/Lua.</summary>
    public const int HeadValues = 4;

    /// <summary>The first values of each answer.</summary>
    public const int HeadAnswers = 4;

    private readonly ConcurrentDictionary<string, Organisation> _organisations = new(StringComparer.Ordinal);
    private readonly RedisValue _process = Guid.NewGuid().ToString("N");

    public IRedisScripts Scripts => scripts;

    public TimeProvider Time => time;

    public StoreClock Clock { get; } = new(time);

    /// <summary>Keys of an organisation; there are as many as the configuration names.</summary>
    public RedisKeys Keys(string organisation) => Find(organisation).Keys;

    /// <summary>Runs a script whose first two keys are the epoch and who was seen.</summary>
    /// <param name="watched">Whether the call has to do with money, and so with the epoch.</param>
    /// <returns>Null for no answer, or one of another form.</returns>
    public async ValueTask<RedisValue[]?> RunAsync(
        string organisation, RedisScript script, RedisKey[] keys, RedisValue[] values, bool watched, bool urgent, CancellationToken cancellationToken)
    {
        var watch = watched ? Find(organisation).Watch : null;
        var call = 0L;
        if (watch is not null)
        {
            (var epoch, var known, call) = watch.Next();
            (values[0], values[1], values[2], values[3]) = (_process, epoch, known, call);
        }
        else
        {
            (values[0], values[1], values[2], values[3]) = ("", 0, 0, 0);
        }

        var asked = Clock.Own;
        var answer = await scripts.RunAsync(script, keys, values, urgent, cancellationToken);
        if (answer is not { Length: >= HeadAnswers } || !IsNumber(answer[0]) || !IsNumber(answer[1]) || !IsNumber(answer[2]) || !IsNumber(answer[3]))
        {
            return null;
        }

        Clock.Learn(asked, (long)answer[1]);
        watch?.Answered((long)answer[2], call);
        return answer;
    }

    private static bool IsNumber(RedisValue value) => value.IsInteger && (long)value >= 0;

    private Organisation Find(string name)
    {
        if (_organisations.TryGetValue(name, out var known))
        {
            return known;
        }

        ArgumentException.ThrowIfNullOrEmpty(name);
        return _organisations.GetOrAdd(name, static name => new Organisation(new RedisKeys(name), new EpochWatch()));
    }

    private sealed record Organisation(RedisKeys Keys, EpochWatch Watch);
}
