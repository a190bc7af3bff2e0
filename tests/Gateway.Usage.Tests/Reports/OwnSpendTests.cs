using Gateway.Core.Context;

namespace Gateway.Usage.Tests.Reports;

/// <summary>What one key has spent, for its holder.</summary>
public sealed class OwnSpendTests
{
    private const string Path = "/internal/usage/spend";

    [Fact]
    public async Task Spend_is_that_of_the_key_in_the_signed_context_by_day()
    {
        await using var usage = await HostAsync();
        var (status, body) = await usage.GetAsync(Path + "?days=3", ContextRole.Client, key: "mine");

        Assert.Equal(200, status);
        Assert.Equal([(Day(-1), 1), (Day(0), 2)], body.GetProperty("days").EnumerateArray().Select(static day => (day.GetProperty("day").GetString(), day.GetProperty("requests").GetInt32())));
        Assert.Equal(("0.00153", 3), (body.GetProperty("total").GetProperty("cost_usd").GetString(), body.GetProperty("total").GetProperty("requests").GetInt32()));
    }

    [Theory]
    [InlineData("", 4)]
    [InlineData("?days=1", 2)]
    [InlineData("?days=2", 3)]
    [InlineData("?days=90", 5)]
    public async Task Days_are_counted_from_today_in_utc(string query, int requests)
    {
        await using var usage = await HostAsync();
        var (_, body) = await usage.GetAsync(Path + query, ContextRole.Client, key: "mine");

        Assert.Equal(requests, body.GetProperty("total").GetProperty("requests").GetInt32());
    }

    [Theory]
    [InlineData("?days=0", "days")]
    [InlineData("?days=91", "days")]
    [InlineData("?key=other", "key")]
    public async Task Whose_spend_it_is_cannot_be_asked_for(string query, string parameter)
    {
        await using var usage = await HostAsync();
        var (status, body) = await usage.GetAsync(Path + query, ContextRole.Client, key: "mine");

        Assert.Equal((400, parameter), (status, body.GetProperty("error").GetProperty("param").GetString()));
    }

    [Fact]
    public async Task A_context_without_a_key_or_of_another_role_is_refused()
    {
        await using var usage = await HostAsync();

        Assert.Equal(401, (await usage.GetAsync(Path, role: null)).Status);
        Assert.Equal(401, (await usage.GetAsync(Path, ContextRole.Admin, key: "mine")).Status);
        Assert.Equal(401, (await usage.GetAsync(Path, ContextRole.Client)).Status);
    }

    private static async Task<UsageHost> HostAsync()
    {
        var usage = await UsageHost.StartAsync();
        var journal = new FakeJournal();
        foreach (var (key, days) in ((string, int)[])[("mine", 0), ("mine", 0), ("mine", -1), ("mine", -20), ("mine", -60), ("other", 0)])
        {
            journal.Add(FakeJournal.Final(key: key, time: DateTimeOffset.Parse(Day(days) + "T00:00:00Z", System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeMilliseconds()));
        }

        await usage.PostAsync(journal.All());
        return usage;
    }

    private static string Day(int days) => DateTime.UtcNow.AddDays(days).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
}
