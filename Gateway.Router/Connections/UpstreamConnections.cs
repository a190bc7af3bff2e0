using System.Collections.Frozen;
using Gateway.Core.Configuration;

namespace Gateway.Router.Connections;

/// <summary>
/// The connections of one provider: a pool for each deployment that the document names, so that one does not wait for another, and one
/// for all else, since clients can name any number of models. Immutable.
/// </summary>
internal sealed class UpstreamConnections
{
    private readonly ConnectionSettings _settings;
    private readonly FrozenDictionary<string, UpstreamConnection> _byModel;

    /// <param name="models">The upstream's names of the models that the document names; duplicates do not matter.</param>
    /// <param name="before">Those of the same provider before a change; kept as far as nothing of them changed.</param>
    /// <exception cref="GatewayConfigurationException">They cannot be made; nothing changed.</exception>
    public UpstreamConnections(ProviderConfig provider, IEnumerable<string> models, UpstreamConnections? before, TimeProvider time)
    {
        _settings = ConnectionSettings.Of(provider);
        var kept = before is not null && before._settings == _settings ? before : null;
        Shared = kept?.Shared ?? new UpstreamConnection(_settings, time);
        _byModel = models.Distinct(StringComparer.Ordinal).ToFrozenDictionary(
            static model => model, model => kept?._byModel.GetValueOrDefault(model) ?? new UpstreamConnection(_settings, time), StringComparer.Ordinal);
    }

    /// <summary>For models that only clients name, and for what is asked without a model.</summary>
    public UpstreamConnection Shared { get; }

    public UpstreamConnection For(string model) => _byModel.GetValueOrDefault(model, Shared);
}
