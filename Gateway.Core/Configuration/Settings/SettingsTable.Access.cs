using System.Globalization;
using static Gateway.Core.Configuration.Settings.SettingMaker;

namespace Gateway.Core.Configuration.Settings;

/// <summary>Who may use the gateway, how fast, and for how much money.</summary>
internal static partial class SettingsTable
{
    /// <summary>Most budgets of one owner.</summary>
    public const int MostBudgets = 8;

    /// <summary>One virtual key as JSON, for keys made at run time: the same settings, and nothing that the caller must say but what only he knows.</summary>
    public static Setting RuntimeKey { get; } = VirtualKey(idRequired: false);

    private static Setting Organisations() => Map("organisations", "The roots of owner trees: organisation, team, user, key. What belongs to none of them belongs to `default`.", SettingNames.Name,
        Object("", "An organisation.", Allowances("all keys of the organisation together")));

    private static Setting Teams() => Map("teams", "What keys of one team share. A key may also name a team that is not here.", SettingNames.Name, Object("", "A team.",
    [
        Integer("weight", "Share of a full upstream relative to other teams.", 1, 1000) with { Default = "1" },
        Reference("organisation", "Organisation that the team belongs to.") with { Default = OrganisationConfig.DefaultName },
        .. Allowances("all keys of the team together"),
    ]));

    private static Setting Users() => Map("users", "Owners of keys: people or programs. A key may also name a user that is not here.", SettingNames.Name, Object("", "A user.",
    [
        Name("team", "Team of the user's keys that name none."),
        Reference("organisation", "Organisation of a user without a team: all of the user's keys belong to it. Default: the team's, else `default`."),
        .. Allowances("all keys of the user together"),
    ]));

    private static Setting EndUsers() => Object("end_users", "What holds for each end user that requests name (`user` in the body), in each organisation.", Allowances("each end user"));

    private static Setting Auth() => Object("auth", "Other credentials than virtual keys.",
        List("jwt", "Issuers of JSON Web Tokens that are taken in the place of virtual keys.", Object("", "An issuer.",
        [
            Name("name", "Name in reports: tokens are known as `jwt:NAME:SUBJECT`. Unique, without colon.") with { Required = true },
            Text("issuer", "Exact value of the claim `iss`. Unique.") with { Required = true, Min = 1, Max = 512, Range = "1 - 512 characters" },
            List("audience", "One of them must be in the claim `aud`.", Text("", "Audience.") with { Min = 1, Max = 512, Range = "1 - 512 characters" }) with
            {
                Required = true,
                TakesOne = true,
                Min = 1,
                Max = 32,
                Range = "1 - 32 items",
            },
            new Setting("jwks_url", SettingKind.Address, "Where the issuer's public keys are (a JSON Web Key Set): https, or http with `internal`. This or `keys`."),
            List("keys", "Public keys (RSA of 2048 bits and more, EC) in PEM, or shared secrets (HS256) of 32 bytes and more. These or `jwks_url`.",
                new Setting("", SettingKind.TokenKey, "Key.") { Min = 32, Max = 16_384 }) with
            { Min = 1, Max = 32, Range = "1 - 32 items" },
            Boolean("internal", "Permits loopback and private addresses, and http, for `jwks_url`.") with { Default = "false" },
            Claim("subject_claim", "Claim that names the caller.") with { Default = "sub" },
            Claim("team_claim", "Claim that names the caller's team."),
            Claim("user_claim", "Claim that names the user."),
            Claim("roles_claim", "Claim with the caller's roles: a list, or a text with spaces between them."),
            Claim("models_claim", "Claim with patterns of models; they narrow what `models` allows."),
            List("required_roles", "A token must carry one of these roles.", Text("", "Role.") with { Min = 1, Max = 256, Range = "1 - 256 characters" }) with { Default = "[]", Max = 32, Range = "0 - 32 items" },
            List("models", "Models that holders may use. `*` stands for any run of characters.", NamePattern("", "Model name.")) with { Required = true, Min = 1 },
            List("providers", "Providers that holders may use. `*` stands for any run of characters.", NamePattern("", "Provider name.")) with { Min = 1, Default = "[\"*\"]" },
            Name("team", "Team of tokens that carry none."),
            .. Allowances("each subject"),
        ])) with
        { Max = 32 });

    private static Setting VirtualKey(bool idRequired = true) => Object("", "A virtual key.",
    [
        Name("id", "Name of the key in reports and logs. Unique.") with { Required = idRequired },
        Secret("secret", "What the client sends. Unique. This or `hash`.") with { Min = 8, Max = 1024, Range = "8 - 1024 characters" },
        new Setting("hash", SettingKind.Hash, "HMAC-SHA256 of the secret under `GATEWAY_KEY_PEPPER`, so that the document holds no secret. Unique.") { Range = "64 hexadecimal digits" },
        Boolean("disabled", "Switches the key off: it is answered as an unknown one.") with { Default = "false" },
        Name("team", "Team: label in reports, and whose share of a full upstream, limits and budgets the key uses."),
        Name("user", "Owner: label in reports, and whose limits and budgets hold too."),
        Reference("organisation", "Organisation of a key without a team. Default: the team's, else the user's, else `default`."),
        List("models", "Models that the key may use. `*` stands for any run of characters.", NamePattern("", "Model name.")) with { Required = true, Min = 1 },
        List("providers", "Providers that the key may use. `*` stands for any run of characters.", NamePattern("", "Provider name.")) with { Min = 1, Default = "[\"*\"]" },
        Choice("priority", "Whose requests go first when an upstream is full.", "interactive", "default", "batch") with { Default = "default" },
        Integer("weight", "Share of a full upstream relative to others, for keys without `team`; a team has a weight of its own.", 1, 1000) with { Default = "1" },
        Labels("requires", "Labels that a deployment must carry to serve this key, such as `region: eu`."),
        Boolean("may_steer", "Whether requests may choose models and providers themselves, by `models` and `provider` in the body.") with { Default = "true" },
        Date("expires", "First instant at which the key is no longer valid: a date (its start in UTC) or a date and time with zone."),
        List("addresses", "Networks that clients may come from: addresses (`192.0.2.7`, `2001:db8::7`) or ranges (`10.0.0.0/8`, `2001:db8::/32`). Without it: all.", new Setting("", SettingKind.Network, "Network."))
            with
        { Min = 1, Max = 256, Range = "1 - 256 items" },
        Labels("labels", "Labels for reports."),
        Reference("moderation", "Moderation policy for requests with this key. Goes before the model group's policy."),
        Capture("What is kept of the content of requests with this key. Where the path says it too, the one that keeps less holds. Default: the path's, else `usage.capture`."),
        .. Allowances("the key"),
    ]);

