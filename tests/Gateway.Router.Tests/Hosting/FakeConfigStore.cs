using Gateway.Core.Configuration;

namespace Gateway.Router.Tests.Hosting;

internal sealed class FakeConfigStore(GatewayConfig config) : IConfigStore, IDisposable
{
    private readonly List<Action<ConfigSnapshot>> _builders = [];

    public ConfigSnapshot Current { get; private set; } = new(config, 1, "000000000000", "test");

    public string? Problem => null;

    public IDisposable OnChange(Action<ConfigSnapshot> build)
    {
        _builders.Add(build);
        build(Current);
        return this;
    }

    public void Change(GatewayConfig next)
    {
        Current = Current with { Config = next, Generation = Current.Generation + 1 };
        _builders.ForEach(build => build(Current));
    }

    public void Dispose() => _builders.Clear();
}
