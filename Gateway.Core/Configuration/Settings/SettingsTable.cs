using static Gateway.Core.Configuration.Settings.SettingMaker;

namespace Gateway.Core.Configuration.Settings;

/// <summary>Every setting of the document, those that are not available yet included.</summary>
internal static partial class SettingsTable
{
    /// <summary>The one version of the document's shape that there is.</summary>
    public const long Version = 1;

    public static Setting Root { get; } = Object("", "The document.",
        Integer("version", "Version of the document's shape.", Version, Version) with { Required = true, Range = "1" },
        Server(),
        Map("providers", "Upstreams, by the name used in `provider/model`.", SettingNames.Provider, Provider()),
        Map("models", "Model groups, by the name that clients ask for.", SettingNames.Name, ModelGroup()),
        Map("aliases", "Other names for models. A target is a model group, `provider/model`, a name that `resolve` knows, or another alias.",
            SettingNames.Name, Reference("", "What the alias stands for.")),
        Resolve(),
        List("routes", "Paths of their own, with a fixed model: every endpoint is also served below each.", Object("", "A route.",
            new Setting("path", SettingKind.RoutePath, "Path before the endpoint's, e.g. `/support`; a `/v1` or `/v1beta` at its end is the endpoint's own and may be written too. Unique, and outside of what the gateway itself serves.")
            { Required = true },
            Reference("model", "What answers, whatever model the request names: a model group, an alias or any other name that a client could ask for. Without it: the request's own."),
            Choice("streaming", "Which requests it takes: `only` streamed, `never` streamed, or both.", "both", "only", "never") with { Default = "both" },
            List("processors", "Processors that the text of the last user message goes through, in order.", Reference("", "Processor.")) with { Max = 8, Range = "0 - 8 items" },
            Capture("What is kept of the content of requests by this path. Where the key says it too, the one that keeps less holds. Default: the key's, else `usage.capture`."))) with
        { Max = 1000 },
        Map("processors", "Steps that change a request before it is sent, for routes that name them.", SettingNames.Name, Object("", "A processor.",
            Choice("type", "`llm`: a model is asked, and its answer takes the place of the text.", "llm") with { Required = true },
            Reference("model", "Model that is asked: a model group, an alias or any other name that a client could ask for. The key need not be allowed it.") with { Required = true },
            Text("system", "What the model is told to do with the text.") with { Required = true, Min = 1, Range = "1 - 10000 characters" },
            Integer("max_tokens", "Most tokens of its answer.", 1, 100_000) with { Default = "1000" })),
        List("rules", "Conditions with a decision.", Object("", "A rule.",
            Text("name", "Name in logs and errors."),
            Text("when", "Condition."),
            Object("deny", "Refuses the request.",
                Integer("status", "HTTP status.", 400, 499),
                Text("message", "What the client reads.")))).Later(),
        Organisations(),
        Teams(),
        Users(),
        EndUsers(),
        List("keys", "Virtual keys: what clients authenticate with.", VirtualKey()),
        Auth(),
        Object("cache", "Answers that are given again without asking the upstream.",
            Boolean("enabled", "Switches the cache on."),
            Duration("ttl", "How long an answer is good.", TimeSpan.FromMilliseconds(1), TimeSpan.FromDays(30)),
            Choice("scope", "Who shares answers.", "key", "team", "all") with { Default = "key" },
            Object("semantic", "Answers to questions that mean the same.",
                Boolean("enabled", "Switches it on."),
                Text("model", "Embedding model."),
                Number("threshold", "Least similarity.", 0, 1))).Later(),
        Moderation(),
        Object("pricing", "Prices of models that have none in the document.",
            FilePath("catalogue", "`builtin`: the catalogue that is shipped with the gateway. `none`: such models are unpriced. Else the path of a catalogue of your own, from the document's folder, on the machine of each service; "
                + "it is read again when it changes, and a bad one never replaces a good one.") with
            { Default = "builtin" }),
        Object("usage", "The ledger, and what is kept of content.",
            Duration("retention", "How long the ledger keeps single requests. What is older is turned into sums: reports and budgets go on counting it, its requests are gone.",
                TimeSpan.FromDays(1), TimeSpan.FromDays(3650)) with
            { Default = "90d", Range = "1d - 3650d" },
            Capture("What is kept of the content of requests, where neither the key nor the path says it. `metadata`: roles, sizes, names of tools and parameters, no text. `redacted`: texts with personal data and secrets masked. "
                + "`full`: what was sent and answered.") with
            { Default = "none" },
            Duration("capture_retention", "How long captured content is kept. What is older is not shown any more, and is deleted with its whole day (UTC).", TimeSpan.FromDays(1), TimeSpan.FromDays(3650)) with
            { Default = "30d", Range = "1d - 3650d" }));

    private static Setting Capture(string description) => Choice("capture", description, "none", "metadata", "redacted", "full");

    private static Setting Server() => Object("server", "The Edge.",
        Secret("admin_key", "Secret of the admin endpoints; without it they are off.") with { Min = 8, Max = 1024, Range = "8 - 1024 characters" },
        Object("cors", "Browsers that may call.", List("origins", "Origins.", Text("", "Origin."))).Later(),
        Size("max_body", "Largest request body.", 1024, 1024 * 1024 * 1024) with { Default = "32MiB", Range = "1KiB - 1GiB" },
        Integer("public_requests_per_minute", "Requests a minute that one address may send without a key, where models are public.", 1, 1_000_000) with { Default = "60" },
        Duration("drain", "How long running requests may go on after a stop signal.", TimeSpan.Zero, TimeSpan.FromHours(1)) with { Default = "60s", Range = "0s - 1h" },
        Object("streams", "Streamed answers.", Duration("keepalive", "Longest silence towards the client.", TimeSpan.FromSeconds(1), TimeSpan.FromHours(1))).Later());

    private static Setting Resolve() => Object("resolve", "What a model name means that is neither a group nor an alias nor `provider/model`.",
        Reference("default_provider", "Provider of names that nothing else resolves; without it they are refused."),
        Map("prefixes", "Provider of names that begin like this, e.g. `\"gpt-*\": openai`; the longest match wins.", SettingNames.Prefix, Reference("", "Provider.")));

    private static Setting Moderation() => Object("moderation", "Checks of content.",
        Map("policies", "Policies by name. The one called `default` applies where neither key nor model group names one.", SettingNames.Name, Object("", "A policy.",
            Choice("mode", "`required`: without an answer from the checks the request is refused. `best_effort`: it is served and flagged.",
                "required", "best_effort") with
            { Default = "required" },
            List("input", "Checks of the input, in order.", Check()) with { Required = true, Min = 1 },
            List("output", "Checks of the answer.", Check()).Later())));

    private static Setting Check() => Object("", "A check.",
        Choice("check", "Kind of check.", "keywords", "regex") with { Required = true, LaterChoices = ["pii"] },
        List("list", "For `keywords`: words or phrases, matched whole and without regard to case.", Text("", "Word or phrase.") with { Min = 1, Max = 200, Range = "1 - 200 characters" })
            with
        { Min = 1, Max = 10_000, Range = "1 - 10000 items" },
        new Setting("pattern", SettingKind.Regex, "For `regex`: an expression that runs in linear time (no look-around, no back references).") { Min = 1, Max = 1000, Range = "1 - 1000 characters" },
        Choice("action", "What a match does.", "block", "redact") with { Required = true },
        Text("replacement", "For `redact`: what a match becomes.") with { Default = "[redacted]", Max = 200, Range = "0 - 200 characters" });
}
