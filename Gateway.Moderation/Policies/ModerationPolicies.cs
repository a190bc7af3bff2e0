using Gateway.Core.Configuration;

namespace Gateway.Moderation.Policies;

/// <summary>The policies in force, built anew when the document changes.</summary>
internal sealed class ModerationPolicies : IDisposable
{
    private readonly ILogger _log;
    private readonly IDisposable _subscription;
    private volatile PolicySnapshot? _current;

    public ModerationPolicies(IConfigStore config, ILogger<ModerationPolicies> log)
    {
        _log = log;
        _subscription = config.OnChange(Build);
    }

    /// <summary>Read once per request.</summary>
    public PolicySnapshot Current => _current!;

    public void Dispose() => _subscription.Dispose();

    private void Build(ConfigSnapshot snapshot)
    {
        _current = PolicySnapshot.Build(snapshot.Config, snapshot.Generation);
        _log.PoliciesBuilt(_current.Policies.Count, snapshot.Generation);
    }
}
