using Gateway.Core.Configuration;

namespace Gateway.Router.Tests.Hosting;

internal sealed class FakeConfigStore(GatewayConfig config) : IConfigStore, IDisposable
{
    private readonly List<Action<ConfigSnapshot>> _builders = [];

    public ConfigSnapshot Current { get; private set; } = new(config, 1, "000000000000", "test");

    public string? Problem => null;

    public IDisposable OnChange(Action<ConfigSnapshot> build)
    {
        // As the true one: services come in the background, and calls are never at the same time.
        lock (_builders)
        {
            _builders.Add(build);
            build(Current);
        }

        return this;
    }

    public void Change(GatewayConfig next)
    {
        lock (_builders)
        {
            Current = Current with { Config = next, Generation = Current.Generation + 1 };
            _builders.ForEach(build => build(Current));
        }
    }

    public void Dispose()
    {
        lock (_builders)
        {
            _builders.Clear();
        }
    }
}
