namespace Gateway.EndToEnd.Tests;

/// <summary>One running gateway for all tests that do not break it.</summary>
public sealed class SharedRig : IAsyncLifetime
{
    public const string Name = "shared rig";

    public GatewayRig Rig { get; private set; } = null!;

    public async Task InitializeAsync() => Rig = await GatewayRig.StartAsync();

    public async Task DisposeAsync() => await Rig.DisposeAsync();
}

[CollectionDefinition(SharedRig.Name)]
public sealed class SharedRigCollection : ICollectionFixture<SharedRig>;
