using System.Collections.Concurrent;
using System.Globalization;
using Gateway.Core.Admission;
using Gateway.Core.Admission.Shared;
using Gateway.Core.Catalog;
using Gateway.Core.Configuration;

namespace Gateway.Edge.Budgets;

/// <summary>Whose limits and budgets the requests of one key count for: key, user, team, organisation. Thread-safe: immutable but for a bounded cache.</summary>
internal sealed class KeyScopes
{
    /// <summary>Models come from clients: past this many the cache stops growing.</summary>
    private const int MaxTargets = 256;

    private readonly OwnerScope[] _owners;
    private readonly IReadOnlyList<string> _providers;
    private readonly RuleSet _general;
    private readonly bool _hasModelRules;

    // Made at the first call: there may be many keys that are never used.
    private ConcurrentDictionary<ModelTarget, KeyTarget>? _targets;
    private int _targetCount;

    private KeyScopes(string organisation, string keyId, IReadOnlyList<string> providers, IEnumerable<OwnerScope> owners, RateLimit? plain)
    {
        Organisation = organisation;
        KeyId = keyId;
        Plain = plain;
        _providers = providers;
        _owners = [.. owners.Where(static owner => !owner.IsEmpty)];
        _hasModelRules = Array.Exists(_owners, static owner => owner.HasModelRules);
        _general = RulesFor(target: null);
        All = _hasModelRules ? Collect(static (owner, rules) => owner.CollectAll(rules)) : _general;
        Charges = new BudgetCharges(_owners);
    }

    /// <summary>Nobody's limits: callers without a key share none.</summary>
    public static KeyScopes None { get; } = new(OrganisationConfig.DefaultName, "", [], [], plain: null);

    public string Organisation { get; }

    public string KeyId { get; }

    /// <summary>The only limit there is, where that is one rate of requests of the key itself: then leases decide, and nothing else of this is asked. Null otherwise.</summary>
    public RateLimit? Plain { get; }

    /// <summary>Whether there is neither a limit nor a budget.</summary>
    public bool IsEmpty => _owners.Length == 0;

    public BudgetCharges Charges { get; }

    /// <summary>Whether how long a request is matters to any of it.</summary>
    public bool NeedsSize => !Charges.IsEmpty || All.TokenRates.Length > 0;

    /// <summary>Every rule, those of all models too: for reports.</summary>
    public RuleSet All { get; }

    /// <summary>Models in memory.</summary>
    public int Targets => Volatile.Read(ref _targetCount);

    /// <summary>The rules of calls that have no model.</summary>
    public RuleSet General => _general;

    public static KeyScopes Of(VirtualKeyConfig key, GatewayConfig document)
    {
        var organisation = document.OrganisationOf(key);
        var own = new OwnerScope(OwnerScope.Key, key.Id, key.Limits, key.Budgets);
        List<OwnerScope> owners = [own];
        if (key.User is { } name && document.Users.TryGetValue(name, out var user))
        {
            owners.Add(new OwnerScope(OwnerScope.User, name, user.Limits, user.Budgets));
        }

        if (document.TeamOf(key) is { } teamName && document.Teams.TryGetValue(teamName, out var team))
        {
            owners.Add(new OwnerScope(OwnerScope.Team, teamName, team.Limits, team.Budgets));
        }

        if (document.Organisations.TryGetValue(organisation, out var described))
        {
            owners.Add(new OwnerScope(OwnerScope.Organisation, organisation, described.Limits, described.Budgets));
        }

        return new KeyScopes(organisation, key.Id, key.Providers, owners, PlainOf(key, own, owners, document));
    }

    /// <summary>What holds for the key's calls of a model.</summary>
    public KeyTarget For(ModelTarget target, ModelPrices prices, TokenEstimator estimator)
    {
        var targets = Volatile.Read(ref _targets) ?? Interlocked.CompareExchange(ref _targets, new(concurrencyLevel: 1, capacity: 4, ReferenceEqualityComparer.Instance), null) ?? _targets;
        if (targets.TryGetValue(target, out var known))
        {
            return known;
        }

        var made = new KeyTarget(
            _hasModelRules ? RulesFor(target) : _general, prices.Of(target, _providers), estimator.InputOf(target.Name), estimator.OutputOf(KeyId, target.Name));
        if (Volatile.Read(ref _targetCount) < MaxTargets && targets.TryAdd(target, made))
        {
            Interlocked.Increment(ref _targetCount);
        }

        return made;
    }

    // One state for one limit: where anything else is asked for beside it, the limit is asked for there, too.
    private static RateLimit? PlainOf(VirtualKeyConfig key, OwnerScope own, List<OwnerScope> owners, GatewayConfig document)
    {
        List<LimitRule> rules = [];
        owners.ForEach(owner => owner.CollectAll(rules));
        var hasMore = own.HasModelRules || owners.Exists(static owner => owner.Budgets.Count > 0) || !document.EndUsers.IsEmpty();
        return !hasMore && rules is [{ Unit: LimitUnit.Requests, Shadow: false } only] && only.Scope == own.Id
            ? new RateLimit(PlainScope(key.Id, only.Window), only.Limit, only.Window, only.Burst) : null;
    }

    // As it was named when rates of a minute were the only ones: the state of a running gateway goes on.
    private static string PlainScope(string id, TimeSpan window) => window == TimeSpan.FromMinutes(1)
        ? $"key:{id}:rpm" : string.Create(CultureInfo.InvariantCulture, $"key:{id}:requests/{(long)window.TotalSeconds}");

    private RuleSet RulesFor(ModelTarget? target) => Collect((owner, rules) => owner.Collect(rules, target));

    private RuleSet Collect(Action<OwnerScope, List<LimitRule>> collect)
    {
        List<LimitRule> rules = [];
        Array.ForEach(_owners, owner => collect(owner, rules));
        return rules.Count == 0 ? RuleSet.Empty : new RuleSet(rules);
    }
}
