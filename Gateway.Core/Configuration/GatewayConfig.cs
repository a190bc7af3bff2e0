using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using Gateway.Core.Money;
using Gateway.Core.Requests;

namespace Gateway.Core.Configuration;

/// <summary>
/// The configuration document as read: immutable, complete, valid. Requests never read it directly; features build their
/// snapshots from it when it changes.
/// </summary>
public sealed record GatewayConfig
{
    public required ServerConfig Server { get; init; }

    /// <summary>By provider name.</summary>
    public required FrozenDictionary<string, ProviderConfig> Providers { get; init; }

    /// <summary>Model groups by the name that clients ask for.</summary>
    public required FrozenDictionary<string, ModelGroupConfig> Models { get; init; }

    /// <summary>Alias to model group or <c>provider/model</c>.</summary>
    public required FrozenDictionary<string, string> Aliases { get; init; }

    public required ResolveConfig Resolve { get; init; }

    public required IReadOnlyList<VirtualKeyConfig> Keys { get; init; }

    /// <summary>Teams that the document describes, by name; keys may name others.</summary>
    public FrozenDictionary<string, TeamConfig> Teams { get; init; } = FrozenDictionary<string, TeamConfig>.Empty;

    /// <summary>Organisations that the document describes, by name; there is always one called <see cref="OrganisationConfig.DefaultName"/>, described or not.</summary>
    public FrozenDictionary<string, OrganisationConfig> Organisations { get; init; } = FrozenDictionary<string, OrganisationConfig>.Empty;

    /// <summary>Users that the document describes, by name; keys may name others.</summary>
    public FrozenDictionary<string, UserConfig> Users { get; init; } = FrozenDictionary<string, UserConfig>.Empty;

    public EndUserConfig EndUsers { get; init; } = EndUserConfig.None;

    /// <summary>By name.</summary>
    public IReadOnlyList<JwtIssuerConfig> JwtIssuers { get; init; } = [];

    public IReadOnlyList<RouteConfig> Routes { get; init; } = [];

    /// <summary>By the name that routes call them.</summary>
    public FrozenDictionary<string, ProcessorConfig> Processors { get; init; } = FrozenDictionary<string, ProcessorConfig>.Empty;

    public required ModerationConfig Moderation { get; init; }

    public PricingConfig Pricing { get; init; } = PricingConfig.Standard;

    public UsageConfig Usage { get; init; } = UsageConfig.Standard;

    /// <summary>Prices of models that have none in the document; deployments have theirs already.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public Pricing.PriceCatalogue Catalogue { get; init; } = Core.Pricing.PriceCatalogue.None;

    /// <summary>What an upstream model costs that no model group names: as where one does, else as the catalogue says.</summary>
    /// <returns>Null when it is unpriced.</returns>
    public PricePlan? PlanOf(string provider, string model) =>
        Models.Values.SelectMany(static group => group.Deployments).FirstOrDefault(deployment => deployment.Plan is not null && deployment.Provider == provider && deployment.Model == model)?.Plan
            ?? (Providers.TryGetValue(provider, out var upstream) ? Catalogue.Find(upstream, model)?.Plan : null);
}

/// <summary>Where prices come from that the document does not have.</summary>
public sealed record PricingConfig
{
    public const string Builtin = "builtin";

    public const string None = "none";

    public static PricingConfig Standard { get; } = new();

    /// <summary><see cref="Builtin"/>, <see cref="None"/> or the path of a file, on the machine of each service.</summary>
    public string Catalogue { get; init; } = Builtin;

    /// <summary>Path of the file; null where it is none.</summary>
    public string? File => Catalogue is Builtin or None ? null : Catalogue;
}

public sealed record ServerConfig
{
    /// <summary>Secret of the admin endpoints; null switches them off.</summary>
    public string? AdminKey { get; init; }

    /// <summary>Largest request body in bytes.</summary>
    public long MaxBodyBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>Requests a minute that one address may send without a key, where models are public.</summary>
    public int PublicRequestsPerMinute { get; init; } = 60;

