using System.Text.Json;
using Gateway.Core.Admission.Shared;
using Gateway.Core.Context;
using Gateway.Usage.Budgets;

namespace Gateway.Usage.Tests.Budgets;

public sealed class BudgetEndpointTests
{
    [Fact]
    public async Task An_edge_learns_what_was_spent_and_which_requests_are_over()
    {
        await using var usage = await UsageHost.StartAsync();
        var (settled, open) = (Guid.NewGuid(), Guid.NewGuid());
        var final = FakeJournal.Final(settled);
        usage.Service<BudgetBook>().Add(final with { Intent = final.Intent with { Organisation = "acme", Budgets = [BudgetRig.Key] } });

        var (status, spent) = await AskAsync(
            usage, UsageContract.BudgetsPath, JsonSerializer.Serialize(new SpentQuery("acme", [BudgetRig.Team, BudgetRig.Key]), UsageContractJson.Default.SpentQuery));
        Assert.Equal((200, $$"""{"spent":[0,{{final.CostNanoUsd}}]}"""), (status, spent));

        (status, var over) = await AskAsync(usage, UsageContract.SettledPath, $$"""{"requests":["{{open}}","{{settled}}"]}""");
        Assert.Equal((200, $$"""{"settled":[{"id":"{{settled}}","cost_nano_usd":{{final.CostNanoUsd}},"tokens":140}]}"""), (status, over));
    }

    [Theory]
    [InlineData(UsageContract.BudgetsPath)]
    [InlineData(UsageContract.SettledPath)]
    public async Task Only_services_are_answered_and_only_sound_questions(string path)
    {
        await using var usage = await UsageHost.StartAsync();

        Assert.Equal(401, (await AskAsync(usage, path, "{}", ContextRole.Admin)).Status);
        Assert.Equal(401, (await AskAsync(usage, path, "{}", ContextRole.Client)).Status);
        foreach (var body in new[] { "", "null", "[]", "{}", "{\"organisation\":null,\"slots\":null,\"requests\":null}", "{\"organisation\":\"a\",\"slots\":[{}],\"requests\":[null]}", "\u0001" })
        {
            Assert.Equal(400, (await AskAsync(usage, path, body)).Status);
        }

        var many = string.Join(',', Enumerable.Repeat($"\"{Guid.NewGuid()}\"", 1025));
        Assert.Equal(400, (await AskAsync(usage, path, $$"""{"requests":[{{many}}]}""")).Status);
        var slots = string.Join(',', Enumerable.Repeat("{\"id\":\"x\",\"slot\":0}", 1025));
        Assert.Equal(400, (await AskAsync(usage, path, $$"""{"organisation":"a","slots":[{{slots}}]}""")).Status);
    }

    private static async Task<(int Status, string Body)> AskAsync(UsageHost usage, string path, string body, ContextRole role = ContextRole.Service)
    {
        using var response = await usage.AskAsync(path, body, role);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
