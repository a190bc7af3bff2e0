namespace Gateway.Core.Admission.Redis.Scripts;

/// <summary>What Usage reads.</summary>
internal static class ReadScripts
{
    /// <summary>KEYS 3 and 4: holds, expiring holds. ARGV 5: how many. Answer: then each request and its hold.</summary>
    public static readonly RedisScript Expired = new("expired", Lua.Head + """
        local id, phase = epoch()
        local answer = {0, now, id, phase}
        for _, request in ipairs(redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', int(millis), 'LIMIT', 0, ARGV[5])) do
          local hold = redis.call('HGET', KEYS[3], request)
          if hold then
            answer[#answer + 1] = request
            answer[#answer + 1] = hold
          else
            redis.call('ZREM', KEYS[4], request)
          end
        end
        return answer
        """);

    /// <summary>KEYS from 3 on: budgets. ARGV from 5 on: their slots. Answer: then spent and held of each.</summary>
    public static readonly RedisScript Counts = new("counts", Lua.Head + """
        local id, phase = epoch()
        local answer = {0, now, id, phase}
        for i = 3, #KEYS do
          local kept = redis.call('HMGET', KEYS[i], 'e', 's' .. ARGV[i + 2], 'held')
          local own = id > 0 and tonumber(kept[1]) == id
          answer[#answer + 1] = own and tonumber(kept[2]) or 0
          answer[#answer + 1] = own and tonumber(kept[3]) or 0
        end
        return answer
        """);
}
