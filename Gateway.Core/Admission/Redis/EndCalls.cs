using Gateway.Core.Admission.Shared;
using StackExchange.Redis;

namespace Gateway.Core.Admission.Redis;

/// <summary>Keys and values of the scripts that end or renew what a request holds. Stateless.</summary>
internal static class EndCalls
{
    private const int FixedKeys = 5;

    /// <summary>For <see cref="Scripts.SettleScript"/>.</summary>
    public static (RedisKey[] Keys, RedisValue[] Values) Settle(Settlement settlement, RedisKeys keys, TimeProvider time)
    {
        const int FixedValues = 12;
        var ticket = settlement.Ticket;
        var rates = settlement.Tokens is null ? 0 : ticket.TokenRates.Count;
        var names = Names(settlement.RequestId, ticket, keys, ticket.Budgets.Count, rates);
        var values = new RedisValue[FixedValues + (ticket.Budgets.Count * 2) + (rates * 4)];
        values[4] = RedisKeys.Member(settlement.RequestId, settlement.Part);
        values[5] = Life(ticket);
        values[6] = settlement.CostNanoUsd;
        values[7] = ticket.HeldNanoUsd > 0 ? 1 : 0;
        values[8] = ticket.Budgets.Count;
        values[9] = ticket.Places.Count;
        values[10] = rates;
        values[11] = AdmittedMicros(settlement.RequestId);
        for (var i = 0; i < ticket.Budgets.Count; i++)
        {
            names[FixedKeys + i] = keys.Budget(ticket.Budgets[i].Id);
            values[FixedValues + (i * 2)] = ticket.Budgets[i].Slot;
            values[FixedValues + (i * 2) + 1] = BudgetLife.EndMillis(ticket.Budgets[i], time);
        }

        AddPlaces(names, FixedKeys + ticket.Budgets.Count, ticket, keys);
        for (var i = 0; i < rates; i++)
        {
            var rate = ticket.TokenRates[i];
            var key = names.Length - rates + i;
            var at = FixedValues + (ticket.Budgets.Count * 2) + (i * 4);
            var actual = settlement.Tokens.GetValueOrDefault();
            names[key] = keys.Scope(Scope(rate.Id));
            values[at] = key + 1;
            values[at + 1] = Name(rate.Id);
            values[at + 2] = RateSums.Tokens(actual - ticket.ReservedTokens, rate.Limit, rate.Window);
            values[at + 3] = RateSums.Tokens(actual, rate.Limit, rate.Window);
        }

        return (names, values);
    }

    /// <summary>For <see cref="Scripts.VoidScript"/>.</summary>
    public static (RedisKey[] Keys, RedisValue[] Values) Void(in Hold hold, RedisKeys keys)
    {
        const int FixedValues = 10;
        var ticket = hold.Ticket;
        var rates = ticket.TokenRates.Count;
        var names = Names(hold.RequestId, ticket, keys, 0, rates);
        var values = new RedisValue[FixedValues + (rates * 3)];
        values[4] = RedisKeys.Member(hold.RequestId, hold.Part);
        values[5] = Life(ticket);
        values[6] = ticket.Budgets.Count > 0 ? 1 : 0;
        values[7] = ticket.Places.Count;
        values[8] = rates;
        values[9] = AdmittedMicros(hold.RequestId);
        AddPlaces(names, FixedKeys, ticket, keys);
        for (var i = 0; i < rates; i++)
        {
            var rate = ticket.TokenRates[i];
            var key = names.Length - rates + i;
            var at = FixedValues + (i * 3);
            names[key] = keys.Scope(Scope(rate.Id));
            values[at] = key + 1;
            values[at + 1] = Name(rate.Id);
            values[at + 2] = RateSums.Tokens(-ticket.ReservedTokens, rate.Limit, rate.Window);
        }

        return (names, values);
    }

    /// <summary>For <see cref="Scripts.RenewScript"/>.</summary>
    public static (RedisKey[] Keys, RedisValue[] Values) Renew(string holder, IReadOnlyList<Hold> holds, bool isAll, RedisKeys keys, TimeProvider time)
    {
        var names = new KeyTable([keys.Epoch, keys.Seen, keys.Holders, keys.Holds, keys.Expiring, keys.Known]);
        var values = new List<RedisValue>(7 + (holds.Count * 8)) { "", 0, 0, 0, holder, isAll ? 1 : 0, holds.Count };
        foreach (var hold in holds)
        {
            var ticket = hold.Ticket;
            values.Add(RedisKeys.Member(hold.RequestId, hold.Part));
            values.Add(names.IndexOf(keys.Final(hold.RequestId, ticket.Budgets.Count > 0)));
            values.Add(ticket.HeldNanoUsd);
            values.Add(ticket.OutputCap);
            values.Add(ticket.Budgets.Count);
            foreach (var slot in ticket.Budgets)
            {
                values.Add(names.IndexOf(keys.Budget(slot.Id)));
                values.Add(slot.Slot);
                values.Add(BudgetLife.EndMillis(slot, time));
            }

            values.Add(ticket.Places.Count);
            foreach (var place in ticket.Places)
            {
                values.Add(names.IndexOf(keys.Places(place)));
            }
        }

        return (names.ToArray(), values.ToArray());
    }

    private static RedisKey[] Names(Guid requestId, AdmissionTicket ticket, RedisKeys keys, int budgets, int rates)
    {
        var names = new RedisKey[FixedKeys + budgets + ticket.Places.Count + rates];
        names[0] = keys.Epoch;
        names[1] = keys.Seen;
        names[2] = keys.Final(requestId, ticket.Budgets.Count > 0);
        names[3] = keys.Holds;
        names[4] = keys.Expiring;
        return names;
    }

    private static void AddPlaces(RedisKey[] names, int at, AdmissionTicket ticket, RedisKeys keys)
    {
        for (var i = 0; i < ticket.Places.Count; i++)
        {
            names[at + i] = keys.Places(ticket.Places[i]);
        }
    }

    private static long Life(AdmissionTicket ticket) => ticket.Budgets.Count > 0 ? RedisKeys.FinalLifeMillis : RedisKeys.BriefLifeMillis;

    // By the clock that made the id, which is not that of Redis and tells no parts of a millisecond: taken for a second later than it says.
    private static long AdmittedMicros(Guid requestId) => (RedisKeys.Millis(requestId) + 1000) * 1000;

    // Names of rules have no '|' in them, names of scopes may.
    private static ReadOnlySpan<char> Scope(string ruleId) => ruleId.AsSpan(0, Math.Max(0, ruleId.LastIndexOf('|')));

    private static RedisValue Name(string ruleId) => ruleId[(ruleId.LastIndexOf('|') + 1)..];
}
