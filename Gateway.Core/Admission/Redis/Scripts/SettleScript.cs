namespace Gateway.Core.Admission.Redis.Scripts;

/// <summary>Books what a request cost, gives back what the part of it held that is settled, corrects its tokens. Only a settlement before in the same epoch, of whichever part, stops it.</summary>
/// <remarks>
/// KEYS 3 to 5: decisions, holds, expiring holds; then budgets, places, scopes. ARGV 5 to 12: request, life of decisions, cost, whether something was held, number of budgets, of places, of rates, when it was admitted
/// (microseconds). Then per budget slot and end of life; per rate index of key, name, change, and change if nothing was taken before. Answer: outcome as <see cref="Shared.SettleOutcome"/>.
/// </remarks>
internal static class SettleScript
{
    public static readonly RedisScript Script = new("settle", Lua.Head + Lua.Remember + Lua.Own + Lua.Release + Lua.Correct + """
        local request, life, cost = ARGV[5], ARGV[6], ARGV[7]
        local budgets, places, rates = tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11])
        local id, phase = 0, 2
        if budgets > 0 then id, phase = epoch() end
        local before = redis.call('HGET', KEYS[3], request) or ''
        local whole = redis.call('HGET', KEYS[3], root(request)) or ''
        local hold = budgets > 0 and redis.call('HGET', KEYS[4], request)
        for i = 1, places do redis.call('ZREM', KEYS[5 + budgets + i], request) end
        if whole == 'S' .. int(id) and phase > 0 then
          if hold then release(KEYS[4], KEYS[5], request, hold, id) end
          return {1, now, id, phase}
        end
        if phase < 2 then return {3, now, id, phase} end
        remember(KEYS[3], root(request), 'S' .. int(id), life)
        if hold then release(KEYS[4], KEYS[5], request, hold, id) end
        for i = 1, budgets do
          local at = 11 + i * 2
          own(KEYS[5 + i], id, tonumber(ARGV[at + 1]))
          redis.call('HINCRBY', KEYS[5 + i], 's' .. ARGV[at], cost)
        end
        local kind = string.sub(before, 1, 1)
        if string.sub(whole, 1, 1) ~= 'S' then
          for i = 1, rates do
            local at = 9 + budgets * 2 + i * 4
            local change = ARGV[at + 2]
            if kind == 'V' or kind == 'D' then change = ARGV[at + 3] end
            correct(KEYS[tonumber(ARGV[at])], ARGV[at + 1], tonumber(change), tonumber(ARGV[12]))
          end
        end
        return {(hold or ARGV[8] == '0') and 0 or 2, now, id, phase}
        """);
}
