using System.Collections.Frozen;
using Gateway.Core.Configuration;

namespace Gateway.Edge.Jwt;

/// <summary>The issuers of the configuration in force. An issuer that stays as it was keeps its keys. Thread-safe.</summary>
internal sealed class JwtIssuers : IDisposable
{
    private readonly IDisposable _subscription;
    private readonly TimeProvider _time;
    private volatile FrozenDictionary<string, JwtIssuer> _byIssuer = FrozenDictionary<string, JwtIssuer>.Empty;

    public JwtIssuers(IConfigStore store, TimeProvider time)
    {
        _time = time;
        _subscription = store.OnChange(config => Build(config.Config.JwtIssuers));
    }

    public bool Any => _byIssuer.Count > 0;

    public IReadOnlyList<JwtIssuer> All => _byIssuer.Values;

    /// <summary>The issuer of a value of <c>iss</c>, or null.</summary>
    public JwtIssuer? Find(string issuer) => _byIssuer.GetValueOrDefault(issuer);

    /// <summary>Whether an issuer is one of the configuration in force, and not of one before it.</summary>
    public bool IsCurrent(JwtIssuer issuer) => ReferenceEquals(Find(issuer.Config.Issuer), issuer);

    public void Dispose() => _subscription.Dispose();

    private void Build(IReadOnlyList<JwtIssuerConfig> issuers)
    {
        var before = _byIssuer;
        _byIssuer = issuers.ToFrozenDictionary(
            static config => config.Issuer,
            config =>
            {
                var issuer = new JwtIssuer(config, _time);
                if (config.JwksUrl is not null && before.TryGetValue(config.Issuer, out var known) && known.Config.JwksUrl == config.JwksUrl && known.Config.Internal == config.Internal && known.Keys is { } keys)
                {
                    issuer.Fetched(keys);
                }

                return issuer;
            },
            StringComparer.Ordinal);
    }
}
