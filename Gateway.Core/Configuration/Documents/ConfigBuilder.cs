using System.Collections.Frozen;
using Gateway.Core.Pricing;

namespace Gateway.Core.Configuration.Documents;

/// <summary>Makes the records out of a document without errors.</summary>
internal static class ConfigBuilder
{
    public static GatewayConfig Build(ConfigNode root)
    {
        var config = Unpriced(root);

        // A catalogue in a file is applied by whoever reads files.
        return config.Pricing.Catalogue == PricingConfig.Builtin ? PriceCatalogue.Builtin.Apply(config) : config;
    }

    private static GatewayConfig Unpriced(ConfigNode root)
    {
        var names = new ModelNames(root);
        return new()
        {
            Server = Server(root.Member("server")),
            Providers = ByName(root.MembersOf("providers"), ProviderBuilder.Build),
            Models = ByName(root.MembersOf("models"), GroupBuilder.Build),
            // Chains are followed here once, so that a request needs one look-up.
            Aliases = ByName(root.MembersOf("aliases"), (alias, _) => names.Target(alias)!),
            Resolve = new() { DefaultProvider = root.Member("resolve")?.Text("default_provider"), Prefixes = ModelNames.Prefixes(root) },
            Keys = [.. root.ItemsOf("keys").Select(OwnerBuilder.Key)],
            Teams = ByName(root.MembersOf("teams"), OwnerBuilder.Team),
            Organisations = OwnerBuilder.Organisations(root).ToFrozenDictionary(static organisation => organisation.Name, StringComparer.Ordinal),
            Users = ByName(root.MembersOf("users"), OwnerBuilder.User),
            EndUsers = OwnerBuilder.EndUsers(root.Member("end_users")),
            JwtIssuers = [.. (root.Member("auth")?.ItemsOf("jwt") ?? []).Select(OwnerBuilder.Issuer)],
            Routes = [.. root.ItemsOf("routes").Select(Route)],
            Processors = ByName(root.MembersOf("processors"), Processor),
            Pricing = new() { Catalogue = root.Member("pricing")?.Text("catalogue") ?? PricingConfig.Builtin },
            Usage = Usage(root.Member("usage")),
            Moderation = new() { Policies = ByName(root.Member("moderation")?.MembersOf("policies") ?? [], Policy) },
        };
    }

    private static FrozenDictionary<string, T> ByName<T>(IEnumerable<KeyValuePair<string, ConfigNode>> entries, Func<string, ConfigNode, T> build) =>
        entries.ToFrozenDictionary(static entry => entry.Key, entry => build(entry.Key, entry.Value), StringComparer.Ordinal);

    private static ServerConfig Server(ConfigNode? node)
    {
        var standard = new ServerConfig();
        return node is null ? standard : new()
        {
            AdminKey = node.Text("admin_key"),
            MaxBodyBytes = node.Get("max_body", standard.MaxBodyBytes),
            PublicRequestsPerMinute = (int)node.Get("public_requests_per_minute", (long)standard.PublicRequestsPerMinute),
            Drain = node.Get("drain", standard.Drain),
        };
    }

    private static UsageConfig Usage(ConfigNode? node) => node is null ? UsageConfig.Standard : new()
    {
        Retention = node.Get("retention", UsageConfig.Standard.Retention),
        Capture = CaptureLevels.Read(node.Text("capture")) ?? UsageConfig.Standard.Capture,
        CaptureRetention = node.Get("capture_retention", UsageConfig.Standard.CaptureRetention),
    };

    private static RouteConfig Route(ConfigNode node) => new()
    {
        Path = PathText.RouteBase(node.Text("path")!),
        Model = node.Text("model"),
        Streaming = node.Text("streaming") switch { "only" => RouteStreaming.Only, "never" => RouteStreaming.Never, _ => RouteStreaming.Both },
        Processors = OwnerBuilder.Texts(node, "processors"),
        Capture = CaptureLevels.Read(node.Text("capture")),
    };

    private static ProcessorConfig Processor(string name, ConfigNode node) => new()
    {
        Name = name,
        Model = node.Text("model")!,
        System = node.Text("system")!,
        MaxTokens = (int)node.Get("max_tokens", (long)ProcessorConfig.StandardMaxTokens),
    };

    private static ModerationPolicyConfig Policy(string name, ConfigNode node) => new()
    {
        Name = name,
        Mode = node.Text("mode") == "best_effort" ? ModerationMode.BestEffort : ModerationMode.Required,
        Input = [.. node.ItemsOf("input").Select(Check)],
    };

    private static ModerationCheckConfig Check(ConfigNode node)
    {
        var check = new ModerationCheckConfig
        {
            Action = node.Text("action") == "redact" ? ModerationAction.Redact : ModerationAction.Block,
            Keywords = OwnerBuilder.Texts(node, "list"),
            Pattern = node.Text("pattern"),
        };
        return node.Text("replacement") is { } replacement ? check with { Replacement = replacement } : check;
    }
}
