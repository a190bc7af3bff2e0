using System.Net.Http.Json;
using System.Text.Json;
using Gateway.Core.Configuration.Documents;
using Gateway.Edge.Tests.Rig;

namespace Gateway.Edge.Tests.VirtualKeys;

public sealed class ModelAccessTests(EdgeFixture rig) : IClassFixture<EdgeFixture>
{
    [Theory]
    [InlineData("gw-test-key", "gpt-4o")]
    [InlineData("gw-test-key", "openai/anything")]
    [InlineData("gw-test-key", "text-embedding-3")]
    [InlineData("gw-narrow-key", "gpt-4o-mini")]
    [InlineData("gw-narrow-key", "fast")]
    [InlineData("gw-alias-key", "fast")]
    [InlineData("gw-provider-key", "slow")]
    [InlineData("gw-provider-key", "direct")]
    [InlineData("gw-provider-key", "other/x")]
    public async Task Model_ThatTheKeyMayUse_IsForwarded(string key, string model)
    {
        using var response = await ChatAsync(key, model);

        Assert.Equal(200, (int)response.StatusCode);
        await rig.Router.NextAsync();
    }

    [Theory]
    [InlineData("gw-narrow-key", "gpt-4o")]
    [InlineData("gw-alias-key", "gpt-4o-mini")]
    [InlineData("gw-provider-key", "gpt-4o")]
    [InlineData("gw-provider-key", "openai/x")]
    [InlineData("gw-provider-key", "text-embedding-3")]
    public async Task Model_ThatTheKeyMayNotUse_Is403(string key, string model)
    {
        using var response = await ChatAsync(key, model);

        await EdgeServer.AssertErrorAsync(response, 403, "model_forbidden", "model");
        Assert.Equal(0, rig.Router.Waiting);
    }

    [Fact]
    public async Task UnknownModel_Is404_SuggestingOnlyWhatTheKeyMayUse()
    {
        using var wide = await ChatAsync("gw-test-key", "gpt-40");
        using var narrow = await ChatAsync("gw-narrow-key", "gpt-40");

        Assert.Contains("'gpt-4o'", await EdgeServer.AssertErrorAsync(wide, 404, "model_not_found", "model"), StringComparison.Ordinal);
        var advice = await EdgeServer.AssertErrorAsync(narrow, 404, "model_not_found", "model");
        Assert.Contains("'gpt-4o-mini'", advice, StringComparison.Ordinal);
        Assert.DoesNotContain("'gpt-4o'", advice, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gw-test-key", "direct,fast,gpt-4o,gpt-4o-mini,slow")]
    [InlineData("gw-narrow-key", "fast,gpt-4o-mini")]
    [InlineData("gw-alias-key", "fast")]
    [InlineData("gw-provider-key", "direct,slow")]
    public async Task ModelList_HoldsGroupsAndAliasesOfTheKey(string key, string expected)
    {
        using var client = rig.Edge.Client(key);

        var list = await client.GetFromJsonAsync<JsonElement>("/v1/models");

        Assert.Equal("list", list.GetProperty("object").GetString());
        Assert.Equal(expected, string.Join(',', list.GetProperty("data").EnumerateArray().Select(static model => model.GetProperty("id").GetString())));
        Assert.All(list.GetProperty("data").EnumerateArray(), static model =>
        {
            Assert.Equal("model", model.GetProperty("object").GetString());
            Assert.Equal(JsonValueKind.Number, model.GetProperty("created").ValueKind);
            Assert.NotEmpty(model.GetProperty("owned_by").GetString()!);
        });
    }

    [Theory]
    [InlineData("gpt-4o", 200, null)]
    [InlineData("openai/org/model", 200, null)]
    [InlineData("openai%2Fmodel", 200, null)]
    [InlineData("nothing", 404, "model_not_found")]
    public async Task Model_ById_MayHoldSlashes(string id, int status, string? code)
    {
        using var client = rig.Edge.Client();

        using var response = await client.GetAsync($"/v1/models/{id}");

        if (code is null)
        {
            Assert.Equal(status, (int)response.StatusCode);
            Assert.Equal(Uri.UnescapeDataString(id), (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString());
        }
        else
        {
            await EdgeServer.AssertErrorAsync(response, status, code, "model");
        }
    }

    [Fact]
    public async Task ModelList_WithoutKey_Is401()
    {
        using var client = rig.Edge.Client(key: null);

        using var list = await client.GetAsync("/v1/models");
        using var one = await client.GetAsync("/v1/models/gpt-4o");

        await EdgeServer.AssertErrorAsync(list, 401, "missing_api_key");
        await EdgeServer.AssertErrorAsync(one, 401, "missing_api_key");
    }

    [Theory]
    [InlineData("gpt-4o", "gpt-4o", 0)]
    [InlineData("GPT-4o", "gpt-4o", 0)]
    [InlineData("gpt-40", "gpt-4o", 1)]
    [InlineData("", "abc", 3)]
    [InlineData("kitten", "sitting", 3)]
    public void EditDistance_CountsEdits(string left, string right, int distance) => Assert.Equal(distance, Nearest.Distance(left, right));

    private async Task<HttpResponseMessage> ChatAsync(string key, string model)
    {
        using var client = rig.Edge.Client(key);
        using var content = EdgeServer.Json($$"""{"model":"{{model}}","messages":[{"role":"user","content":"hi"}]}""");
        return await client.PostAsync(EdgeServer.Chat, content);
    }
}
