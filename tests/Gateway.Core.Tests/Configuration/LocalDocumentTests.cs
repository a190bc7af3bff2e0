using Gateway.Core.Configuration;

namespace Gateway.Core.Tests.Configuration;

public sealed class LocalDocumentTests
{
    [Fact]
    public void LocalDocument_WithWhatTheHostSets_Loads()
    {
        var config = Documents.Good(Text, Environment);

        Assert.Equal("http://localhost:5001/v1", config.Providers["simulator"].BaseUrl.AbsoluteUri);
        Assert.Equal("demo", Assert.Single(config.Keys).Id);
        Assert.Equal("gpt-4o-mini", config.Aliases["fast"]);
    }

    [Fact]
    public void LocalDocument_WithItsSampleOfBudgetsSwitchedOn_Loads()
    {
        var team = Documents.Good(Text.Replace("\n#", "\n", StringComparison.Ordinal).Replace("\n Who", "\n# Who", StringComparison.Ordinal).Replace("\n docs/", "\n# docs/", StringComparison.Ordinal), Environment).Teams["local"];

        Assert.Equal([(5_000_000_000, BudgetWindow.Day, true, "fast"), (50_000_000_000, BudgetWindow.Month, false, null)],
            team.Budgets.Select(static budget => (budget.LimitNanoUsd, budget.Window, budget.Hard, budget.FallbackModel)));
        Assert.Equal(64, team.Limits.Concurrency);
        Assert.Equal(500, team.Limits.Models[0].Value.Rates[0].Limit);
    }

    private static readonly (string, string)[] Environment = [("GATEWAY_ADMIN_KEY", "gw-admin"), ("GATEWAY_DEMO_KEY", "gw-demo-key"), ("SIMULATOR_URL", "http://localhost:5001")];

    private static string Text => File.ReadAllText(RepositoryFiles.PathOf("Gateway.AppHost", "gateway.yaml"));
}
