namespace Gateway.Core.Admission.Redis.Scripts;

/// <summary>Keeps holds and places, and makes those again that were lost. Tells that the holder lives.</summary>
/// <remarks>
/// KEYS 3 to 6: holders, holds, expiring holds, holders that told all. ARGV 5 to 7: holder, whether it told all, number of holds. Then per hold: request, index of its decisions' key, amount, cap, number of budgets, per budget index of
/// key, slot and end of life, number of places, per place index of key.
/// </remarks>
internal static class RenewScript
{
    public static readonly RedisScript Script = new("renew", Lua.Head + Lua.Remember + Lua.Own + Lua.Keep + """
        local id, phase = epoch()
        local holder, at = ARGV[5], 8
        redis.call('ZADD', KEYS[3], int(millis), holder)
        redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', int(millis - 86400000))
        redis.call('PEXPIRE', KEYS[3], 86400000)
        for _ = 1, tonumber(ARGV[7]) do
          local request, amount, cap, budgets = ARGV[at], tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4])
          local before = redis.call('HGET', KEYS[tonumber(ARGV[at + 1])], request) or ''
          local whole = root(request) == request and before or redis.call('HGET', KEYS[tonumber(ARGV[at + 1])], root(request)) or ''
          local ended = before == 'V' or string.sub(before, 1, 1) == 'D' or whole == 'S' .. int(budgets > 0 and id or 0)
          at = at + 5
          if not ended and budgets > 0 and amount > 0 and phase > 0 then
            if redis.call('HEXISTS', KEYS[4], request) == 1 then
              redis.call('ZADD', KEYS[5], int(millis + 30000), request)
            else
              local lines = {}
              for i = 1, budgets do
                local budget = at + (i - 1) * 3
                lines[i] = '\n' .. ARGV[budget + 1] .. ' ' .. string.sub(KEYS[tonumber(ARGV[budget])], string.len(KEYS[4]) - 2)
              end
              keep(KEYS[4], KEYS[5], request, amount, cap, table.concat(lines))
              for i = 1, budgets do
                local budget = at + (i - 1) * 3
                local key = KEYS[tonumber(ARGV[budget])]
                own(key, id, tonumber(ARGV[budget + 2]))
                redis.call('HINCRBY', key, 'held', int(amount))
              end
            end
          end
          at = at + budgets * 3
          for i = 1, tonumber(ARGV[at]) do
            if not ended then
              local key = KEYS[tonumber(ARGV[at + i])]
              redis.call('ZADD', key, int(now + 15000000), request)
              redis.call('PEXPIRE', key, 16000)
            end
          end
          at = at + tonumber(ARGV[at]) + 1
        end
        if ARGV[6] == '1' and phase == 1 and tonumber(ARGV[2]) == id then
          redis.call('SADD', KEYS[6], holder)
          redis.call('PEXPIRE', KEYS[6], 3600000)
        end
        if redis.call('HLEN', KEYS[2]) > 256 then
          local all = redis.call('HGETALL', KEYS[2])
          for i = 1, #all, 2 do
            if (tonumber(string.match(all[i + 1], ' (%d+)$')) or 0) < millis - 86400000 then redis.call('HDEL', KEYS[2], all[i]) end
          end
        end
        return {0, now, id, phase}
        """);
}
