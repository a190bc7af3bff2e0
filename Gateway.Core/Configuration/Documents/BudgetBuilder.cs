namespace Gateway.Core.Configuration.Documents;

/// <summary>Makes the records of budgets. It takes nodes with errors too: rules ask it what a document would say.</summary>
internal static class BudgetBuilder
{
    /// <summary>Where the budgets of an owner stand, written as one or as a list.</summary>
    public static IEnumerable<ConfigNode> NodesOf(ConfigNode owner) =>
        owner.Member("budget") is { } budget ? owner.ItemsOf("budgets").Prepend(budget) : owner.ItemsOf("budgets");

    public static IReadOnlyList<BudgetConfig> Build(ConfigNode owner) => [.. NodesOf(owner).Select(Budget)];

    public static BudgetConfig Budget(ConfigNode node)
    {
        var raise = node.Member("raise");
        return new()
        {
            LimitNanoUsd = node.Get("usd", 0L),
            Window = node.Text("window") switch
            {
                "day" => BudgetWindow.Day,
                "week" => BudgetWindow.Week,
                "lifetime" => BudgetWindow.Lifetime,
                "rolling" => BudgetWindow.Rolling,
                _ => BudgetWindow.Month,
            },
            Length = node.Get("length", TimeSpan.Zero),
            TimeZone = node.Get("time_zone", TimeZoneInfo.Utc),
            Hard = node.Text("mode") != "soft",
            RaiseNanoUsd = raise?.Get("usd", 0L) ?? 0,
            RaiseUntil = raise?.Get<DateTimeOffset?>("until", null),
            Alerts = [.. node.ItemsOf("alerts").Select(static item => (int)(long)item.Value!)],
            Webhook = node.Get<Uri?>("webhook", null),
            FallbackModel = node.Text("fallback"),
        };
    }
}
