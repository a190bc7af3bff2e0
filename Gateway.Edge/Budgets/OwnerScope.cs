using System.Globalization;
using Gateway.Core.Admission.Shared;
using Gateway.Core.Catalog;
using Gateway.Core.Configuration;
using Gateway.Core.Requests;

namespace Gateway.Edge.Budgets;

/// <summary>One owner whose limits and budgets a request counts for: its rules are made once, when the configuration is loaded. Immutable.</summary>
internal sealed class OwnerScope
{
    public const string Key = "key";
    public const string User = "user";
    public const string Team = "team";
    public const string Organisation = "org";

    /// <summary>Its name is a digest: what clients send as end user stays out of the shared state.</summary>
    public const string EndUser = "end";

    private readonly LimitRule[] _general;
    private readonly (string Pattern, LimitRule[] Rules)[] _byModel;

    /// <param name="kind">One of the constants.</param>
    /// <param name="limits">Made into rules whose names are the same on every Edge.</param>
    public OwnerScope(string kind, string name, ClientLimits limits, IReadOnlyList<BudgetConfig> budgets)
    {
        Id = $"{kind}:{name}";
        Budgets = budgets;
        _general = [.. Make(Id, limits, limits.Shadow, "")];
        _byModel = limits.Models.Count == 0 ? [] : [.. limits.Models.Select(model => (model.Key, Make(Id, model.Value, limits.Shadow || model.Value.Shadow, ":" + model.Key).ToArray()))];
    }

    /// <summary><c>key:demo</c>: names all its state within the organisation.</summary>
    public string Id { get; }

    public IReadOnlyList<BudgetConfig> Budgets { get; }

    public bool IsEmpty => _general.Length == 0 && _byModel.Length == 0 && Budgets.Count == 0;

    public bool HasModelRules => _byModel.Length > 0;

    /// <summary>Whether how long a request is matters to any of it.</summary>
    public bool NeedsSize => Budgets.Count > 0 || Array.Exists(_general, static rule => rule.Unit == LimitUnit.Tokens)
        || Array.Exists(_byModel, static model => Array.Exists(model.Rules, static rule => rule.Unit == LimitUnit.Tokens));

    /// <summary>The rules that hold for calls of a model.</summary>
    /// <param name="target">Null for calls without one: then those for all models.</param>
    public void Collect(List<LimitRule> rules, ModelTarget? target)
    {
        rules.AddRange(_general);
        foreach (var (pattern, ofModel) in _byModel)
        {
            if (target is not null && Matches(pattern, target))
            {
                rules.AddRange(ofModel);
            }
        }
    }

    public void CollectAll(List<LimitRule> rules)
    {
        rules.AddRange(_general);
        foreach (var (_, ofModel) in _byModel)
        {
            rules.AddRange(ofModel);
        }
    }

    // Whatever way the model was asked for: no alias and no provider/model leads round a limit.
    private static bool Matches(string pattern, ModelTarget target) =>
        NamePattern.Matches(pattern, target.Target) || NamePattern.Matches(pattern, target.Name) || (target.UpstreamModel.Length > 0 && NamePattern.Matches(pattern, target.UpstreamModel));

    private static IEnumerable<LimitRule> Make(string scope, ClientLimits limits, bool shadow, string ofModel)
    {
        foreach (var rate in limits.Rates)
        {
            var unit = rate.Unit == RateUnit.Tokens ? LimitUnit.Tokens : LimitUnit.Requests;
            yield return new LimitRule(scope, Name(unit == LimitUnit.Tokens ? "tokens" : "requests", rate.Window, ofModel), unit, rate.Limit, rate.Window, rate.Burst, shadow);
        }

        if (limits.Concurrency is { } concurrency)
        {
            yield return new LimitRule(scope, "concurrency" + ofModel, LimitUnit.Concurrency, concurrency, TimeSpan.Zero, concurrency, shadow);
        }

        foreach (var sessions in limits.Sessions)
        {
            yield return new LimitRule(scope, Name("sessions", sessions.Window, ofModel), LimitUnit.Sessions, sessions.Limit, sessions.Window, sessions.Limit, shadow);
        }
    }

    private static string Name(string unit, TimeSpan window, string ofModel) => string.Create(CultureInfo.InvariantCulture, $"{unit}/{(long)window.TotalSeconds}{ofModel}");
}
