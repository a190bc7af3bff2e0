using System.Globalization;
using Gateway.Core.Configuration;
using Gateway.Core.Configuration.Documents;

namespace Gateway.Core.Pricing;

/// <summary>Reads a catalogue of prices as strictly as the document: unknown and repeated keys, wrong types and names are errors with their line. Pure.</summary>
internal static class CatalogueReader
{
    private const string Resource = "Gateway.Core.Pricing.catalogue.yaml";

    /// <param name="text">YAML. Nothing of it comes from the environment.</param>
    /// <param name="origin">Named in errors.</param>
    /// <returns>The catalogue, or null and all errors at once.</returns>
    public static PriceCatalogue? Read(string text, string origin, out IReadOnlyList<ConfigError> problems)
    {
        var errors = new ConfigErrors(origin);
        if (text.Length > GatewayConfigLoader.MaxCharacters)
        {
            errors.Add(new Position(1, 1), "", $"the catalogue has more than {GatewayConfigLoader.MaxCharacters} characters");
        }

        var root = errors.Any || YamlTreeReader.Read(text, errors) is not { } tree ? null : new DocumentReader(null, errors).Read(CatalogueTable.Root, tree);
        var catalogue = root is null || errors.Any ? null : Build(root, errors);
        problems = errors.Sorted();
        return problems.Count == 0 ? catalogue : null;
    }

    public static PriceCatalogue ReadBuiltin()
    {
        using var stream = typeof(CatalogueReader).Assembly.GetManifestResourceStream(Resource) ?? throw new InvalidOperationException("The build has no catalogue of prices.");
        using var reader = new StreamReader(stream);
        return Read(reader.ReadToEnd(), "catalogue.yaml", out var problems) ?? throw new InvalidOperationException(string.Join('\n', problems));
    }

    private static PriceCatalogue Build(ConfigNode root, ConfigErrors errors)
    {
        var date = Day(root, "date")!.Value;
        var hosts = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var models = new Dictionary<(string Vendor, string Name), CatalogueModel>();
        foreach (var (vendor, node) in root.MembersOf("vendors"))
        {
            foreach (var host in node.ItemsOf("hosts"))
            {
                Require(hosts.TryAdd((string)host.Value!, vendor), host, "is the host of two vendors; their prices would be each other's", errors);
            }

            foreach (var (name, entry) in node.MembersOf("models"))
            {
                var model = Model(vendor, name, date, node, entry);
                Require(models.TryAdd((vendor, name), model), entry, "is the name of two models", errors);
                foreach (var also in entry.ItemsOf("also"))
                {
                    Require(models.TryAdd((vendor, (string)also.Value!), model), also, "is the name of two models", errors);
                }
            }
        }

        return new PriceCatalogue(date, hosts.Select(static host => (host.Key, host.Value)), models.Select(static model => (model.Key.Name, model.Value)));
    }

    private static CatalogueModel Model(string vendor, string name, DateOnly date, ConfigNode vendorNode, ConfigNode node) => new()
    {
        Vendor = vendor,
        Name = name,
        Plan = PriceBuilder.Build(node.Member("price")!, date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)),
        Source = node.Get<Uri?>("source", null) ?? vendorNode.Get<Uri>("source", null!),
        Checked = Day(node, "checked") ?? date,
        Context = node.Get<long?>("context", null),
        MaxOutput = node.Get<long?>("max_output", null),
        Supports = node.Member("supports") is { } supports ? GroupBuilder.Capabilities(supports) : null,
    };

    private static DateOnly? Day(ConfigNode node, string name) => node.Member(name)?.Value is DateTimeOffset time ? DateOnly.FromDateTime(time.UtcDateTime) : null;

    private static void Require(bool isUnique, ConfigNode node, string problem, ConfigErrors errors)
    {
        if (!isUnique)
        {
            errors.Add(node, problem);
        }
    }
}
