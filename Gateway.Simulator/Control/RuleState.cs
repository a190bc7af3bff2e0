using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Gateway.Simulator.Faults;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Control;

/// <summary>One rule at work, with its counts since the PUT. Thread-safe: interlocked counts, one lock in each bucket.</summary>
[SuppressMessage("Design", "CA1001", Justification = "Requests may hold the semaphore after its document is gone; it owns nothing without a wait handle.")]
internal sealed class RuleState(ControlRule rule, DateTimeOffset since)
{
    private const int MaxBuckets = 10_000;

    private readonly ConcurrentDictionary<string, QuotaBucket> _buckets = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim? _room = rule.Capacity is { } capacity ? new SemaphoreSlim(capacity, capacity) : null;
    private readonly ConcurrentDictionary<string, byte> _users = new(StringComparer.Ordinal);
    private long _matched;
    private long _broken;

    public ControlRule Rule => rule;

    public long Matched => Interlocked.Read(ref _matched);

    /// <summary>How many requests it gave directives to.</summary>
    public long Broken => Interlocked.Read(ref _broken);

    public long Refused => _buckets.Values.Sum(static bucket => bucket.Refused);

    /// <summary>Null when the rule has no capacity; waiters get in by their order.</summary>
    public SemaphoreSlim? Room => _room;

    public bool Holds(DateTimeOffset now) => now - since >= rule.After && (rule.For is not { } time || now - since < rule.After + time);

    /// <summary>Counts a matching request, and says how it is broken; null when it is not.</summary>
    /// <param name="user">The end user that it names.</param>
    public FaultScript? Next(string user = "")
    {
        var match = Interlocked.Increment(ref _matched);
        if (rule.Scripts.Count == 0 || match % rule.Every != 0 || (rule.Share < 1 && !Draws(match)))
        {
            return null;
        }

        // Compared before it is added, so that the count shown is of requests that were broken.
        long broken;
        do
        {
            broken = Interlocked.Read(ref _broken);
            if (broken >= rule.Times)
            {
                return null;
            }
        }
        while (Interlocked.CompareExchange(ref _broken, broken + 1, broken) != broken);

        if (rule.OncePerUser && !_users.TryAdd(user, 0))
        {
            Interlocked.Decrement(ref _broken);
            return null;
        }

        return rule.Scripts[(int)(broken % rule.Scripts.Count)];
    }

    /// <summary>The bucket of a credential; null when the rule has no limits.</summary>
    public QuotaBucket? Bucket(string fingerprint, DateTimeOffset now) => rule.Limits is not { } limits ? null
        : _buckets.TryGetValue(fingerprint, out var bucket) ? bucket
        : _buckets.GetOrAdd(_buckets.Count < MaxBuckets ? fingerprint : "other", static (_, made) => new QuotaBucket(made.limits, made.now), (limits, now));

    private bool Draws(long match) => (new StableRandom(rule.Seed + ((ulong)match * 0x9E37)).NextUInt64() >> 11) * (1.0 / (1UL << 53)) < rule.Share;
}
