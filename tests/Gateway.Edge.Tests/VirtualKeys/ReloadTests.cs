using Gateway.Edge.Tests.Rig;

namespace Gateway.Edge.Tests.VirtualKeys;

public sealed class ReloadTests
{
    [Fact]
    public async Task DocumentChanged_NewKeysAreKnown_AndOldOnesForgotten_WithoutARestart()
    {
        await using var router = await FakeService.StartAsync();
        await using var edge = await EdgeServer.StartAsync([router.Url]);

        await edge.ReconfigureAsync(EdgeServer.Config.Replace("secret: gw-test-key", "secret: gw-second-key", StringComparison.Ordinal));

        using var deadline = new CancellationTokenSource(EdgeServer.Patience);
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        HttpResponseMessage response;
        while ((int)(response = await ChatAsync(edge, "gw-second-key")).StatusCode != 200)
        {
            response.Dispose();
            await tick.WaitForNextTickAsync(deadline.Token);
        }

        Assert.Equal("2", response.Headers.GetValues("x-gateway-config").Single());
        response.Dispose();
        using var old = await ChatAsync(edge, EdgeServer.Key);
        await EdgeServer.AssertErrorAsync(old, 401, "invalid_api_key");
    }

    private static async Task<HttpResponseMessage> ChatAsync(EdgeServer edge, string key)
    {
        using var client = edge.Client(key);
        using var content = EdgeServer.Json(EdgeServer.ChatBody);
        return await client.PostAsync(EdgeServer.Chat, content);
    }
}
