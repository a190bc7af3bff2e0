namespace Gateway.Core.Admission.Redis.Scripts;

/// <summary>The scripts by which Usage makes the counters again. Outcome 0 is done, 1 is refused: the epoch is another than was said.</summary>
internal static class EpochScripts
{
    /// <summary>The epoch as it is.</summary>
    public static readonly RedisScript Read = new("epoch", Lua.Head + """
        local id, phase = epoch()
        return {0, now, id, phase}
        """);

    /// <summary>
    /// Begins a new epoch. KEYS 3 to 5: holds, expiring holds, holders that told all. ARGV 5 to 7: epoch and phase as seen, the next epoch. Counters and settlements of other epochs are gone by that alone.
    /// </summary>
    public static readonly RedisScript Begin = new("begin", Lua.Head + """
        local id, phase = epoch()
        local next = tonumber(ARGV[7])
        if id ~= tonumber(ARGV[5]) or phase ~= tonumber(ARGV[6]) or next <= id then return {1, now, id, phase} end
        redis.call('HSET', KEYS[1], 'id', int(next), 'open', '0')
        redis.call('UNLINK', KEYS[3], KEYS[4], KEYS[5])
        return {0, now, next, 1}
        """);

    /// <summary>ARGV 5: the epoch, which must be filling.</summary>
    public static readonly RedisScript Open = new("open", Lua.Head + """
        local id, phase = epoch()
        if id ~= tonumber(ARGV[5]) or phase == 0 then return {1, now, id, phase} end
        if phase == 1 then redis.call('HSET', KEYS[1], 'open', '1') end
        return {0, now, id, 2}
        """);

    /// <summary>ARGV 5 and 6: epoch and phase as seen.</summary>
    public static readonly RedisScript Discard = new("discard", Lua.Head + """
        local id, phase = epoch()
        if id ~= tonumber(ARGV[5]) or phase ~= tonumber(ARGV[6]) then return {1, now, id, phase} end
        redis.call('DEL', KEYS[1])
        return {0, now, 0, 0}
        """);

    /// <summary>KEYS 3 and 4: holders, those that told all. Answer: then each holder of the last three seconds, with 1 when it told all.</summary>
    public static readonly RedisScript Holders = new("holders", Lua.Head + """
        local id, phase = epoch()
        local answer = {0, now, id, phase}
        for _, holder in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], int(millis - 3000), '+inf')) do
          answer[#answer + 1] = holder
          answer[#answer + 1] = redis.call('SISMEMBER', KEYS[4], holder)
        end
        return answer
        """);
}
