using Gateway.Core.Admission.Shared;

namespace Gateway.Edge.Budgets;

/// <summary>The limits of one kind of request, with what its ticket says of them: made once, used by every such request. Immutable.</summary>
internal sealed class RuleSet
{
    public static RuleSet Empty { get; } = new([]);

    private RuleSet? _onlyRequests;
    private RuleSet? _withoutTokens;

    public RuleSet(IReadOnlyList<LimitRule> rules)
    {
        Rules = [.. rules];
        Places = [.. rules.Where(static rule => rule.Unit == LimitUnit.Concurrency).Select(static rule => rule.Id)];
        TokenRates = [.. rules.Where(static rule => rule.Unit == LimitUnit.Tokens).Select(static rule => new TokenRate(rule.Id, rule.Limit, rule.Window))];
        HasSessions = rules.Any(static rule => rule.Unit == LimitUnit.Sessions);
    }

    public LimitRule[] Rules { get; }

    /// <summary>For <see cref="AdmissionTicket.Places"/>.</summary>
    public string[] Places { get; }

    /// <summary>For <see cref="AdmissionTicket.TokenRates"/>.</summary>
    public TokenRate[] TokenRates { get; }

    public bool HasSessions { get; }

    public bool IsEmpty => Rules.Length == 0;

    /// <summary>For requests that are refused anyway: they count as requests and take nothing else.</summary>
    public RuleSet OnlyRequests => _onlyRequests ??= Where(static rule => rule.Unit == LimitUnit.Requests);

    /// <summary>For calls that use no tokens.</summary>
    public RuleSet WithoutTokens => _withoutTokens ??= Where(static rule => rule.Unit != LimitUnit.Tokens);

    public RuleSet With(RuleSet more) => more.IsEmpty ? this : IsEmpty ? more : new RuleSet([.. Rules, .. more.Rules]);

    private RuleSet Where(Func<LimitRule, bool> which)
    {
        var some = Rules.Where(which).ToArray();
        return some.Length == Rules.Length ? this : some.Length == 0 ? Empty : new RuleSet(some);
    }
}
