using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Xunit.Abstractions;

namespace Gateway.EndToEnd.Tests.Budgets;

/// <summary>How a scenario about money must end.</summary>
internal static class BudgetEnd
{
    /// <summary>I4 and I1: in the end nothing is held, and what is spent is what the ledger has, and within the limit.</summary>
    /// <returns>What was spent in nano-USD.</returns>
    public static async Task<long> SettledAsync(GatewayRig rig, BudgetClient client, string key, string scope, TimeSpan within, long limit, ITestOutputHelper output)
    {
        using var admin = rig.Admin();
        BudgetView budget = default;
        long ledger = -1;
        await UntilAsync(
            async () =>
            {
                budget = (await client.BudgetsAsync(key)).Single(budget => budget.Scope == scope);
                ledger = await LedgerAsync(admin, scope);
                return budget.Held == 0 && budget.Spent == ledger;
            },
            within, "nothing is held and the ledger agrees", () => $"spent {budget.Spent}, held {budget.Held}, ledger {ledger}");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{scope}: spent {budget.Spent / 1e9:0.000000000} USD of {budget.Limit / 1e9:0.##}, held {budget.Held}, the ledger has the same"));
        Assert.True(budget.Spent <= limit, $"{budget.Spent} spent of {limit}.");
        return budget.Spent!.Value;
    }

    public static async Task UntilAsync(Func<Task<bool>> holds, TimeSpan within, string what, Func<string>? describe = null)
    {
        using var limit = new CancellationTokenSource(within);
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        try
        {
            while (!await holds())
            {
                await tick.WaitForNextTickAsync(limit.Token);
            }
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"Not within {within.TotalSeconds:0} s: {what}. {describe?.Invoke()}");
        }
    }

    private static async Task<long> LedgerAsync(HttpClient admin, string scope)
    {
        var colon = scope.IndexOf(':', StringComparison.Ordinal);
        var (kind, name) = (scope[..colon], scope[(colon + 1)..]);
        var report = await admin.GetFromJsonAsync<JsonElement>($"/admin/v1/usage?group={kind}");
        return report.GetProperty("groups").EnumerateArray().Where(group => group.GetProperty(kind).GetString() == name).Sum(static group => group.GetProperty("cost_nano_usd").GetInt64());
    }
}
