namespace Gateway.Edge.Tests.Rig;

/// <summary>One Edge and its fake inner services for all tests of a class that change nothing in it.</summary>
public sealed class EdgeFixture : IAsyncLifetime
{
    internal FakeService Router { get; private set; } = null!;

    internal FakeService Usage { get; private set; } = null!;

    internal FakeService Moderation { get; private set; } = null!;

    internal EdgeServer Edge { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Router = await FakeService.StartAsync();
        Usage = await FakeService.StartAsync();
        Moderation = await FakeService.StartAsync();
        Edge = await EdgeServer.StartAsync([Router.Url], new()
        {
            ["Services:usage:http:0"] = Usage.Url.ToString(),
            ["Services:moderation:http:0"] = Moderation.Url.ToString(),
        });
    }

    public async Task DisposeAsync()
    {
        await Edge.DisposeAsync();
        await Router.DisposeAsync();
        await Usage.DisposeAsync();
        await Moderation.DisposeAsync();
    }
}