    /// <summary>What every owner can have: limits, and one budget or several.</summary>
    private static Setting[] Allowances(string whose) =>
    [
        ClientLimits(whose),
        Budget("budget", $"Money that {whose} may spend."),
        List("budgets", $"The same as `budget`, several of them: all hold. Each with a window of its own.", Budget("", "A budget.")) with
        {
            Min = 1,
            Max = MostBudgets,
            Range = string.Create(CultureInfo.InvariantCulture, $"1 - {MostBudgets} items"),
        },
    ];

    private static Setting ClientLimits(string whose) => Object("limits", $"How much {whose} may send. All limits hold at once.",
    [
        .. Measures(),
        Boolean("shadow", "Counts, reports and never refuses.") with { Default = "false" },
        Map("models", "Limits for models whose name matches, beside those for all models, whatever way the model is asked for: by name, alias or `provider/model`. `*` stands for any run of characters. Each entry has the same members but `models` and `shadow`.", SettingNames.Pattern,
            Object("", "Limits for one pattern.", [.. Measures()]) with { Shared = "limits" }) with
        { Max = 64, Range = "at most 64 entries" },
    ]) with
    { Shared = "limits" };

    private static IEnumerable<Setting> Measures()
    {
        foreach (var window in Windows)
        {
            yield return Integer($"requests_per_{window}", $"Requests in a {window}.".Replace("a hour", "an hour", StringComparison.Ordinal), 1, 1_000_000_000);
        }

        foreach (var window in Windows)
        {
            yield return Integer($"tokens_per_{window}", $"Input and output tokens in a {window}; estimated when asked, corrected when the answer is known.".Replace("a hour", "an hour", StringComparison.Ordinal), 1, 1_000_000_000_000);
        }

        yield return Integer("concurrency", "Requests at the same time.", 1, 1_000_000);
        yield return Integer("sessions_5m", "Different sessions in any five minutes.", 1, 1_000_000);
        yield return Integer("sessions_1h", "Different sessions in any hour.", 1, 1_000_000);
        yield return Integer("sessions_1d", "Different sessions in any day.", 1, 1_000_000);
        yield return Duration("burst", "What of each rate may come at once, as time: with `10s`, a sixth of what a minute allows. At least one. In any interval of length W at most this much and W's share are admitted. " +
            "Default: a sixth of the rate's window; for rates per second, a second.", TimeSpan.FromMilliseconds(1), TimeSpan.FromDays(1)) with
        { Range = "1ms - 1d" };
    }

    private static Setting Budget(string name, string description) => Object(name, description,
        Usd("usd", "USD in a window, at most nine decimals.", 0) with { Required = true },
        Choice("window", "When it begins anew: with the calendar's `day`, `week` (Monday) or `month`, never (`lifetime`), or at every moment for the time before it (`rolling`).",
            "day", "week", "month", "lifetime", "rolling") with
        { Default = "month" },
        Duration("length", "Only with `window: rolling`, which needs it: its length, in whole seconds.", TimeSpan.FromHours(1), TimeSpan.FromDays(90)) with { Range = "1h - 90d" },
        new Setting("time_zone", SettingKind.TimeZone, "Only for calendar windows: IANA name of the zone whose midnight counts, e.g. `Europe/Berlin`.") { Default = "UTC" },
        Choice("mode", "`hard`: refuses when it is spent, and is never overspent. `soft`: reports.", "hard", "soft") with { Default = "hard" },
        Object("raise", "More for a time.",
            Usd("usd", "USD that are added to the limit.", 1) with { Required = true },
            Date("until", "First instant without the raise: a date (its start in UTC) or a date and time with zone.") with { Required = true }),
        List("alerts", "Percent of the limit at which the log and `webhook` are told, ascending.", Integer("", "Percent.", 1, 1000)) with { Default = "[]", Max = 16, Range = "1 - 1000, at most 16 items" },
        new Setting("webhook", SettingKind.Address, "Who is told of `alerts`: an http or https URL that takes a POST."),
        Reference("fallback", "Only with `mode: hard`: a cheaper model that answers when the money does not suffice for the one that was asked for. Without it the request is refused.")) with
    { Shared = "budget" };

    private static Setting Claim(string name, string description) => Text(name, $"{description} Names of nested claims have a `.` between them.") with { Min = 1, Max = 256, Range = "1 - 256 characters" };

    // No field: the order in which fields of several files are made is nobody's to say.
    private static string[] Windows => ["second", "minute", "hour", "day"];
}
