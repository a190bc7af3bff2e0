using Gateway.Core.Admission.Shared;
using StackExchange.Redis;

namespace Gateway.Core.Admission.Redis;

/// <summary>Keys and values of <see cref="Scripts.AdmitScript"/>, and its answer read. Stateless.</summary>
internal static class AdmitCall
{
    /// <summary>The command sat in a queue for too long.</summary>
    public const int Late = 5;

    /// <summary>How late a command may arrive, in microseconds.</summary>
    private const long PatienceMicros = 1_000_000;

    private const int FixedKeys = 5;
    private const int FixedValues = 18;
    private const int FixedAnswers = 8;

    public static (RedisKey[] Keys, RedisValue[] Values) Make(AdmissionRequest request, RedisKeys keys, StoreClock clock, TimeProvider time, bool peek)
    {
        var (limits, budgets) = (request.Limits, request.Budgets);
        var scopes = CountKeys(limits);
        var names = new RedisKey[FixedKeys + scopes + budgets.Count];
        names[0] = keys.Epoch;
        names[1] = keys.Seen;
        names[2] = keys.Final(request.RequestId, budgets.Count > 0);
        names[3] = keys.Holds;
        names[4] = keys.Expiring;

        var values = new RedisValue[FixedValues + (limits.Count * 6) + (budgets.Count * 7)];
        var bound = request.Bound;
        values[4] = RedisKeys.Member(request.RequestId, request.Part);
        values[5] = peek ? 1 : 0;
        values[6] = clock.Now is var now and > 0 ? now + PatienceMicros : 0;
        values[7] = budgets.Count > 0 ? RedisKeys.FinalLifeMillis : RedisKeys.BriefLifeMillis;
        values[8] = Bound(bound.InputNanoUsd, bound.NanoUsdPerOutputToken, bound.OutputCap);
        values[9] = bound.CautiousInputNanoUsd;
        values[10] = Bound(bound.CautiousInputNanoUsd, bound.NanoUsdPerOutputToken, bound.OutputCap);
        values[11] = bound.NanoUsdPerOutputToken;
        values[12] = bound.OutputCap;
        values[13] = bound.LeastOutputCap;
        values[14] = limits.Count;
        values[15] = budgets.Count;
        values[16] = request.Session;
        values[17] = FixedKeys + scopes;

        var used = FixedKeys;
        for (var i = 0; i < limits.Count; i++)
        {
            var plan = RulePlan.Of(limits[i], keys);
            var key = plan.IsRate ? Array.IndexOf(names, plan.Key, FixedKeys, used - FixedKeys) : -1;
            if (key < 0)
            {
                key = used++;
                names[key] = plan.Key;
            }

            var at = FixedValues + (i * 6);
            values[at] = plan.Unit;
            values[at + 1] = key + 1;
            values[at + 2] = plan.Name;
            values[at + 3] = plan.Shadow;
            values[at + 4] = limits[i].Unit is LimitUnit.Tokens ? RateSums.Tokens(request.Tokens, limits[i].Limit, limits[i].Window) : plan.Cost;
            values[at + 5] = plan.Bound;
        }

        for (var i = 0; i < budgets.Count; i++)
        {
            var charge = budgets[i];
            names[FixedKeys + scopes + i] = keys.Budget(charge.Booking.Id);
            var at = FixedValues + (limits.Count * 6) + (i * 7);
            var reset = charge.ResetsAt is { } instant ? (instant.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond : 0;
            values[at] = charge.Booking.Slot;
            values[at + 1] = charge.Slots;
            values[at + 2] = charge.LimitNanoUsd;
            values[at + 3] = charge.Hard ? 1 : 0;
            values[at + 4] = reset;
            values[at + 5] = charge is { Slots: > 1, ResetsAt: { } end } ? end.UtcTicks / (charge.Booking.Slot + 1) / TimeSpan.TicksPerMicrosecond : 0;
            values[at + 6] = BudgetLife.EndMillis(charge.Booking, time);
        }

        return (names, values);
    }

    /// <returns>Null for an answer that no script gives.</returns>
    public static AdmissionAnswer? Read(AdmissionRequest request, RedisValue[] answer)
    {
        var outcome = (AdmissionOutcome)(int)answer[0];
        if (outcome is AdmissionOutcome.Rebuilding or AdmissionOutcome.Void || (int)answer[0] == Late)
        {
            return new AdmissionAnswer { Outcome = outcome is AdmissionOutcome.Rebuilding ? outcome : AdmissionOutcome.Void };
        }

        var (limits, budgets) = (request.Limits, request.Budgets);
        if (answer.Length != FixedAnswers + (limits.Count * 2) + (budgets.Count * 2))
        {
            return null;
        }

        var limitStates = limits.Count == 0 ? [] : new LimitState[limits.Count];
        for (var i = 0; i < limitStates.Length; i++)
        {
            limitStates[i] = State(limits[i], (long)answer[FixedAnswers + (i * 2)], (long)answer[FixedAnswers + (i * 2) + 1]);
        }

        var budgetStates = budgets.Count == 0 ? [] : new BudgetState[budgets.Count];
        for (var i = 0; i < budgetStates.Length; i++)
        {
            var at = FixedAnswers + (limits.Count * 2) + (i * 2);
            budgetStates[i] = new BudgetState((long)answer[at], (long)answer[at + 1]);
        }

        return new AdmissionAnswer
        {
            Outcome = outcome,
            Binding = (int)answer[4],
            RetryAfter = Micros((long)answer[5]),
            Limits = limitStates,
            Budgets = budgetStates,
            HeldNanoUsd = (long)answer[6],
            OutputCap = (long)answer[7],
        };
    }

    private static LimitState State(LimitRule rule, long wait, long state) => rule.Unit switch
    {
        LimitUnit.Requests or LimitUnit.Tokens => new(RateSums.Remaining(rule, state), Micros(state), wait > 0),

        // When places or sessions are whole again depends on others; it cannot be later than this.
        LimitUnit.Concurrency => new(Math.Max(0, rule.Limit - state), state > 0 ? Micros(RulePlan.PlaceMicros) : TimeSpan.Zero, wait > 0),
        LimitUnit.Sessions => new(Math.Max(0, rule.Limit - state), state > 0 ? rule.Window : TimeSpan.Zero, wait > 0),
    };

    private static int CountKeys(IReadOnlyList<LimitRule> limits)
    {
        var count = 0;
        for (var i = 0; i < limits.Count; i++)
        {
            var isNew = true;
            if (limits[i].Unit is LimitUnit.Requests or LimitUnit.Tokens)
            {
                for (var j = 0; j < i && isNew; j++)
                {
                    isNew = limits[j].Unit is not (LimitUnit.Requests or LimitUnit.Tokens) || limits[j].Scope != limits[i].Scope;
                }
            }

            count += isNew ? 1 : 0;
        }

        return count;
    }

    // More than any budget is as good as too much.
    private static long Bound(long input, long perToken, long cap) =>
        (long)Int128.Min(Configuration.BudgetConfig.MostNanoUsd, input + ((Int128)perToken * cap));

    private static TimeSpan Micros(long value) => new(value * TimeSpan.TicksPerMicrosecond);
}