    /// <summary>How long running requests may go on after a stop signal.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(60);

    // Records print all members; secrets stay out of logs whatever somebody formats.
    private bool PrintMembers(StringBuilder text)
    {
        text.Append(CultureInfo.InvariantCulture, $"AdminKey = {SecretText.Of(AdminKey)}, MaxBodyBytes = {MaxBodyBytes}, PublicRequestsPerMinute = {PublicRequestsPerMinute}, Drain = {Drain}");
        return true;
    }
}

/// <summary>Protocol that an upstream speaks.</summary>
public enum ProviderProtocol
{
    /// <summary>OpenAI, and servers that resemble it.</summary>
    OpenAI,

    Anthropic,

    /// <summary>Gemini's own API.</summary>
    Gemini,

    /// <summary>Gemini models on Google Cloud.</summary>
    Vertex,

    Ollama,
    AzureOpenAI,
    Bedrock,
}

public sealed record ProviderConfig
{
    public required string Name { get; init; }

    public required ProviderProtocol Protocol { get; init; }

    /// <summary>Absolute http(s) URL without query or trailing slash, the protocol's version segment included where it has one.</summary>
    public required Uri BaseUrl { get; init; }

    /// <summary>Credentials, used in turn; empty when the upstream wants none.</summary>
    public IReadOnlyList<ProviderKeyConfig> Keys { get; init; } = [];

    /// <summary>For all keys together.</summary>
    public UpstreamLimits Limits { get; init; } = UpstreamLimits.None;

    public ConnectionConfig Connection { get; init; } = ConnectionConfig.Standard;

    /// <summary>Paths that differ from the protocol's: operation in the document's words (<c>chat_completions</c>) to path below the base URL.</summary>
    public FrozenDictionary<string, string> Paths { get; init; } = FrozenDictionary<string, string>.Empty;

    /// <summary>Labels of all its deployments, such as <c>region: eu</c>.</summary>
    public FrozenDictionary<string, string> Tags { get; init; } = Configuration.Tags.None;

    /// <summary>Null for no active probes.</summary>
    public ProbeConfig? Probe { get; init; }

    /// <summary>Null: a slow stream is no failure.</summary>
    public SlowStreamConfig? SlowStream { get; init; }

    /// <summary>Extra headers for the upstream.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>Permits loopback and private addresses.</summary>
    public bool Internal { get; init; }

    public TimeoutConfig Timeouts { get; init; } = new();

    /// <summary>Whether the upstream's own model list is shown to clients as <c>provider/model</c>.</summary>
    public bool ListModels { get; init; }

    public QuirksConfig Quirks { get; init; } = new();

    private bool PrintMembers(StringBuilder text)
    {
        text.Append(CultureInfo.InvariantCulture, $"Name = {Name}, Protocol = {Protocol}, BaseUrl = {BaseUrl}, Keys = {Keys.Count} x {SecretText.Hidden}, ");
        text.Append(CultureInfo.InvariantCulture, $"Headers = {string.Join(", ", Headers.Select(static header => $"{header.Key}: {SecretText.Hidden}"))}, ");
        text.Append(CultureInfo.InvariantCulture, $"Internal = {Internal}, Timeouts = {Timeouts}, ListModels = {ListModels}, Quirks = {Quirks}, Limits = {Limits}, Connection = {Connection}, ");
        text.Append(CultureInfo.InvariantCulture, $"Paths = {Paths.Count}, Tags = {Tags.Count}, Probe = {Probe}, SlowStream = {SlowStream}");
        return true;
    }
}

/// <summary>Time limits. <see cref="Total"/> is for the whole request; the others for one attempt.</summary>
public sealed record TimeoutConfig
{
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// In streams: from the request sent to the first event. A plain answer begins when all of it is generated, so until its head
    /// only <see cref="Total"/> counts.
    /// </summary>
    public TimeSpan FirstByte { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Between two reads of the answer, at most 1/16 more; in streams comments do not count.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromSeconds(30);

    public TimeSpan Total { get; init; } = TimeSpan.FromMinutes(10);
}

public sealed record ModelGroupConfig
{
    /// <summary>The name that clients ask for.</summary>
    public required string Name { get; init; }

