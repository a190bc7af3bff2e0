using System.Globalization;
using System.Text;
using Gateway.Core.Admission.Redis.Scripts;
using Gateway.Core.Admission.Shared;
using StackExchange.Redis;

namespace Gateway.Core.Admission.Redis;

/// <summary>The counters in Redis, made again from the ledger. Thread-safe.</summary>
public sealed class RedisBudgetAuthority : IBudgetAuthority
{
    private readonly AdmissionCalls _calls;

    /// <param name="scripts">Redis.</param>
    /// <param name="time">For how long counters are kept.</param>
    public RedisBudgetAuthority(IRedisScripts scripts, TimeProvider time)
    {
        _calls = new AdmissionCalls(scripts, time);
    }

    public bool IsUp => _calls.Scripts.IsUp;

    public async ValueTask<EpochState?> EpochAsync(string organisation, CancellationToken cancellationToken)
    {
        var answer = await AskAsync(organisation, EpochScripts.Read, [], [], cancellationToken);
        return answer is null ? null : EpochAnswers.Read(answer);
    }

    public ValueTask<bool> BeginAsync(string organisation, EpochState seen, long next, CancellationToken cancellationToken)
    {
        var keys = _calls.Keys(organisation);
        return IsDoneAsync(organisation, EpochScripts.Begin, [keys.Holds, keys.Expiring, keys.Known], [seen.Id, (int)seen.Phase, next], cancellationToken);
    }

    public async ValueTask<IReadOnlyList<(string Holder, bool HasToldAll)>?> HoldersAsync(string organisation, CancellationToken cancellationToken)
    {
        var keys = _calls.Keys(organisation);
        var answer = await AskAsync(organisation, EpochScripts.Holders, [keys.Holders, keys.Known], [], cancellationToken);
        if (answer is null)
        {
            return null;
        }

        var holders = new List<(string, bool)>();
        for (var i = AdmissionCalls.HeadAnswers; i + 1 < answer.Length; i += 2)
        {
            holders.Add(((string?)answer[i] ?? "", (int)answer[i + 1] == 1));
        }

        return holders;
    }

    public async ValueTask<bool> FillAsync(
        string organisation, long epoch, IReadOnlyList<SpentEntry> spent, IReadOnlyList<(Guid RequestId, long CostNanoUsd)> settled, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(spent);
        ArgumentNullException.ThrowIfNull(settled);
        var keys = _calls.Keys(organisation);
        var names = new KeyTable([keys.Epoch, keys.Seen, keys.Holds, keys.Expiring]);
        var values = new List<RedisValue>(8 + (spent.Count * 4) + (settled.Count * 2)) { "", 0, 0, 0, epoch, RedisKeys.FinalLifeMillis, spent.Count, settled.Count };
        foreach (var entry in spent)
        {
            values.Add(names.IndexOf(keys.Budget(entry.Slot.Id)));
            values.Add(entry.Slot.Slot);
            values.Add(entry.SpentNanoUsd);
            values.Add(BudgetLife.EndMillis(entry.Slot, _calls.Time));
        }

        foreach (var (requestId, _) in settled)
        {
            values.Add(RedisKeys.Member(requestId, 0));
            values.Add(names.IndexOf(keys.Final(requestId, money: true)));
        }

        return IsDone(await _calls.RunAsync(organisation, FillScript.Script, names.ToArray(), values.ToArray(), watched: true, urgent: true, cancellationToken));
    }

    public ValueTask<bool> OpenAsync(string organisation, long epoch, CancellationToken cancellationToken) =>
        IsDoneAsync(organisation, EpochScripts.Open, [], [epoch], cancellationToken);

    public ValueTask<bool> DiscardAsync(string organisation, EpochState seen, CancellationToken cancellationToken) =>
        IsDoneAsync(organisation, EpochScripts.Discard, [], [seen.Id, (int)seen.Phase], cancellationToken);

    public async ValueTask<IReadOnlyList<Hold>?> ExpiredAsync(string organisation, int most, CancellationToken cancellationToken)
    {
        var keys = _calls.Keys(organisation);
        var answer = await AskAsync(organisation, ReadScripts.Expired, [keys.Holds, keys.Expiring], [most], cancellationToken);
        if (answer is null)
        {
            return null;
        }

        var holds = new List<Hold>();
        for (var i = AdmissionCalls.HeadAnswers; i + 1 < answer.Length; i += 2)
        {
            if (RedisKeys.TryReadMember(answer[i], out var requestId, out var part))
            {
                holds.Add(new Hold(requestId, part, ReadTicket(organisation, answer[i + 1])));
            }
        }

        return holds;
    }

    public async ValueTask<IReadOnlyList<BudgetState>?> CountsAsync(string organisation, IReadOnlyList<BudgetSlot> slots, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(slots);
        var keys = _calls.Keys(organisation);
        var names = new RedisKey[slots.Count];
        var numbers = new RedisValue[slots.Count];
        for (var i = 0; i < slots.Count; i++)
        {
            names[i] = keys.Budget(slots[i].Id);
            numbers[i] = slots[i].Slot;
        }

        var answer = await AskAsync(organisation, ReadScripts.Counts, names, numbers, cancellationToken);
        if (answer is null || answer.Length != AdmissionCalls.HeadAnswers + (slots.Count * 2))
        {
            return null;
        }

        var states = new BudgetState[slots.Count];
        for (var i = 0; i < states.Length; i++)
        {
            states[i] = new BudgetState((long)answer[AdmissionCalls.HeadAnswers + (i * 2)], (long)answer[AdmissionCalls.HeadAnswers + (i * 2) + 1]);
        }

        return states;
    }

    // As Scripts/Lua writes it: amount, cap, then a line for each budget with slot and id.
    private static AdmissionTicket ReadTicket(string organisation, RedisValue hold)
    {
        var lines = Encoding.UTF8.GetString((byte[]?)hold ?? []).Split('\n');
        var head = lines[0].Split(' ');
        var budgets = new List<BudgetSlot>(lines.Length - 1);
        for (var i = 1; i < lines.Length; i++)
        {
            var space = lines[i].IndexOf(' ', StringComparison.Ordinal);
            if (space > 0 && long.TryParse(lines[i].AsSpan(0, space), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var slot))
            {
                budgets.Add(new BudgetSlot(lines[i][(space + 1)..], slot));
            }
        }

        return new AdmissionTicket
        {
            Organisation = organisation,
            Budgets = budgets,
            HeldNanoUsd = long.TryParse(head[0], NumberStyles.None, CultureInfo.InvariantCulture, out var amount) ? amount : 0,
        };
    }

    private static bool IsDone(RedisValue[]? answer) => answer is not null && (int)answer[0] == 0;

    private async ValueTask<bool> IsDoneAsync(string organisation, RedisScript script, RedisKey[] keys, RedisValue[] values, CancellationToken cancellationToken) =>
        IsDone(await AskAsync(organisation, script, keys, values, cancellationToken));

    /// <param name="keys">From the third on.</param>
    /// <param name="values">From the fifth on.</param>
    private ValueTask<RedisValue[]?> AskAsync(string organisation, RedisScript script, RedisKey[] keys, RedisValue[] values, CancellationToken cancellationToken)
    {
        var names = _calls.Keys(organisation);
        return _calls.RunAsync(organisation, script, [names.Epoch, names.Seen, .. keys], ["", 0, 0, 0, .. values], watched: true, urgent: true, cancellationToken);
    }
}
