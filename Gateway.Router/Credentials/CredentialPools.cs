using System.Diagnostics.Metrics;
using Gateway.Core.Configuration;
using Gateway.Router.Cooldowns;
using Gateway.Router.Protocols;

namespace Gateway.Router.Credentials;

/// <summary>
/// The keys of all providers, and what is known of them while documents come and go: a key that stays keeps its state, whatever else changes about its provider
/// but the address. Thread-safe.
/// </summary>
internal sealed class CredentialPools
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Kept> _kept = new(StringComparer.Ordinal);
    private readonly CredentialEvents _events;
    private readonly RouterPeers _peers;

    /// <param name="peers">The Routers that share the limits.</param>
    /// <param name="meters">Where refused keys are counted; null for nowhere.</param>
    public CredentialPools(CredentialEvents events, RouterPeers peers, IMeterFactory? meters = null)
    {
        (_events, _peers) = (events, peers);
        if (meters is not null)
        {
            CredentialMetrics.Add(meters, this);
        }
    }

    /// <summary>The pool of a provider as the document has it now.</summary>
    public CredentialPool For(ProviderConfig provider, IUpstreamProtocol protocol)
    {
        lock (_lock)
        {
            var before = _kept.GetValueOrDefault(provider.Name);
            var isSame = before is not null && before.Config.Protocol == provider.Protocol && before.Config.BaseUrl == provider.BaseUrl;
            if (isSame && before!.Config.Limits == provider.Limits && before.Config.Keys.SequenceEqual(provider.Keys))
            {
                return before.Pool;
            }

            var memory = isSame ? before!.Memory : new CredentialMemory(provider.Name, _events, () => _peers.Count);
            var pool = new CredentialPool(provider.Name, CredentialsOf(provider, protocol), provider.Limits, memory);
            _kept[provider.Name] = new Kept(provider, memory, pool);
            return pool;
        }
    }

    /// <summary>Forgets the providers that the document has no more.</summary>
    public void Keep(IReadOnlyCollection<string> providers)
    {
        lock (_lock)
        {
            foreach (var gone in _kept.Keys.Except(providers, StringComparer.Ordinal).ToList())
            {
                _kept.Remove(gone);
            }
        }
    }

    /// <summary>Takes over what another Router learned. Unknown providers and keys are passed over.</summary>
    public void Accept(in CredentialHint hint, long now)
    {
        CredentialMemory memory;
        lock (_lock)
        {
            if (!_kept.TryGetValue(hint.Provider, out var kept))
            {
                return;
            }

            memory = kept.Memory;
        }

        memory.Accept(in hint, now);
    }

    /// <summary>Each key in force, and whether it is in quarantine at any deployment.</summary>
    public IReadOnlyList<(string Provider, string Label, bool IsQuarantined)> Quarantines()
    {
        lock (_lock)
        {
            return [.. _kept.Values.SelectMany(static kept => kept.Pool.Quarantines())];
        }
    }

    public static Credential[] CredentialsOf(ProviderConfig provider, IUpstreamProtocol protocol) =>
        [.. provider.Keys.Select((key, index) => new Credential(index, $"{provider.Name}#{index + 1}", protocol.CredentialFor(key.Secret), key))];

    private sealed record Kept(ProviderConfig Config, CredentialMemory Memory, CredentialPool Pool);
}