    /// <summary>At least one.</summary>
    public required IReadOnlyList<DeploymentConfig> Deployments { get; init; }

    /// <summary>Moderation policy for this group, or null.</summary>
    public string? Moderation { get; init; }

    public AccessLevel Access { get; init; } = AccessLevel.Private;

    public BalancingStrategy Strategy { get; init; } = BalancingStrategy.WeightedRoundRobin;

    /// <summary>For <see cref="BalancingStrategy.Hybrid"/>.</summary>
    public HybridWeights Priority { get; init; } = HybridWeights.Balanced;

    /// <summary>For <see cref="BalancingStrategy.Sticky"/>.</summary>
    public StickyBy StickyBy { get; init; }

    /// <summary>Most upstream calls for one request, 1 to 3.</summary>
    public int Attempts { get; init; } = 3;

    /// <summary>In the order in which they are tried. Never circular, never dead.</summary>
    public IReadOnlyList<FallbackConfig> Fallbacks { get; init; } = [];

    /// <summary>Null: no hedging.</summary>
    public HedgeConfig? Hedge { get; init; }

    public QueueConfig Queue { get; init; } = QueueConfig.Standard;

    public TranslationConfig Translation { get; init; } = new();

    /// <summary>Output cap for callers with hard budgets who name none, where no <see cref="DeploymentConfig.MaxOutput"/> is smaller; null when not said.</summary>
    public long? OutputCap { get; init; }
}

public sealed record DeploymentConfig
{
    public required string Provider { get; init; }

    /// <summary>The model name that the upstream knows.</summary>
    public required string Model { get; init; }

    /// <summary>Share of the traffic relative to the other deployments of the group.</summary>
    public int Weight { get; init; } = 1;

    /// <summary>All of its prices; null when unpriced: requests are then recorded with cost 0 and the flag <c>unpriced</c>.</summary>
    public PricePlan? Plan { get; init; }

    /// <summary>The usual one of its prices; set, the only one.</summary>
    public TokenPrice? Price
    {
        get => Plan?.Standard;
        init => Plan = value;
    }

    /// <summary>Most output tokens of the model; null when not known.</summary>
    public long? MaxOutput { get; init; }

    /// <summary>Tier: those of a higher number are used only when all of the lower ones are out.</summary>
    public int Order { get; init; } = 1;

    /// <summary>Context window in tokens, input and output together; null when not known.</summary>
    public long? Context { get; init; }

    /// <summary>Capabilities; null when not said, which is all of them.</summary>
    public ModelCapabilities? Supports { get; init; }

    /// <summary>Labels; they go before the provider's.</summary>
    public FrozenDictionary<string, string> Tags { get; init; } = Configuration.Tags.None;

    /// <summary>What differs from the provider's quirks.</summary>
    public QuirksConfig Quirks { get; init; } = new();

    /// <summary>Name in headers, metrics and reports.</summary>
    public string Id => $"{Provider}/{Model}";
}

public sealed record ResolveConfig
{
    /// <summary>Provider of model names that nothing else resolves; null refuses them.</summary>
    public string? DefaultProvider { get; init; }

    /// <summary>Pattern with a trailing <c>*</c> to provider name; the longest match wins.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Prefixes { get; init; } = [];
}

public sealed record VirtualKeyConfig
{
    /// <summary>Public name of the key in reports and logs.</summary>
    public required string Id { get; init; }

    /// <summary>What the client sends; empty when <see cref="Hash"/> stands for it.</summary>
    public required string Secret { get; init; }

    /// <summary>HMAC-SHA256 of the secret under <c>GATEWAY_KEY_PEPPER</c>, in hexadecimal; null when <see cref="Secret"/> is given.</summary>
    public string? Hash { get; init; }

    /// <summary>Switched off: answered as an unknown key.</summary>
    public bool Disabled { get; init; }

    public string? Team { get; init; }

