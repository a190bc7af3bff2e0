namespace Gateway.Core.Admission;

/// <summary>
/// GCRA in Redis: one script, one key, the clock of Redis, so that every Edge sees one limit. KEYS[1] is the scope; ARGV
/// are interval in microseconds, burst, and the four numbers of a <see cref="RateTake"/>. The answer is five integers:
/// granted, remaining, retry-after, reset and the clock, the last three in microseconds. A refused request consumes nothing.
/// </summary>
/// <remarks>
/// Kept are three times. "tat" charges all that was granted. "low" charges only what is known to be used, so the TAT by true
/// use lies between the two. "idle" is when low was last overtaken by the clock: then the limit may have been whole,
/// and what was granted before has been refilled by the clock. To give that back as well would grant it twice, so only a
/// grant since then is refunded: no idle time was lost to it, and the refund is exact (docs/adr/0006).
/// </remarks>
public static class GcraScript
{
    /// <summary>Numbers are Lua doubles: exact up to 2^53, and "%.0f" because tostring would keep only 14 digits of the time.</summary>
    public const string Text = """
        local time = redis.call('TIME')
        local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
        local interval = tonumber(ARGV[1])
        local tolerance = interval * tonumber(ARGV[2])
        local wanted, used, unused, taken = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
        local tat, low, idle = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+) (%d+) (%d+)$')
        tat, low, idle = tonumber(tat) or 0, tonumber(low) or 0, tonumber(idle) or 0
        tat = math.max(now, math.min(tat, now + tolerance))
        low = math.min(low, tat)
        if low < now then
          low = now
          idle = now
        end
        local settle = used + unused > 0 and taken >= idle
        if settle then
          tat = math.max(low, tat - unused * interval)
          low = math.min(tat, low + used * interval)
        end
        local granted = math.min(wanted, math.floor((now + tolerance - tat) / interval))
        local wait = 0
        if granted < 1 then
          granted = 0
          wait = tat + interval - now - tolerance
        end
        tat = tat + granted * interval
        if granted > 0 or settle then
          redis.call('SET', KEYS[1], string.format('%.0f %.0f %.0f', tat, low, idle), 'PX', math.ceil((tat - now) / 1000) + 1000)
        end
        return {granted, math.floor((tolerance - (tat - now)) / interval), wait, tat - now, now}
        """;

    /// <summary>Key of a scope. The hash tag keeps all keys of one organisation on one shard.</summary>
    public static string Key(string scope) => "{default}:rl:" + scope;
}
