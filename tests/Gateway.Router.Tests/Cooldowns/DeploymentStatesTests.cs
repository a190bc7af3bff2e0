using System.Collections.Frozen;
using Gateway.Core.Configuration;
using Gateway.Core.Tests.Journal;
using Gateway.Router.Catalog;
using Gateway.Router.Cooldowns;
using Gateway.Router.Pipeline;
using Gateway.Router.Protocols;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Cooldowns;

public sealed class DeploymentStatesTests : IDisposable
{
    private readonly JournalTime _time = new();
    private readonly FakeConfigStore _store = new(With("a", "b"));
    private readonly DeploymentStates _states;
    private readonly ModelCatalog _catalog;

    public DeploymentStatesTests()
    {
        var clock = new RouterClock(_time);
        _states = new DeploymentStates(clock, _store);
        _catalog = new ModelCatalog(_store, ProtocolAdapters.For, _states, new GroupStates(clock), _time);
    }

    [Fact]
    public void What_was_learned_lives_on_when_the_document_changes()
    {
        var before = StateOf("a");
        _store.Change(With("a", "b", "c"));
        Assert.Same(before, StateOf("a"));
    }

    [Fact]
    public void Other_keys_void_what_was_known_of_keys_and_nothing_else()
    {
        var before = StateOf("a");
        var config = With("a", "b");
        _store.Change(config with { Providers = Provider(TestConfig.Provider("http://127.0.0.1:9") with { Keys = [TestConfig.KeyOf("other")] }) });
        var after = StateOf("a");
        Assert.NotSame(before, after);
        Assert.Same(before.Breaker, after.Breaker);
        Assert.Same(before.Load, after.Load);
        Assert.Same(before.Endpoint, after.Endpoint);
        Assert.NotSame(before.Lanes[0], after.Lanes[0]);
    }

    [Fact]
    public void Another_address_voids_all()
    {
        var before = StateOf("a");
        _store.Change(With("a", "b") with { Providers = Provider(TestConfig.Provider("http://127.0.0.1:10")) });
        Assert.NotSame(before.Breaker, StateOf("a").Breaker);
        Assert.NotSame(before.Endpoint, StateOf("a").Endpoint);
    }

    [Fact]
    public void One_that_is_taken_back_soon_finds_its_state()
    {
        var before = StateOf("b");
        _store.Change(With("a"));
        _time.Advance(DeploymentStates.Kept - TimeSpan.FromSeconds(1));
        _store.Change(With("a", "b"));
        _time.Advance(DeploymentStates.Kept);
        Assert.Same(before, StateOf("b"));
        Assert.Same(before, _states.Find("up/b"));
    }

    [Fact]
    public void What_the_document_does_not_name_any_more_is_dropped()
    {
        _store.Change(With("a"));
        Assert.Equal(2, _states.Count);
        _time.Advance(DeploymentStates.Kept);
        Assert.Equal(1, _states.Count);
        Assert.Null(_states.Find("up/b"));
        Assert.NotNull(_states.Find("up/a"));
    }

    [Fact]
    public void A_provider_that_is_gone_is_dropped_with_all_it_had()
    {
        var config = With("a");
        _store.Change(config with
        {
            Providers = new Dictionary<string, ProviderConfig> { ["new"] = TestConfig.Provider("http://127.0.0.1:9", "new") }.ToFrozenDictionary(),
            Models = TestConfig.Group("group", new DeploymentConfig { Provider = "new", Model = "a" }),
        });
        Assert.NotNull(_states.EndpointOf("up"));
        _time.Advance(DeploymentStates.Kept);
        Assert.Null(_states.EndpointOf("up"));
        Assert.Equal(1, _states.Count);
    }

    [Fact]
    public void Deployments_that_clients_invent_are_not_kept()
    {
        for (var i = 0; i < 1000; i++)
        {
            Assert.NotNull(_catalog.Current.Resolve($"up/invented-{i}"));
        }

        Assert.Equal(2, _states.Count);
    }

    [Fact]
    public void Where_an_address_answers_again_all_behind_it_may_be_tried()
    {
        var clock = new RouterClock(_time);
        var (a, b) = (StateOf("a"), StateOf("b"));
        for (var i = 0; i < 10; i++)
        {
            (i % 2 == 0 ? a : b).Unreachable(1);
        }

        Fail(b, times: 6);
        var now = b.Breaker.OpenUntil - TimeSpan.TicksPerSecond;
        Assert.Equal((BreakerState.Open, BreakerState.HalfOpen), (b.Breaker.StateAt(now), a.Breaker.StateAt(now)));
        _time.Advance(TimeSpan.FromTicks(now - clock.Now));
        Assert.True(a.TryBeginProbe(now));
        a.Succeeded(now, began: now);
        Assert.Equal((BreakerState.HalfOpen, BreakerState.Closed), (b.Breaker.StateAt(now + 1), a.Breaker.StateAt(now + 1)));
    }

    private static void Fail(DeploymentState state, int times)
    {
        for (var i = 0; i < times; i++)
        {
            var now = state.Breaker.OpenUntil;
            Assert.True(state.Breaker.TryBeginProbe(now));
            state.Breaker.Failed(now, began: now);
        }
    }

    public void Dispose()
    {
        _catalog.Dispose();
        _states.Dispose();
        _store.Dispose();
    }

    private static GatewayConfig With(params string[] models) => TestConfig.For("http://127.0.0.1:9") with
    {
        Models = TestConfig.Group("group", [.. models.Select(static model => new DeploymentConfig { Provider = "up", Model = model })]),
    };

    private static FrozenDictionary<string, ProviderConfig> Provider(ProviderConfig provider) => new Dictionary<string, ProviderConfig> { [provider.Name] = provider }.ToFrozenDictionary();

    private DeploymentState StateOf(string model) => _catalog.Current.Resolve("group")!.Deployments.Single(deployment => deployment.Model == model).State;
}