    /// <summary>Owner, or null.</summary>
    public string? User { get; init; }

    /// <summary>For keys without a team; null for the team's, else the default one.</summary>
    public string? Organisation { get; init; }

    /// <summary>Model name patterns; <c>*</c> matches any run of characters.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>Provider name patterns.</summary>
    public IReadOnlyList<string> Providers { get; init; } = ["*"];

    /// <summary>First instant at which the key is no longer valid.</summary>
    public DateTimeOffset? Expires { get; init; }

    public ClientLimits Limits { get; init; } = ClientLimits.None;

    public IReadOnlyList<BudgetConfig> Budgets { get; init; } = [];

    /// <summary>Networks (address or CIDR) that clients may come from; empty for all.</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    /// <summary>Labels for reports.</summary>
    public FrozenDictionary<string, string> Labels { get; init; } = Tags.None;

    /// <summary>Moderation policy for this key, or null.</summary>
    public string? Moderation { get; init; }

    public RequestPriority Priority { get; init; } = RequestPriority.Default;

    /// <summary>Share of a full upstream relative to other tenants, for keys without a team.</summary>
    public int Weight { get; init; } = 1;

    /// <summary>Labels that a deployment must carry to serve this key, e.g. <c>region: eu</c>.</summary>
    public FrozenDictionary<string, string> Requires { get; init; } = Tags.None;

    /// <summary>Whether requests may steer the routing (<c>models</c>, <c>provider</c> in the body).</summary>
    public bool MaySteer { get; init; } = true;

    /// <summary>What is kept of the content of its requests; null for what the route, else <see cref="UsageConfig.Capture"/> says.</summary>
    public CaptureLevel? Capture { get; init; }

    private bool PrintMembers(StringBuilder text)
    {
        text.Append(CultureInfo.InvariantCulture, $"Id = {Id}, Secret = {SecretText.Of(Secret)}, Hash = {SecretText.Of(Hash)}, Disabled = {Disabled}, Team = {Team}, User = {User}, Organisation = {Organisation}, Models = {string.Join(' ', Models)}, ");
        text.Append(CultureInfo.InvariantCulture, $"Providers = {string.Join(' ', Providers)}, Expires = {Expires:O}, Limits = {Limits}, Budgets = {Budgets.Count}, Addresses = {Addresses.Count}, Labels = {Labels.Count}, Moderation = {Moderation}, ");
        text.Append(CultureInfo.InvariantCulture, $"Priority = {Priority}, Weight = {Weight}, Requires = {Requires.Count}, MaySteer = {MaySteer}, Capture = {Capture}");
        return true;
    }
}

public sealed record ModerationConfig
{
    /// <summary>The policy that applies where neither key nor model group names one, if the document has it.</summary>
    public const string DefaultPolicy = "default";

    public required FrozenDictionary<string, ModerationPolicyConfig> Policies { get; init; }
}

public enum ModerationMode
{
    /// <summary>Nothing passes unchecked: without an answer the request is refused.</summary>
    Required,

    /// <summary>Without an answer the request is served and flagged.</summary>
    BestEffort,
}

public enum ModerationAction
{
    Block,
    Redact,
}

public sealed record ModerationPolicyConfig
{
    public required string Name { get; init; }

    public ModerationMode Mode { get; init; } = ModerationMode.Required;

    /// <summary>Checks of the input, in order.</summary>
    public required IReadOnlyList<ModerationCheckConfig> Input { get; init; }
}

/// <summary>One check: a keyword list or a regular expression, exactly one of the two.</summary>
public sealed record ModerationCheckConfig
{
    public required ModerationAction Action { get; init; }

    /// <summary>Words or phrases, matched whole and without regard to case; empty for a pattern check.</summary>
    public IReadOnlyList<string> Keywords { get; init; } = [];

    /// <summary>Regular expression that runs in linear time (no look-around, no back references), or null.</summary>
    public string? Pattern { get; init; }

    /// <summary>What a match becomes under <see cref="ModerationAction.Redact"/>.</summary>
    public string Replacement { get; init; } = "[redacted]";
}
