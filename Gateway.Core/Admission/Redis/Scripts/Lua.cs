namespace Gateway.Core.Admission.Redis.Scripts;

/// <summary>
/// What the scripts share. Numbers are Lua doubles, exact up to 2^53; <c>int</c> writes them, because tostring keeps only 14 digits. Sums that could be greater are made in C#, and counters grow
/// by HINCRBY, which is exact. Every script reads all it needs before it writes, so that a key of a wrong type changes nothing.
/// </summary>
/// <remarks>
/// KEYS[1] is the epoch, KEYS[2] who was seen. ARGV[1..4] are the calling process, the epoch that it last heard of, its greatest call that was answered in it, and this call's number.
/// Answers begin with outcome, clock in microseconds, epoch and phase (0 missing, 1 filling, 2 open).
/// </remarks>
internal static class Lua
{
    /// <summary>The clock and the epoch. A process that knows of more than what is stored found out that Redis went back in time: then the epoch is missing, for all.</summary>
    public const string Head = """
        local time = redis.call('TIME')
        local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
        local millis = math.floor(now / 1000)
        local function int(number) return string.format('%.0f', number) end
        local function epoch()
          local kept = redis.call('HMGET', KEYS[1], 'id', 'open')
          local id = tonumber(kept[1]) or 0
          local phase = 0
          if id > 0 then phase = kept[2] == '1' and 2 or 1 end
          if ARGV[1] ~= '' then
            local told, known, call = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
            local stored = tonumber(string.match(redis.call('HGET', KEYS[2], ARGV[1]) or '', '^%d+')) or 0
            if id > 0 and (told > id or (told == id and stored < known)) then
              redis.call('DEL', KEYS[1])
              id, phase = 0, 0
            end
            if call > stored then
              redis.call('HSET', KEYS[2], ARGV[1], int(call) .. ' ' .. int(millis))
            end
          end
          return id, phase
        end

        """;

    /// <summary>Remembers a decision. A part of a request is named by the request's 16 bytes and 4 of its own: settled is always the whole.</summary>
    public const string Remember = """
        local function root(member) return string.sub(member, 1, 16) end
        local function remember(key, member, value, life)
          redis.call('HSET', key, member, value)
          if redis.call('HLEN', key) == 1 then redis.call('PEXPIRE', key, life) end
        end

        """;

    /// <summary>
    /// Counters of a budget belong to an epoch (field e): those of another are gone, whatever is still stored. <c>own</c> empties such a hash, and lets it live until at least <c>finish</c> (milliseconds, 0 for ever).
    /// </summary>
    public const string Own = """
        local function own(key, id, finish)
          local kept = redis.call('HMGET', key, 'e', 'x')
          local x = tonumber(kept[2]) or 0
          if tonumber(kept[1]) ~= id then
            redis.call('DEL', key)
            redis.call('HSET', key, 'e', int(id))
            x = 0
          end
          if finish > 0 and finish < millis then finish = millis + 86400000 end
          if finish > x then
            redis.call('HSET', key, 'x', int(finish))
            redis.call('PEXPIREAT', key, int(finish))
          end
        end

        """;

    /// <summary>Gives back a hold. Its budgets stand in it: amount, cap, and a line with slot and id for each.</summary>
    public const string Release = """
        local function release(holds, expiring, member, hold, id)
          local budgets = string.sub(holds, 1, -6) .. 'b:'
          local amount = string.match(hold, '^%d+')
          for budget in string.gmatch(hold, '\n%-?%d+ ([^\n]+)') do
            local key = budgets .. budget
            if amount ~= '0' and tonumber(redis.call('HGET', key, 'e')) == id then redis.call('HINCRBY', key, 'held', '-' .. amount) end
          end
          redis.call('HDEL', holds, member)
          redis.call('ZREM', expiring, member)
        end

        """;

    /// <summary>Makes a hold.</summary>
    public const string Keep = """
        local function keep(holds, expiring, member, amount, cap, lines)
          redis.call('ZADD', expiring, int(millis + 30000), member)
          redis.call('HSET', holds, member, int(amount) .. ' ' .. int(cap) .. lines)
        end

        """;

    /// <summary>
    /// Corrects a rate of tokens by a time. What is given back is given only to the busy time that it was taken in: before that the clock has given it back already.
    /// A rate of tokens is its TAT and the beginning of the present busy time.
    /// </summary>
    public const string Correct = """
        local function correct(key, name, change, taken)
          local kept = redis.call('HMGET', key, 'x', name)
          local tat, since = string.match(kept[2] or '', '^(%d+) (%d+)$')
          tat, since = tonumber(tat) or 0, tonumber(since) or 0
          if change == 0 or (change < 0 and (tat <= now or since > taken)) then return end
          if tat <= now then tat, since = now, now end
          tat = math.max(now, math.min(tat + change, now + 2700000000000000))
          redis.call('HSET', key, name, int(tat) .. ' ' .. int(since))
          local finish = math.ceil(tat / 1000)
          if finish > (tonumber(kept[1]) or 0) then
            redis.call('HSET', key, 'x', int(finish + 1000))
            redis.call('PEXPIREAT', key, int(finish + 1000))
          end
        end

        """;
}
