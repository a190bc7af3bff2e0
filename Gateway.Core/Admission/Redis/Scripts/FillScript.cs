namespace Gateway.Core.Admission.Redis.Scripts;

/// <summary>Sets what was spent, and marks as settled what is in it: such requests lose their holds.</summary>
/// <remarks>
/// KEYS 3 and 4: holds, expiring holds; then budgets and decisions. ARGV 5 to 8: the epoch, which must be filling, life of decisions, number of counters, number of requests. Then per counter index of key, slot, spent and end of life;
/// per request its id and the index of its decisions' key.
/// </remarks>
internal static class FillScript
{
    public static readonly RedisScript Script = new("fill", Lua.Head + Lua.Remember + Lua.Own + Lua.Release + """
        local id, phase = epoch()
        if id ~= tonumber(ARGV[5]) or phase ~= 1 then return {1, now, id, phase} end
        local at = 9
        for _ = 1, tonumber(ARGV[7]) do
          local key = KEYS[tonumber(ARGV[at])]
          own(key, id, tonumber(ARGV[at + 3]))
          redis.call('HSET', key, 's' .. ARGV[at + 1], ARGV[at + 2])
          at = at + 4
        end
        for _ = 1, tonumber(ARGV[8]) do
          local request = ARGV[at]
          remember(KEYS[tonumber(ARGV[at + 1])], request, 'S' .. int(id), ARGV[6])
          local hold = redis.call('HGET', KEYS[3], request)
          if hold then release(KEYS[3], KEYS[4], request, hold, id) end
          at = at + 2
        end
        return {0, now, id, phase}
        """);
}
