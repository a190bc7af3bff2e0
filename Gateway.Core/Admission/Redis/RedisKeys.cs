using System.Buffers.Binary;
using System.Globalization;
using StackExchange.Redis;

namespace Gateway.Core.Admission.Redis;

/// <summary>
/// Names of one organisation's keys. All begin with its hash tag, so that one script can decide over all of them in a cluster too. Names in them are those of the configuration or digests,
/// never what a client sent.
/// </summary>
/// <param name="organisation">Not empty: an empty tag is none.</param>
internal sealed class RedisKeys(string organisation)
{
    /// <summary>Decisions about money are remembered for so long after the bucket began.</summary>
    public const long FinalLifeMillis = 24L * 3600 * 1000;

    /// <summary>Decisions about limits alone.</summary>
    public const long BriefLifeMillis = 5L * 60 * 1000;

    /// <summary>Written by probes. In no organisation.</summary>
    public static readonly RedisKey Probe = "{gateway}:probe";

    private const long FinalBucketMillis = 10L * 60 * 1000;
    private const long BriefBucketMillis = 60L * 1000;

    private readonly string _tag = "{" + organisation + "}:";
    private readonly string _budgets = "{" + organisation + "}:b:";
    private NamedBucket _final = new(-1, "");
    private NamedBucket _brief = new(-1, "");

    public string Organisation { get; } = organisation;

    /// <summary>Hash: id, open.</summary>
    public RedisKey Epoch { get; } = "{" + organisation + "}:epoch";

    /// <summary>Hash: process -> its greatest call and when.</summary>
    public RedisKey Seen { get; } = "{" + organisation + "}:seen";

    /// <summary>Hash: request -> amount, cap and budgets.</summary>
    public RedisKey Holds { get; } = "{" + organisation + "}:holds";

    /// <summary>Sorted set: request by the end of its lease.</summary>
    public RedisKey Expiring { get; } = "{" + organisation + "}:exp";

    /// <summary>Sorted set: holder by when it was last heard of.</summary>
    public RedisKey Holders { get; } = "{" + organisation + "}:holders";

    /// <summary>Set: holders that told all in this epoch.</summary>
    public RedisKey Known { get; } = "{" + organisation + "}:known";

    /// <summary>Hash of a scope's rates: name -> TAT.</summary>
    public RedisKey Scope(ReadOnlySpan<char> scope) => string.Concat(_tag, "s:", scope);

    /// <summary>Sorted set: request by the end of its place's lease.</summary>
    public RedisKey Places(string ruleId) => string.Concat(_tag, "c:", ruleId);

    /// <summary>Sorted set: session by its last request.</summary>
    public RedisKey Sessions(string ruleId) => string.Concat(_tag, "n:", ruleId);

    /// <summary>Hash: held, s0...</summary>
    public RedisKey Budget(string id) => string.Concat(_budgets, id);

    /// <summary>Hash of decisions: request -> D, S, V or A. By the time in the id, so that everybody finds it; those about limits alone are forgotten soon.</summary>
    public RedisKey Final(Guid requestId, bool money)
    {
        var number = Millis(requestId) / (money ? FinalBucketMillis : BriefBucketMillis);
        ref var kept = ref money ? ref _final : ref _brief;
        var bucket = Volatile.Read(ref kept);
        if (bucket.Number != number)
        {
            bucket = new NamedBucket(number, string.Concat(_tag, money ? "final:" : "brief:", number.ToString(CultureInfo.InvariantCulture)));
            Volatile.Write(ref kept, bucket);
        }

        return bucket.Name;
    }

    /// <summary>Unix time in milliseconds of a UUID of version 7.</summary>
    public static long Millis(Guid requestId)
    {
        Span<byte> bytes = stackalloc byte[16];
        requestId.TryWriteBytes(bytes, bigEndian: true, out _);
        return (long)(BinaryPrimitives.ReadUInt64BigEndian(bytes) >> 16);
    }

    /// <summary>Names a part of a request: 16 bytes, with 4 more for parts beyond the request itself. There are many of them, so they are short.</summary>
    public static RedisValue Member(Guid requestId, int part)
    {
        var bytes = new byte[part == 0 ? 16 : 20];
        requestId.TryWriteBytes(bytes, bigEndian: true, out _);
        if (part != 0)
        {
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(16), part);
        }

        return bytes;
    }

    public static bool TryReadMember(RedisValue member, out Guid requestId, out int part)
    {
        var bytes = (byte[]?)member;
        if (bytes is not { Length: 16 or 20 })
        {
            (requestId, part) = (default, 0);
            return false;
        }

        requestId = new Guid(bytes.AsSpan(0, 16), bigEndian: true);
        part = bytes.Length == 20 ? BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(16)) : 0;
        return true;
    }

    private sealed record NamedBucket(long Number, string Name);
}
