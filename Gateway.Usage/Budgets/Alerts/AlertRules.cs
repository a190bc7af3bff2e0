using Gateway.Core.Configuration;

namespace Gateway.Usage.Budgets.Alerts;

/// <summary>The budgets of a document that have alerts, by whose they are. Immutable.</summary>
internal sealed class AlertRules
{
    private readonly Dictionary<string, BudgetConfig[]> _scopes = new(StringComparer.Ordinal);
    private readonly List<(string Prefix, BudgetConfig[] Budgets)> _kinds = [];

    public AlertRules(GatewayConfig config)
    {
        Each("key:", config.Keys, static key => key.Id, static key => key.Budgets);
        Each("user:", config.Users.Values, static user => user.Name, static user => user.Budgets);
        Each("team:", config.Teams.Values, static team => team.Name, static team => team.Budgets);
        Each("org:", config.Organisations.Values, static organisation => organisation.Name, static organisation => organisation.Budgets);

        // Those have a budget each, whoever they are.
        Kind("end:", config.EndUsers.Budgets);
        foreach (var issuer in config.JwtIssuers)
        {
            Kind($"key:jwt:{issuer.Name}:", issuer.Budgets);
        }
    }

    public bool IsEmpty => _scopes.Count == 0 && _kinds.Count == 0;

    /// <summary>Budgets with alerts of a scope, <c>key:demo</c>.</summary>
    public IReadOnlyList<BudgetConfig> Of(string scope)
    {
        if (_scopes.TryGetValue(scope, out var budgets))
        {
            return budgets;
        }

        foreach (var kind in _kinds)
        {
            if (scope.StartsWith(kind.Prefix, StringComparison.Ordinal))
            {
                return kind.Budgets;
            }
        }

        return [];
    }

    private static BudgetConfig[] WithAlerts(IReadOnlyList<BudgetConfig> budgets) => [.. budgets.Where(static budget => budget.Alerts.Count > 0)];

    private void Each<T>(string prefix, IEnumerable<T> owners, Func<T, string> name, Func<T, IReadOnlyList<BudgetConfig>> budgets)
    {
        foreach (var owner in owners)
        {
            if (WithAlerts(budgets(owner)) is { Length: > 0 } alerting)
            {
                _scopes[prefix + name(owner)] = alerting;
            }
        }
    }

    private void Kind(string prefix, IReadOnlyList<BudgetConfig> budgets)
    {
        if (WithAlerts(budgets) is { Length: > 0 } alerting)
        {
            _kinds.Add((prefix, alerting));
        }
    }
}
