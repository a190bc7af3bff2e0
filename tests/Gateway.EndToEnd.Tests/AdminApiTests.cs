using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Gateway.Edge.Tests.Rig;

namespace Gateway.EndToEnd.Tests;

/// <summary>What a whole gateway answers operators is what its description says.</summary>
[Collection(SharedRig.Name)]
public sealed class AdminApiTests(SharedRig shared)
{
    private const string Question = """{"key":"demo","request":{"model":"gpt-4o","max_tokens":9,"messages":[{"role":"user","content":"hello there"}]}}""";

    [Fact]
    public async Task Answers_of_all_services_are_as_described()
    {
        using var client = shared.Rig.Client();
        using var admin = shared.Rig.Admin();
        using var body = new StringContent("""{"model":"gpt-4o","messages":[{"role":"user","content":"hello there"}]}""", Encoding.UTF8, "application/json");
        using var response = await client.PostAsync("/v1/chat/completions", body);
        var id = response.Headers.GetValues("x-gateway-request-id").Single();
        await Ledger.WaitForAsync(admin, id);
        var api = ApiDescription.Parse(await admin.GetStringAsync("/admin/v1/openapi.json"));

        Assert.Empty(api.Differences("GET /admin/v1/usage", 200, await admin.GetFromJsonAsync<JsonElement>("/admin/v1/usage?group=model,tag&order=cost")));
        Assert.Empty(api.Differences("GET /admin/v1/requests", 200, await admin.GetFromJsonAsync<JsonElement>("/admin/v1/requests?limit=5")));
        Assert.Empty(api.Differences("GET /admin/v1/requests/{id}", 200, await admin.GetFromJsonAsync<JsonElement>("/admin/v1/requests/" + id)));
        Assert.Empty(api.Differences("GET /admin/v1/deployments", 200, await admin.GetFromJsonAsync<JsonElement>("/admin/v1/deployments")));
        Assert.Empty(api.Differences("GET /admin/v1/config", 200, await admin.GetFromJsonAsync<JsonElement>("/admin/v1/config")));
        foreach (var question in (string[])[Question, Question.Replace("gpt-4o", "nothing-of-this-name", StringComparison.Ordinal)])
        {
            using var asked = new StringContent(question, Encoding.UTF8, "application/json");
            using var explained = await admin.PostAsync("/admin/v1/explain", asked);
            Assert.Empty(api.Differences("POST /admin/v1/explain", (int)explained.StatusCode, await explained.Content.ReadFromJsonAsync<JsonElement>()));
        }
    }

    [Fact]
    public async Task Caller_hears_what_its_own_key_spent_and_nobody_elses()
    {
        using var client = shared.Rig.Client();
        using var admin = shared.Rig.Admin();
        using var body = new StringContent("""{"model":"gpt-4o","messages":[{"role":"user","content":"hello there"}]}""", Encoding.UTF8, "application/json");
        using var response = await client.PostAsync("/v1/chat/completions", body);
        await Ledger.WaitForAsync(admin, response.Headers.GetValues("x-gateway-request-id").Single());

        var me = await client.GetFromJsonAsync<JsonElement>("/v1/usage/me?days=2");
        var day = me.GetProperty("spend").GetProperty("days").EnumerateArray().Last();

        Assert.Equal(("demo", DateTime.UtcNow.Year), (me.GetProperty("key").GetString(), DateOnly.Parse(day.GetProperty("day").GetString()!, System.Globalization.CultureInfo.InvariantCulture).Year));
        Assert.True(day.GetProperty("requests").GetInt64() > 0);
    }

    [Fact]
    public async Task Requests_are_followed_and_exported_through_the_Edge()
    {
        using var client = shared.Rig.Client();
        using var admin = shared.Rig.Admin();
        using var following = await admin.GetAsync("/admin/v1/requests/stream?user=followed", HttpCompletionOption.ResponseHeadersRead);
        using var lines = new StreamReader(await following.Content.ReadAsStreamAsync());
        Assert.StartsWith(":", await lines.ReadLineAsync(), StringComparison.Ordinal);
        using var body = new StringContent("""{"model":"gpt-4o","messages":[{"role":"user","content":"hello there"}],"user":"followed"}""", Encoding.UTF8, "application/json");
        using var response = await client.PostAsync("/v1/chat/completions", body);

        string? line;
        do
        {
            line = await lines.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60));
            Assert.NotNull(line);
        }
        while (!line.StartsWith("data: ", StringComparison.Ordinal));
        Assert.Contains(response.Headers.GetValues("x-gateway-request-id").Single(), line, StringComparison.Ordinal);

        var csv = await admin.GetStringAsync("/admin/v1/requests?format=csv&user=followed");
        Assert.Equal(3, csv.Split("\r\n").Length);
        Assert.Contains(",followed,", csv, StringComparison.Ordinal);
    }
}
