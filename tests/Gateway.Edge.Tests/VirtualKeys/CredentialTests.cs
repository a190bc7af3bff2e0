using Gateway.Edge.Tests.Rig;

namespace Gateway.Edge.Tests.VirtualKeys;

public sealed class CredentialTests(EdgeFixture rig) : IClassFixture<EdgeFixture>
{
    [Theory]
    [InlineData("Authorization", "Bearer gw-test-key", "")]
    [InlineData("Authorization", "bearer gw-test-key", "")]
    [InlineData("x-api-key", "gw-test-key", "")]
    [InlineData("x-goog-api-key", "gw-test-key", "")]
    [InlineData("api-key", "gw-test-key", "")]
    [InlineData("accept", "application/json", "?key=gw-test-key")]
    public async Task Key_InAnyPlace_IsAccepted_AndNeverCrosses(string header, string value, string query)
    {
        using var client = rig.Edge.Client(key: null);
        using var request = EdgeServer.Post(EdgeServer.Chat + query, EdgeServer.ChatBody, (header, value));

        using var response = await client.SendAsync(request);
        var seen = await rig.Router.NextAsync();

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal(EdgeServer.Chat, seen.Target);
        Assert.DoesNotContain(seen.Headers, pair => pair.Value.Contains("gw-test-key", StringComparison.Ordinal));
    }

    [Fact]
    public async Task SameKeyTwice_IsAccepted()
    {
        using var client = rig.Edge.Client();
        using var request = EdgeServer.Post(EdgeServer.Chat, EdgeServer.ChatBody, ("x-api-key", EdgeServer.Key));

        using var response = await client.SendAsync(request);

        Assert.Equal(200, (int)response.StatusCode);
        await rig.Router.NextAsync();
    }

    [Theory]
    [InlineData("x-api-key", "")]
    [InlineData("api-key", "")]
    [InlineData("accept", "?key=other")]
    public async Task TwoDifferentKeys_Are400(string header, string query)
    {
        using var client = rig.Edge.Client();
        using var request = EdgeServer.Post(EdgeServer.Chat + query, EdgeServer.ChatBody, (header, "other"));

        using var response = await client.SendAsync(request);

        Assert.Contains("two different", await EdgeServer.AssertErrorAsync(response, 400, "invalid_request"), StringComparison.Ordinal);
        Assert.Equal(0, rig.Router.Waiting);
    }

    [Theory]
    [InlineData(null, "missing_api_key", "Authorization: Bearer")]
    [InlineData("wrong", "invalid_api_key", "not one of this gateway's")]
    [InlineData("gw-test-ke", "invalid_api_key", "not one of this gateway's")]
    [InlineData("gw-test-key2", "invalid_api_key", "not one of this gateway's")]
    [InlineData("GW-TEST-KEY", "invalid_api_key", "not one of this gateway's")]
    [InlineData("gw-expired-key", "expired_api_key", "expired")]
    public async Task Key_ThatIsNotGood_Is401_WithoutEchoingIt(string? key, string code, string advice)
    {
        using var client = rig.Edge.Client(key);
        using var content = EdgeServer.Json(EdgeServer.ChatBody);

        using var response = await client.PostAsync(EdgeServer.Chat, content);
        var message = await EdgeServer.AssertErrorAsync(response, 401, code);

        Assert.Contains(advice, message, StringComparison.Ordinal);
        Assert.True(key is null || !message.Contains(key, StringComparison.Ordinal));
        Assert.Equal(0, rig.Router.Waiting);
    }

    [Fact]
    public async Task Key_LongerThanAnyCanBe_Is401()
    {
        using var client = rig.Edge.Client(new string('k', 8000));
        using var content = EdgeServer.Json(EdgeServer.ChatBody);

        using var response = await client.PostAsync(EdgeServer.Chat, content);

        await EdgeServer.AssertErrorAsync(response, 401, "invalid_api_key");
    }

    [Fact]
    public async Task OtherScheme_IsNoKey()
    {
        using var client = rig.Edge.Client(key: null);
        using var request = EdgeServer.Post(EdgeServer.Chat, EdgeServer.ChatBody, ("Authorization", "Basic Z3ctdGVzdC1rZXk="));

        using var response = await client.SendAsync(request);

        await EdgeServer.AssertErrorAsync(response, 401, "missing_api_key");
    }
}
