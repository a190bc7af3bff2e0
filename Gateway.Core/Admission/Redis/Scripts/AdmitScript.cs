namespace Gateway.Core.Admission.Redis.Scripts;

/// <summary>Decides every limit and budget of a request at once; changes all or nothing. With "peek" it changes nothing in any case.</summary>
/// <remarks>
/// KEYS 3 to 5: decisions, holds, expiring holds; then those of the limits, then one per budget.
/// ARGV 5 to 18: request, peek, last moment (microseconds, 0 for none), life of decisions (milliseconds), bound by the estimate, cautious input, cautious bound, price of an output token, cap, least cap, number of limits,
/// number of budgets, session, index of the key before the first budget's. Then six per limit: unit, index of key, name, shadow, and for rates cost and tolerance (microseconds), for places limit and lease, for sessions limit and window. Then seven per
/// budget: slot, slots, limit, hard, reset and length of a slot (microseconds, 0 for none), end of life (milliseconds).
/// Answer: outcome (5 for late), clock, epoch, phase, binding, wait, held, cap; per limit wait and (rates) time until it is whole or (others) how many there are; per budget spent and held.
/// </remarks>
internal static class AdmitScript
{
    public static readonly RedisScript Script = new("admit", Lua.Head + Lua.Remember + Lua.Own + Lua.Keep + Read + Limits + Budgets + Decide + Commit);

    private const string Read = """
        local request, peek = ARGV[5], ARGV[6] == '1'
        local latest, life = tonumber(ARGV[7]), ARGV[8]
        local estimate, cautious, whole, price = tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11]), tonumber(ARGV[12])
        local cap, least = tonumber(ARGV[13]), tonumber(ARGV[14])
        local limits, budgets, session, shift = tonumber(ARGV[15]), tonumber(ARGV[16]), ARGV[17], tonumber(ARGV[18])
        local first = 19 + limits * 6
        if latest > 0 and now > latest then return {5, now, 0, 0} end
        local id, phase = 0, 0
        if budgets > 0 then id, phase = epoch() end
        local hard = false
        for i = 0, budgets - 1 do hard = hard or ARGV[first + i * 7 + 3] == '1' end
        local before, hold
        if not peek then
          before = redis.call('HGET', KEYS[3], request)
          if before then
            local kind = string.sub(before, 1, 1)
            if kind == 'V' or kind == 'S' then return {4, now, id, phase} end
          end
          if root(request) ~= request and string.sub(redis.call('HGET', KEYS[3], root(request)) or '', 1, 1) == 'S' then return {4, now, id, phase} end
          if phase > 0 then hold = redis.call('HGET', KEYS[4], request) end
        end
        if hard and phase < 2 and not hold then return {3, now, id, phase} end
        local again = hold or before == 'A'
        local binding, wait = -1, 0

        """;

    // "present" and "after" are the state without and with this request.
    private const string Limits = """
        local waits, present, after, values, starts = {}, {}, {}, {}, {}
        local scopes, fields, place = {}, {}, {}
        for i = 1, limits do
          local at = 13 + i * 6
          if ARGV[at] <= '1' then
            local key = ARGV[at + 1]
            if not fields[key] then
              fields[key] = {'x'}
              scopes[#scopes + 1] = key
            end
            place[i] = #fields[key] + 1
            fields[key][place[i]] = ARGV[at + 2]
          end
        end
        for _, key in ipairs(scopes) do
          values[key] = redis.call('HMGET', KEYS[tonumber(key)], unpack(fields[key]))
        end
        for i = 1, limits do
          local at = 13 + i * 6
          local unit, key, a, b = ARGV[at], KEYS[tonumber(ARGV[at + 1])], tonumber(ARGV[at + 4]), tonumber(ARGV[at + 5])
          local pause = 0
          if unit <= '1' then
            local kept = values[ARGV[at + 1]][place[i]] or ''
            local tat = tonumber(string.match(kept, '^%d+')) or 0
            starts[i] = tonumber(string.match(kept, ' (%d+)$')) or 0
            local idle = tat <= now
            if idle then tat, starts[i] = now, now end
            tat = math.min(tat, unit == '0' and now + b or now + b + 2678400000000)
            local new = tat + a
            if a > b then
              if not idle then pause = tat - now end
            elseif new - now > b then
              pause = new - now - b
            end
            present[i], after[i] = tat - now, new - now
          elseif unit == '2' then
            present[i] = redis.call('ZCOUNT', key, '(' .. int(now), '+inf')
            if present[i] >= a then pause = 1000000 end
            after[i] = present[i] + 1
          else
            local cut = '(' .. int(now - b)
            local last = tonumber(redis.call('ZSCORE', key, session) or '0')
            present[i] = redis.call('ZCOUNT', key, cut, '+inf')
            after[i] = present[i]
            if last <= now - b then
              after[i] = present[i] + 1
              if present[i] >= a then
                local oldest = redis.call('ZRANGEBYSCORE', key, cut, '+inf', 'WITHSCORES', 'LIMIT', int(present[i] - a), 1)
                pause = math.max(1, (tonumber(oldest[2]) or now) + b - now)
              end
            end
          end
          waits[i] = pause
          if pause > wait and ARGV[at + 3] ~= '1' then binding, wait = i - 1, pause end
        end

        """;

