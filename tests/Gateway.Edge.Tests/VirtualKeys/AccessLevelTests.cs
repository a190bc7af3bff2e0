using System.Collections.Frozen;
using System.Net.Http.Json;
using System.Text.Json;
using Gateway.Core.Configuration;
using Gateway.Core.Context;
using Gateway.Edge.Tests.Rig;

namespace Gateway.Edge.Tests.VirtualKeys;

/// <summary>Who may use which model group: gpt-4o-mini is public, slow is internal, gpt-4o private.</summary>
public sealed class AccessLevelTests : IAsyncLifetime
{
    private FakeService _router = null!;
    private EdgeServer _edge = null!;

    public async Task InitializeAsync()
    {
        _router = await FakeService.StartAsync();
        _edge = await EdgeServer.StartAsync([_router.Url], store: new HeldConfigStore(static config => config with
        {
            Models = config.Models.Values.Select(static group => group with
            {
                Access = group.Name switch { "gpt-4o-mini" => AccessLevel.Public, "slow" => AccessLevel.Internal, _ => AccessLevel.Private },
            }).ToFrozenDictionary(static group => group.Name),
            Teams = new Dictionary<string, TeamConfig> { ["research"] = new() { Name = "research", Weight = 7 } }.ToFrozenDictionary(),
            Keys =
            [
                .. config.Keys,
                new VirtualKeyConfig { Id = "teamless", Secret = "gw-teamless", Models = ["*"], Weight = 3, MaySteer = false, Priority = RequestPriority.Batch },
                new VirtualKeyConfig
                {
                    Id = "tagged", Secret = "gw-tagged", Team = "research", Models = ["*"], Weight = 3, Priority = RequestPriority.Interactive,
                    Requires = new Dictionary<string, string> { ["retention"] = "none", ["region"] = "eu" }.ToFrozenDictionary(),
                },
            ],
        }));
    }

    public async Task DisposeAsync()
    {
        await _edge.DisposeAsync();
        await _router.DisposeAsync();
    }

    [Theory]
    [InlineData(null, "gpt-4o-mini")]
    [InlineData(null, "fast")]
    [InlineData("gw-alias-key", "gpt-4o-mini")]
    [InlineData("gw-alias-key", "slow")]
    [InlineData("gw-test-key", "gpt-4o")]
    public async Task Model_is_open_to_those_whom_its_access_names(string? key, string model)
    {
        using var response = await ChatAsync(key, model);

        Assert.True(200 == (int)response.StatusCode, await response.Content.ReadAsStringAsync());
        await _router.NextAsync();
    }

    [Theory]
    [InlineData(null, "slow", 401, "missing_api_key")]
    [InlineData(null, "gpt-4o", 401, "missing_api_key")]
    [InlineData(null, "openai/gpt-4o-mini", 401, "missing_api_key")]
    [InlineData(null, "unknown", 401, "missing_api_key")]
    [InlineData("wrong", "gpt-4o-mini", 401, "invalid_api_key")]
    [InlineData("gw-expired-key", "gpt-4o-mini", 401, "expired_api_key")]
    [InlineData("gw-alias-key", "gpt-4o", 403, "model_forbidden")]
    [InlineData("gw-provider-key", "gpt-4o-mini", 403, "model_forbidden")]
    public async Task Model_is_closed_to_all_others(string? key, string model, int status, string code)
    {
        using var response = await ChatAsync(key, model);

        await EdgeServer.AssertErrorAsync(response, status, code, status == 401 ? null : "model");
        Assert.Equal(0, _router.Waiting);
    }

    [Fact]
    public async Task A_caller_without_a_key_is_nobody_of_no_team_with_no_patterns()
    {
        using var response = await ChatAsync(null, "gpt-4o-mini");
        var claims = await ClaimsAsync();

        Assert.Equal(("public", "", false), (claims.KeyId, claims.Team, claims.MaySteer));
        Assert.Empty(claims.AllowedModels);
        Assert.Equal(["*"], claims.AllowedProviders);
    }

    [Theory]
    [InlineData(null, "fast,gpt-4o-mini")]
    [InlineData("gw-alias-key", "fast,gpt-4o-mini,slow")]
    public async Task Lists_hold_what_is_open(string? key, string expected)
    {
        using var client = _edge.Client(key);

        var list = await client.GetFromJsonAsync<JsonElement>("/v1/models");
        var tags = await client.GetFromJsonAsync<JsonElement>("/api/tags");

        Assert.Equal(expected, string.Join(',', list.GetProperty("data").EnumerateArray().Select(static model => model.GetProperty("id").GetString())));
        Assert.Equal(expected.Split(',').Length, tags.GetProperty("models").GetArrayLength());
    }

    [Theory]
    [InlineData("/v1/models/gpt-4o-mini", 200)]
    [InlineData("/v1beta/models/gpt-4o-mini", 200)]
    [InlineData("/v1/models/slow", 401)]
    [InlineData("/v1/models/unknown", 401)]
    [InlineData("/v1/files", 401)]
    [InlineData("/v1/responses/resp_1", 401)]
    public async Task Without_a_key_only_public_models_are_shown(string path, int status)
    {
        using var client = _edge.Client(key: null);

        using var response = await client.GetAsync(path);

        Assert.Equal(status, (int)response.StatusCode);
    }

    [Fact]
    public async Task Moderation_has_no_model_and_wants_a_key()
    {
        using var client = _edge.Client(key: null);
        using var content = EdgeServer.Json("""{"input":"x"}""");

        using var response = await client.PostAsync("/v1/moderations", content);

        await EdgeServer.AssertErrorAsync(response, 401, "missing_api_key");
    }

    [Theory]
    [InlineData("gw-test-key", RequestPriority.Default, 7, "", true)]
    [InlineData("gw-teamless", RequestPriority.Batch, 3, "", false)]
    [InlineData("gw-tagged", RequestPriority.Interactive, 7, "region=eu,retention=none", true)]
    public async Task Claims_say_how_the_key_is_served(string key, RequestPriority priority, int weight, string tags, bool maySteer)
    {
        using var response = await ChatAsync(key, "gpt-4o");
        var claims = await ClaimsAsync();

        Assert.Equal((priority, weight, tags, maySteer), (claims.Priority, claims.Weight, string.Join(',', claims.RequiredTags), claims.MaySteer));
    }

    private async Task<ContextClaims> ClaimsAsync() =>
        EdgeServer.Tokens().Verify((await _router.NextAsync()).Headers["x-gateway-context"], ContextAudience.Router, EdgeServer.Chat)!;

    private async Task<HttpResponseMessage> ChatAsync(string? key, string model)
    {
        using var client = _edge.Client(key);
        using var content = EdgeServer.Json($$"""{"model":"{{model}}","messages":[{"role":"user","content":"hi"}]}""");
        return await client.PostAsync(EdgeServer.Chat, content);
    }
}
