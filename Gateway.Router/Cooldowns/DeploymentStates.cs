using Gateway.Core.Configuration;
using Gateway.Router.Credentials;
using Gateway.Router.Pipeline;

namespace Gateway.Router.Cooldowns;

/// <summary>
/// The states of all deployments, kept while documents come and go: what a document does not name any more is dropped some minutes later, so that
/// one that is taken back finds them. Thread-safe by a lock; requests do not come here.
/// </summary>
internal sealed class DeploymentStates : IDisposable, ICooldownObserver
{
    /// <summary>How long what the document does not name is kept.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromMinutes(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, EndpointState> _endpoints = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Uri> _addresses = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (DeploymentState State, CredentialPool Pool)> _states = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _unnamedSince = new(StringComparer.Ordinal);
    private readonly RouterClock _clock;
    private readonly ICooldownObserver? _observer;
    private readonly IDisposable? _subscription;
    private readonly ITimer? _timer;
    private GatewayConfig? _config;

    /// <param name="clock">Null only where nothing is ever dropped.</param>
    /// <param name="store">Whose documents say what is kept; null to keep all.</param>
    /// <param name="observer">Hears of each change of each breaker.</param>
    public DeploymentStates(RouterClock? clock = null, IConfigStore? store = null, ICooldownObserver? observer = null)
    {
        _clock = clock ?? new RouterClock(TimeProvider.System);
        _observer = observer;
        if (store is not null)
        {
            _timer = _clock.Time.CreateTimer(static states => ((DeploymentStates)states!).Purge(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _subscription = store.OnChange(snapshot => Follow(snapshot.Config));
        }
    }

    /// <summary>How many are kept.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _states.Count;
            }
        }
    }

    /// <param name="isConfigured">False for a deployment that only a client named: its state is not kept.</param>
    public DeploymentState Of(string provider, string model, CredentialPool pool, bool isConfigured)
    {
        var id = $"{provider}/{model}";
        lock (_lock)
        {
            var endpoint = EndpointOf_NeedsLock(provider);
            if (!isConfigured)
            {
                return Create(id, endpoint, pool, isNamed: false);
            }

            if (!_states.TryGetValue(id, out var kept))
            {
                kept = (Create(id, endpoint, pool, isNamed: true), pool);
                _states.Add(id, kept);
            }
            else if (kept.Pool != pool)
            {
                // Other keys: what was known of the deployment stays, and of those keys that stay.
                kept = (new DeploymentState(kept.State, pool.NewLanes(id)), pool);
                _states[id] = kept;
            }

            return kept.State;
        }
    }

    /// <summary>The state of a provider's address; null when no deployment of it was ever asked for.</summary>
    public EndpointState? EndpointOf(string provider)
    {
        lock (_lock)
        {
            return _endpoints.GetValueOrDefault(provider);
        }
    }

    /// <summary>The kept state of <c>provider/model</c>; null when there is none.</summary>
    public DeploymentState? Find(string id)
    {
        lock (_lock)
        {
            return _states.TryGetValue(id, out var kept) ? kept.State : null;
        }
    }

    /// <summary>Lets all deployments of a provider that are open be tried now.</summary>
    public void TryEarly(string provider)
    {
        DeploymentState[] states;
        lock (_lock)
        {
            states = [.. _states.Values.Where(kept => kept.State.Endpoint.Provider == provider).Select(static kept => kept.State)];
        }

        // Not under the lock: whoever hears of it may ask us.
        foreach (var state in states)
        {
            state.Breaker.TryEarly(_clock.Now);
        }
    }

    public void Dispose()
    {
        _subscription?.Dispose();
        _timer?.Dispose();
    }

    private EndpointState EndpointOf_NeedsLock(string provider)
    {
        if (!_endpoints.TryGetValue(provider, out var endpoint))
        {
            endpoint = new EndpointState(provider, NewBreaker(CooldownSubject.Endpoint, provider, isNamed: true));
            _endpoints.Add(provider, endpoint);
        }

        return endpoint;
    }

    private DeploymentState Create(string id, EndpointState endpoint, CredentialPool pool, bool isNamed) =>
        new(id, endpoint, pool.NewLanes(isNamed ? id : null), NewBreaker(CooldownSubject.Deployment, id, isNamed));

    // The hash of a string is another one in each process, which is what the jitter wants.
    private Breaker NewBreaker(CooldownSubject subject, string id, bool isNamed) =>
        new((ulong)id.GetHashCode(StringComparison.Ordinal), new CooldownWatch(this, subject, id, isNamed));

    /// <summary>Where an address answers again, what failed for its silence need not wait for the end of its own time.</summary>
    void ICooldownObserver.Changed(CooldownSubject subject, string id, bool isNamed, in BreakerEvent change)
    {
        _observer?.Changed(subject, id, isNamed, in change);
        if (subject == CooldownSubject.Endpoint && change.State == BreakerState.Closed)
        {
            TryEarly(id);
        }
    }

    private void Follow(GatewayConfig config)
    {
        lock (_lock)
        {
            _config = config;
            foreach (var provider in config.Providers.Values)
            {
                if (_addresses.TryGetValue(provider.Name, out var address) && address != provider.BaseUrl)
                {
                    // Another address: all that was known is of the old one.
                    Forget_NeedsLock(provider.Name);
                }

                _addresses[provider.Name] = provider.BaseUrl;
            }

            NoteUnnamed_NeedsLock(config);
        }
    }

    private void NoteUnnamed_NeedsLock(GatewayConfig config)
    {
        var named = config.Models.Values.SelectMany(static group => group.Deployments).Select(static deployment => deployment.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var (id, kept) in _states)
        {
            // What is asked of a provider without a model, its files, is named with the provider.
            if (named.Contains(id) || (config.Providers.ContainsKey(kept.State.Endpoint.Provider) && id.EndsWith("/files", StringComparison.Ordinal)))
            {
                _unnamedSince.Remove(id);
            }
            else
            {
                _unnamedSince.TryAdd(id, _clock.Now);
            }
        }

        if (_unnamedSince.Count > 0)
        {
            _timer?.Change(Kept, Timeout.InfiniteTimeSpan);
        }
    }

    private void Purge()
    {
        lock (_lock)
        {
            var now = _clock.Now;
            foreach (var (id, _) in _unnamedSince.Where(pair => now - pair.Value >= Kept.Ticks).ToList())
            {
                _unnamedSince.Remove(id);
                _states.Remove(id);
            }

            foreach (var provider in _endpoints.Keys.Where(provider => _config?.Providers.ContainsKey(provider) == false && !_states.Values.Any(kept => kept.State.Endpoint.Provider == provider)).ToList())
            {
                _endpoints.Remove(provider);
                _addresses.Remove(provider);
            }

            if (_unnamedSince.Count > 0)
            {
                _timer?.Change(Kept, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private void Forget_NeedsLock(string provider)
    {
        _endpoints.Remove(provider);
        foreach (var id in _states.Where(pair => pair.Value.State.Endpoint.Provider == provider).Select(static pair => pair.Key).ToList())
        {
            _states.Remove(id);
            _unnamedSince.Remove(id);
        }
    }
}
