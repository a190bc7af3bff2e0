using System.Runtime.CompilerServices;
using Gateway.Core.Admission.Shared;
using StackExchange.Redis;

namespace Gateway.Core.Admission.Redis;

/// <summary>What of a rule is the same in every call: made once per rule, which lives as long as its configuration. Immutable.</summary>
internal sealed class RulePlan
{
    /// <summary>A place is lost when nobody renews it for so long.</summary>
    public const long PlaceMicros = 15_000_000;

    private static readonly ConditionalWeakTable<LimitRule, RulePlan> Plans = [];

    private RulePlan(LimitRule rule, RedisKeys keys)
    {
        Organisation = keys.Organisation;
        IsRate = rule.Unit is LimitUnit.Requests or LimitUnit.Tokens;
        Unit = (int)rule.Unit;
        Name = rule.Name;
        Shadow = rule.Shadow ? 1 : 0;
        (Key, Cost, Bound) = rule.Unit switch
        {
            LimitUnit.Requests => (keys.Scope(rule.Scope), (RedisValue)RateSums.Request(rule.Limit, rule.Window), (RedisValue)RateSums.Tolerance(rule)),
            LimitUnit.Tokens => (keys.Scope(rule.Scope), (RedisValue)0, (RedisValue)RateSums.Tolerance(rule)),
            LimitUnit.Concurrency => (keys.Places(rule.Id), (RedisValue)rule.Limit, (RedisValue)PlaceMicros),
            LimitUnit.Sessions => (keys.Sessions(rule.Id), (RedisValue)rule.Limit, (RedisValue)RateSums.Micros(rule.Window)),
        };
    }

    public string Organisation { get; }

    public RedisKey Key { get; }

    /// <summary>Rates of one scope share a key.</summary>
    public bool IsRate { get; }

    public RedisValue Unit { get; }

    public RedisValue Name { get; }

    public RedisValue Shadow { get; }

    /// <summary>Not for tokens: theirs is each request's own.</summary>
    public RedisValue Cost { get; }

    public RedisValue Bound { get; }

    public static RulePlan Of(LimitRule rule, RedisKeys keys)
    {
        if (Plans.TryGetValue(rule, out var plan) && plan.Organisation == keys.Organisation)
        {
            return plan;
        }

        plan = new RulePlan(rule, keys);
        Plans.AddOrUpdate(rule, plan);
        return plan;
    }
}
