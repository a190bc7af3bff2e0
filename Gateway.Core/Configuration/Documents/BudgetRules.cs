namespace Gateway.Core.Configuration.Documents;

/// <summary>Budgets: nothing in them that does nothing, and no two of an owner in one place.</summary>
internal static class BudgetRules
{
    /// <param name="owner">What has a member <c>budget</c> or <c>budgets</c>, or not.</param>
    public static void Check(ConfigNode owner, ModelNames names, ConfigErrors errors)
    {
        if (owner.Names.ContainsKey("budget") && owner.Names.TryGetValue("budgets", out var position))
        {
            errors.Add(position, DocumentRules.PathOf(owner, "budgets"), "write budget or budgets, not both");
        }

        var seen = new Dictionary<(BudgetWindow, TimeSpan, string), ConfigNode>();
        foreach (var node in BudgetBuilder.NodesOf(owner))
        {
            CheckWindow(node, errors);
            CheckAlerts(node, errors);
            CheckRaise(node, errors);
            if (node.Text("mode") == "soft")
            {
                DocumentRules.AddNoEffect(node, "fallback", "with mode: soft, which refuses nothing; remove it", errors);
            }

            if (node.Member("fallback") is { } fallback)
            {
                DocumentRules.CheckModel(fallback, names, errors);
            }

            var budget = BudgetBuilder.Budget(node);
            if (IsClear(node) && !seen.TryAdd((budget.Window, budget.Length, budget.TimeZone.Id), node))
            {
                errors.Add(node, $"the same window as {seen[(budget.Window, budget.Length, budget.TimeZone.Id)].Path}; write one budget for it");
            }
        }
    }

    // A member that could not be read has its own error already.
    private static bool IsClear(ConfigNode node) => Reads(node, "window") && Reads(node, "length") && Reads(node, "time_zone");

    private static bool Reads(ConfigNode node, string member) => node.Names.ContainsKey(member) == node.Members.ContainsKey(member);

    private static void CheckWindow(ConfigNode node, ConfigErrors errors)
    {
        if (!Reads(node, "window"))
        {
            return;
        }

        var window = node.Text("window");
        if (window != "rolling")
        {
            DocumentRules.AddNoEffect(node, "length", "without window: rolling; remove it", errors);
        }
        else if (!node.Names.ContainsKey("length"))
        {
            errors.Add(node.Position, $"{node.Path}.length", "is missing: window: rolling needs it");
        }

        if (window is "rolling" or "lifetime")
        {
            DocumentRules.AddNoEffect(node, "time_zone", $"with window: {window}; remove it", errors);
        }

        if (node.Member("length") is { Value: TimeSpan length } lengthNode && length.Ticks % TimeSpan.TicksPerSecond != 0)
        {
            errors.Add(lengthNode, "must be in whole seconds");
        }
    }

    private static void CheckAlerts(ConfigNode node, ConfigErrors errors)
    {
        var last = 0L;
        foreach (var alert in node.ItemsOf("alerts"))
        {
            var percent = (long)alert.Value!;
            if (percent <= last)
            {
                errors.Add(alert, "must be greater than the one before it");
            }

            last = percent;
        }

        if (!node.Names.ContainsKey("alerts") || node.Member("alerts") is { Items.Count: 0 })
        {
            DocumentRules.AddNoEffect(node, "webhook", "without alerts; write alerts: [50, 80, 100], or remove it", errors);
        }
    }

    private static void CheckRaise(ConfigNode node, ConfigErrors errors)
    {
        if (node.Member("raise")?.Member("usd") is { Value: long raise } raiseNode && raise + node.Get("usd", 0L) > BudgetConfig.MostNanoUsd)
        {
            errors.Add(raiseNode, $"is too much: a budget holds at most {Units.WriteUsd(BudgetConfig.MostNanoUsd)} USD, a raise included");
        }
    }
}
