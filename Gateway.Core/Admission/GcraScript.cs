using System.Security.Cryptography;
using System.Text;

namespace Gateway.Core.Admission;

/// <summary>
/// GCRA in Redis: one script, one key, the clock of Redis, so that every Edge sees one limit. KEYS[1] is the scope; ARGV
/// are interval in microseconds and burst. The answer is four integers: admitted (1 or 0), remaining, retry-after and
/// reset in microseconds. A refused request writes nothing.
/// </summary>
public static class GcraScript
{
    /// <summary>Numbers are Lua doubles: exact up to 2^53, and "%.0f" because tostring would keep only 14 digits of the time.</summary>
    public const string Text = """
        local time = redis.call('TIME')
        local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
        local interval = tonumber(ARGV[1])
        local tolerance = interval * tonumber(ARGV[2])
        local tat = tonumber(redis.call('GET', KEYS[1]) or 0) or 0
        if tat < now then tat = now end
        if tat > now + tolerance then tat = now + tolerance end
        local wait = tat + interval - now - tolerance
        if wait > 0 then
          return {0, 0, wait, tat - now}
        end
        tat = tat + interval
        redis.call('SET', KEYS[1], string.format('%.0f', tat), 'PX', math.ceil((tat - now) / 1000) + 1000)
        return {1, math.floor((tolerance - (tat - now)) / interval), 0, tat - now}
        """;

    private static readonly byte[] Digest = MakeDigest();

    /// <summary>SHA-1 of the text, which is how Redis names it.</summary>
    public static byte[] Sha1 => Digest;

    /// <summary>Key of a scope. The hash tag keeps all keys of one organisation on one shard.</summary>
    public static string Key(string scope) => "{default}:rl:" + scope;

    private static byte[] MakeDigest()
    {
#pragma warning disable CA5350 // Redis names scripts by SHA-1; nothing is protected by it.
        return SHA1.HashData(Encoding.UTF8.GetBytes(Text));
#pragma warning restore CA5350
    }
}