    // Of a rolling budget also the slot after the present one: another clock may be ahead of the caller's.
    private const string Budgets = """
        local spent, held, stale, slots = {}, {}, {}, {}
        local amount, tightest = 0, nil
        for i = 1, budgets do
          local at = first + (i - 1) * 7
          spent[i], held[i], slots[i] = 0, 0, {}
          if phase == 2 then
            local names = {'e', 'x', 'held', 's' .. ARGV[at]}
            local count = tonumber(ARGV[at + 1])
            for slot = 1, count - 1 do names[4 + slot] = 's' .. int(tonumber(ARGV[at]) - slot) end
            if count > 1 then names[4 + count] = 's' .. int(tonumber(ARGV[at]) + 1) end
            local kept = redis.call('HMGET', KEYS[shift + i], unpack(names))
            if tonumber(kept[1]) == id then
              held[i] = tonumber(kept[3]) or 0
              for slot = 0, count do
                slots[i][slot] = tonumber(kept[4 + slot]) or 0
                spent[i] = spent[i] + slots[i][slot]
              end
            end
            stale[i] = tonumber(kept[1]) ~= id or tonumber(ARGV[at + 6]) > (tonumber(kept[2]) or 0)
            if ARGV[at + 3] == '1' then
              local left = tonumber(ARGV[at + 2]) - spent[i] - held[i]
              if not tightest or left < tightest then tightest = left end
            end
          end
        end
        local denied = false
        if phase == 2 then
          amount = estimate
          if tightest and tightest <= 20 * estimate then
            amount = whole
            if tightest < whole then
              local most = -1
              if price > 0 then
                most = math.floor((tightest - cautious) / price)
                if most * price > tightest - cautious then most = most - 1 end
              end
              if most < 0 or most < least then
                denied = true
              else
                cap = most
                amount = cautious + price * most
              end
            end
          end
        else
          cap = -1
        end
        if budgets == 0 then cap = -1 end

        """;

    // What a budget that refuses needs: that holds end (soon), that slots leave, that the window ends, or nothing helps (a year stands for never).
    private const string Decide = """
        local function patience(i)
          local at = first + (i - 1) * 7
          local limit, reset, length = tonumber(ARGV[at + 2]), tonumber(ARGV[at + 4]), tonumber(ARGV[at + 5])
          local need = cautious + price * least
          if limit - spent[i] - held[i] >= need then return 0 end
          if need > limit then return 31622400000000 end
          if limit - spent[i] >= need then return 1000000 end
          if reset == 0 then return 31622400000000 end
          if length > 0 then
            local left = spent[i]
            for slot = tonumber(ARGV[at + 1]) - 1, 0, -1 do
              left = left - slots[i][slot]
              if limit - left >= need then break end
              reset = reset + length
            end
          end
          return math.max(1, reset - now)
        end
        local outcome = 0
        if again then
          binding, wait = -1, 0
          if hold then
            local a, c = string.match(hold, '^(%d+) (%-?%d+)')
            amount, cap = tonumber(a) or 0, tonumber(c) or -1
          else
            amount, cap = 0, -1
          end
        elseif before then
          outcome, binding = 2, tonumber(string.sub(before, 2)) or 0
          if binding >= budgets then binding = 0 end
          wait = budgets > 0 and phase == 2 and math.max(1, patience(binding + 1)) or 1000000
        elseif wait > 0 then
          outcome = 1
        elseif denied then
          outcome, wait = 2, -1
          for i = 1, budgets do
            if ARGV[first + (i - 1) * 7 + 3] == '1' then
              local pause = patience(i)
              if pause > wait then binding, wait = i - 1, pause end
            end
          end
          if not peek then remember(KEYS[3], request, 'D' .. binding, life) end
        end
        if outcome ~= 0 then amount, cap = 0, -1 end
        local commit = outcome == 0 and not again and not peek

        """;

