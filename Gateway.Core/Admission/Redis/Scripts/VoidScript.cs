namespace Gateway.Core.Admission.Redis.Scripts;

/// <summary>Gives everything back that a request holds, and forbids its admission from now on. A settlement before stays.</summary>
/// <remarks>
/// KEYS 3 to 5: decisions, holds, expiring holds; then places, scopes. ARGV 5 to 10: request, life of decisions, whether budgets are charged, number of places, of rates, when it was admitted (microseconds). Then per rate index of key,
/// name, change.
/// </remarks>
internal static class VoidScript
{
    public static readonly RedisScript Script = new("void", Lua.Head + Lua.Remember + Lua.Release + Lua.Correct + """
        local request, life = ARGV[5], ARGV[6]
        local places, rates = tonumber(ARGV[8]), tonumber(ARGV[9])
        local id, phase = 0, 2
        if ARGV[7] == '1' then id, phase = epoch() end
        local before = redis.call('HGET', KEYS[3], request) or ''
        local hold = ARGV[7] == '1' and redis.call('HGET', KEYS[4], request)
        local ended = string.sub(redis.call('HGET', KEYS[3], root(request)) or '', 1, 1) == 'S'
        if not ended and before ~= 'V' then remember(KEYS[3], request, 'V', life) end
        for i = 1, places do redis.call('ZREM', KEYS[5 + i], request) end
        if hold then release(KEYS[4], KEYS[5], request, hold, id) end
        if not ended and (hold or before == 'A') then
          for i = 1, rates do
            local at = 8 + i * 3
            correct(KEYS[tonumber(ARGV[at])], ARGV[at + 1], tonumber(ARGV[at + 2]), tonumber(ARGV[10]))
          end
        end
        return {0, now, id, phase}
        """);
}
