using Gateway.Core.Context;
using Gateway.Edge.Tests.Rig;

namespace Gateway.Edge.Tests.Admin;

public sealed class AdminTests(EdgeFixture rig) : IClassFixture<EdgeFixture>
{
    [Theory]
    [InlineData("/admin/v1/usage?group=key,model&from=2026-01-01")]
    [InlineData("/admin/v1/requests?limit=5&cursor=a%2Bb")]
    public async Task Report_WithTheAdminKey_ComesFromUsage(string target)
    {
        rig.Usage.Answer = static context => Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(context.Response, """{"groups":[]}""");
        using var client = rig.Edge.Client(EdgeServer.AdminKey);

        using var response = await client.GetAsync(target);
        var seen = await rig.Usage.NextAsync();

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal("""{"groups":[]}""", await response.Content.ReadAsStringAsync());
        Assert.Equal(target, seen.Target);
        Assert.DoesNotContain(seen.Headers, static pair => pair.Value.Contains(EdgeServer.AdminKey, StringComparison.Ordinal));
        var claims = EdgeServer.Tokens().Verify(seen.Headers["x-gateway-context"], ContextAudience.Usage, target.Split('?')[0]);
        Assert.Equal(ContextRole.Admin, claims?.Role);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("wrong")]
    [InlineData(EdgeServer.Key)]
    public async Task Report_WithoutTheAdminKey_Is401(string? key)
    {
        using var client = rig.Edge.Client(key);

        using var response = await client.GetAsync("/admin/v1/usage");

        Assert.Contains("server.admin_key", await EdgeServer.AssertErrorAsync(response, 401, "admin_key_required"), StringComparison.Ordinal);
        Assert.Equal(0, rig.Usage.Waiting);
    }

    [Fact]
    public async Task AdminKey_IsNoVirtualKey()
    {
        using var client = rig.Edge.Client(EdgeServer.AdminKey);
        using var content = EdgeServer.Json(EdgeServer.ChatBody);

        using var response = await client.PostAsync(EdgeServer.Chat, content);

        await EdgeServer.AssertErrorAsync(response, 401, "invalid_api_key");
    }

    [Theory]
    [InlineData("/admin/v1/..%2f..%2finternal/usage/batches")]
    [InlineData("/admin/v1/%2e%2e%5cinternal")]
    [InlineData("/admin/v1//internal")]
    [InlineData("/admin/v1/usage%5cinternal")]
    [InlineData("/admin/v1/usage%2finternal")]
    public async Task Report_ByATrickPath_Is404(string path)
    {
        using var client = rig.Edge.Client(EdgeServer.AdminKey);

        using var response = await client.GetAsync(path);

        await EdgeServer.AssertErrorAsync(response, 404, "unknown_endpoint");
        Assert.Equal(0, rig.Usage.Waiting);
    }

    [Fact]
    public async Task AdminKeyNotSet_Is404_SayingSo()
    {
        await using var edge = await EdgeServer.StartAsync([rig.Router.Url], config: EdgeServer.Config.Replace("admin_key: gw-test-admin-key, ", "", StringComparison.Ordinal));
        using var client = edge.Client(EdgeServer.AdminKey);

        using var response = await client.GetAsync("/admin/v1/usage");

        Assert.Contains("server.admin_key is not set", await EdgeServer.AssertErrorAsync(response, 404, "unknown_endpoint"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task UsageAway_Is503()
    {
        await using var edge = await EdgeServer.StartAsync([rig.Router.Url], new() { ["Services:usage:http:0"] = "http://127.0.0.1:9" });
        using var client = edge.Client(EdgeServer.AdminKey);

        using var response = await client.GetAsync("/admin/v1/usage");

        Assert.Contains("usage", await EdgeServer.AssertErrorAsync(response, 503, "service_unavailable"), StringComparison.Ordinal);
    }
}