    private const string Commit = """
        if commit then
          if phase == 2 then
            local lines = {}
            for i = 1, budgets do
              local at, key = first + (i - 1) * 7, KEYS[shift + i]
              lines[i] = '\n' .. ARGV[at] .. ' ' .. string.sub(key, string.len(KEYS[4]) - 2)
            end
            keep(KEYS[4], KEYS[5], request, amount, cap, table.concat(lines))
            for i = 1, budgets do
              local at, key = first + (i - 1) * 7, KEYS[shift + i]
              if stale[i] then
                own(key, id, tonumber(ARGV[at + 6]))
                local length = tonumber(ARGV[at + 5])
                if length > 0 then
                  local least = tonumber(ARGV[at]) - tonumber(ARGV[at + 1]) - math.ceil(86400000000 / length)
                  if redis.call('HLEN', key) > 2 * (tonumber(ARGV[at]) - least) then
                    for _, name in ipairs(redis.call('HKEYS', key)) do
                      if (tonumber(string.match(name, '^s(%d+)$')) or least) < least then redis.call('HDEL', key, name) end
                    end
                  end
                end
              end
              redis.call('HINCRBY', key, 'held', int(amount))
            end
          else
            remember(KEYS[3], request, 'A', life)
          end
          local finish = {}
          for i = 1, limits do
            local at = 13 + i * 6
            local unit, key, b = ARGV[at], KEYS[tonumber(ARGV[at + 1])], tonumber(ARGV[at + 5])
            if unit <= '1' then
              if waits[i] == 0 then
                local scope = fields[ARGV[at + 1]]
                if not finish[ARGV[at + 1]] then
                  finish[ARGV[at + 1]] = {0}
                  fields[ARGV[at + 1]] = {}
                  scope = fields[ARGV[at + 1]]
                end
                local tat = now + after[i]
                finish[ARGV[at + 1]][1] = math.max(finish[ARGV[at + 1]][1], tat)
                scope[#scope + 1] = ARGV[at + 2]
                scope[#scope + 1] = unit == '0' and int(tat) or int(tat) .. ' ' .. int(starts[i])
              end
            elseif unit == '2' then
              redis.call('ZREMRANGEBYSCORE', key, '-inf', int(now))
              redis.call('ZADD', key, int(now + b), request)
              redis.call('PEXPIRE', key, int(b / 1000 + 1000))
            elseif waits[i] == 0 then
              redis.call('ZREMRANGEBYSCORE', key, '-inf', int(now - b))
              redis.call('ZADD', key, int(now), session)
              redis.call('PEXPIRE', key, int(b / 1000 + 1000))
            end
          end
          for _, scope in ipairs(scopes) do
            if finish[scope] then
              local key, ends, set = KEYS[tonumber(scope)], math.ceil(finish[scope][1] / 1000), fields[scope]
              local longer = ends > (tonumber(values[scope][1]) or 0)
              if longer then
                set[#set + 1] = 'x'
                set[#set + 1] = int(ends + 1000)
              end
              redis.call('HSET', key, unpack(set))
              if longer then redis.call('PEXPIREAT', key, int(ends + 1000)) end
            end
          end
        end
        local answer = {outcome, now, id, phase, binding, wait, amount, cap}
        for i = 1, limits do
          answer[#answer + 1] = waits[i]
          answer[#answer + 1] = commit and (waits[i] == 0 or ARGV[13 + i * 6] == '2') and after[i] or present[i]
        end
        for i = 1, budgets do
          answer[#answer + 1] = spent[i]
          answer[#answer + 1] = commit and phase == 2 and held[i] + amount or held[i]
        end
        return answer
        """;
}
