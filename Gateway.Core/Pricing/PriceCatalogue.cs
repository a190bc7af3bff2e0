using System.Collections.Frozen;
using Gateway.Core.Configuration;

namespace Gateway.Core.Pricing;

/// <summary>Models of vendors and what they cost, for deployments that have no price in the document. Immutable.</summary>
public sealed class PriceCatalogue
{
    private static readonly Lazy<PriceCatalogue> Shipped = new(CatalogueReader.ReadBuiltin);

    private readonly FrozenDictionary<string, string> _vendors;
    private readonly (string Ending, string Vendor)[] _endings;
    private readonly FrozenDictionary<(string Vendor, string Model), CatalogueModel> _models;

    /// <param name="date">Day as of which it holds.</param>
    /// <param name="hosts">Host to vendor; <c>*.example.com</c> and <c>*-api.example.com</c> for all that end like this.</param>
    /// <param name="models">By vendor and each of its names.</param>
    internal PriceCatalogue(DateOnly? date, IEnumerable<(string Host, string Vendor)> hosts, IEnumerable<(string Name, CatalogueModel Model)> models)
    {
        Date = date;
        var all = hosts.ToArray();
        _vendors = all.Where(static host => !host.Host.StartsWith('*')).ToFrozenDictionary(static host => host.Host, static host => host.Vendor, StringComparer.OrdinalIgnoreCase);
        _endings = [.. all.Where(static host => host.Host.StartsWith('*')).Select(static host => (host.Host[1..], host.Vendor))];
        _models = models.ToFrozenDictionary(static model => (model.Model.Vendor, model.Name), static model => model.Model);
    }

    /// <summary>Prices nothing.</summary>
    public static PriceCatalogue None { get; } = new(null, [], []);

    /// <summary>The one that is shipped with the gateway.</summary>
    public static PriceCatalogue Builtin => Shipped.Value;

    /// <summary>Day as of which it holds; null for <see cref="None"/>.</summary>
    public DateOnly? Date { get; }

    /// <summary>Every model once.</summary>
    internal IEnumerable<CatalogueModel> Models => _models.Values.Distinct();

    /// <summary>What a model costs at a provider: its host tells the vendor, then its exact name or the name without what <see cref="ModelVersion"/> takes off.</summary>
    /// <returns>Null when the host is nobody's whose prices are known, or has no such model. A server that merely speaks a vendor's protocol has prices of its own.</returns>
    public CatalogueModel? Find(ProviderConfig provider, string model) => VendorOf(provider.BaseUrl.Host) is { } vendor ? Find(vendor, model) : null;

    internal CatalogueModel? Find(string vendor, string model) =>
        _models.TryGetValue((vendor, model), out var exact) ? exact : _models.GetValueOrDefault((vendor, ModelVersion.Without(model)));

    /// <summary>The configuration in which deployments without a price have this catalogue's.</summary>
    public GatewayConfig Apply(GatewayConfig config) => config with
    {
        Catalogue = this,
        Models = config.Models.Values.ToFrozenDictionary(
            static group => group.Name,
            group => group with { Deployments = [.. group.Deployments.Select(deployment => Priced(config, deployment))] },
            StringComparer.Ordinal),
    };

    private DeploymentConfig Priced(GatewayConfig config, DeploymentConfig deployment) =>
        deployment.Plan is null && Find(config.Providers[deployment.Provider], deployment.Model) is { } model ? deployment with { Plan = model.Plan } : deployment;

    private string? VendorOf(string host)
    {
        if (_vendors.TryGetValue(host, out var vendor))
        {
            return vendor;
        }

        foreach (var (ending, named) in _endings)
        {
            if (host.EndsWith(ending, StringComparison.OrdinalIgnoreCase))
            {
                return named;
            }
        }

        return null;
    }
}
