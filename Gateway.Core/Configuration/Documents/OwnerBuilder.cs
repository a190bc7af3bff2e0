namespace Gateway.Core.Configuration.Documents;

/// <summary>Makes the records of owners: organisations, teams, users, end users, keys and issuers of tokens.</summary>
internal static class OwnerBuilder
{
    public static IEnumerable<OrganisationConfig> Organisations(ConfigNode root)
    {
        var described = root.MembersOf("organisations").Select(static entry => new OrganisationConfig
        {
            Name = entry.Key,
            Limits = LimitBuilder.Build(entry.Value),
            Budgets = BudgetBuilder.Build(entry.Value),
        }).ToList();
        return described.Exists(static organisation => organisation.Name == OrganisationConfig.DefaultName)
            ? described
            : described.Append(new OrganisationConfig { Name = OrganisationConfig.DefaultName });
    }

    public static TeamConfig Team(string name, ConfigNode node) => new()
    {
        Name = name,
        Weight = (int)node.Get("weight", 1L),
        Organisation = node.Text("organisation") ?? OrganisationConfig.DefaultName,
        Limits = LimitBuilder.Build(node),
        Budgets = BudgetBuilder.Build(node),
    };

    public static UserConfig User(string name, ConfigNode node) => new()
    {
        Name = name,
        Team = node.Text("team"),
        Organisation = node.Text("organisation"),
        Limits = LimitBuilder.Build(node),
        Budgets = BudgetBuilder.Build(node),
    };

    public static EndUserConfig EndUsers(ConfigNode? node) =>
        node is null ? EndUserConfig.None : new() { Limits = LimitBuilder.Build(node), Budgets = BudgetBuilder.Build(node) };

    public static VirtualKeyConfig Key(ConfigNode node) => new()
    {
        Id = node.Text("id") ?? "",
        Secret = node.Text("secret") ?? "",
        Hash = node.Text("hash"),
        Disabled = node.Get("disabled", false),
        Team = node.Text("team"),
        User = node.Text("user"),
        Organisation = node.Text("organisation"),
        Models = Texts(node, "models"),
        Providers = Providers(node),
        Expires = node.Get<DateTimeOffset?>("expires", null),
        Limits = LimitBuilder.Build(node),
        Budgets = BudgetBuilder.Build(node),
        Addresses = Texts(node, "addresses"),
        Labels = ProviderBuilder.Texts(node, "labels"),
        Moderation = node.Text("moderation"),
        Priority = node.Text("priority") switch { "interactive" => RequestPriority.Interactive, "batch" => RequestPriority.Batch, _ => RequestPriority.Default },
        Weight = (int)node.Get("weight", 1L),
        Requires = ProviderBuilder.Texts(node, "requires"),
        MaySteer = node.Get("may_steer", true),
        Capture = CaptureLevels.Read(node.Text("capture")),
    };

    public static JwtIssuerConfig Issuer(ConfigNode node) => new()
    {
        Name = node.Text("name")!,
        Issuer = node.Text("issuer")!,
        Audiences = Texts(node, "audience"),
        JwksUrl = node.Get<Uri?>("jwks_url", null),
        Keys = Texts(node, "keys"),
        Internal = node.Get("internal", false),
        SubjectClaim = node.Text("subject_claim") ?? "sub",
        TeamClaim = node.Text("team_claim"),
        UserClaim = node.Text("user_claim"),
        RolesClaim = node.Text("roles_claim"),
        ModelsClaim = node.Text("models_claim"),
        RequiredRoles = Texts(node, "required_roles"),
        Models = Texts(node, "models"),
        Providers = Providers(node),
        Team = node.Text("team"),
        Limits = LimitBuilder.Build(node),
        Budgets = BudgetBuilder.Build(node),
    };

    public static IReadOnlyList<string> Texts(ConfigNode node, string name) => [.. node.ItemsOf(name).Select(static item => (string)item.Value!)];

    private static IReadOnlyList<string> Providers(ConfigNode node) => Texts(node, "providers") is { Count: > 0 } providers ? providers : ["*"];
}
