using static Gateway.Core.Configuration.Settings.SettingMaker;

namespace Gateway.Core.Configuration.Settings;

internal static partial class SettingsTable
{
    private static Setting Provider() => Object("", "A provider.",
        Choice("protocol", "What the upstream speaks. `openai` is also for servers that resemble OpenAI; `vertex` is Gemini on Google Cloud.",
            "openai", "anthropic", "gemini", "vertex", "ollama", "azure-openai", "bedrock") with
        { Required = true },
        new Setting("base_url", SettingKind.Url, "Where it is: http or https, without query, fragment and user. Request paths such as `/chat/completions` are appended. " +
            "A missing version segment (`/v1` of `anthropic`, `/v1beta` of `gemini`) is filled in.")
        { Required = true },
        List("keys", "Credentials, used in turn; none when the upstream wants none.", Secret("", "Credential.") with { LaterForm = "{secret, weight, limits}" })
            with
        { Default = "[]", Max = 1000 },
        Map("headers", "Extra headers for the upstream. Values are treated as secrets.", SettingNames.Header, Secret("", "Value.") with { HasSpaces = true, Range = "1 - 4096 printable ASCII characters" }) with { Default = "{}" },
        Boolean("internal", "Permits loopback and private addresses.") with { Default = "false" },
        Limits().Later(),
        Object("timeouts", "Time limits. `total` is for the whole request, the others are for one attempt.",
            Timeout("connect", "To connect.", "2s", TimeSpan.FromMinutes(5)),
            Timeout("first_byte", "In streams: from the request sent to the first event. Plain answers begin when all is generated, so only `total` counts for them.", "30s", TimeSpan.FromHours(1)),
            Timeout("idle", "Between two reads of the answer, and at most 1/16 more; in streams comments do not count.", "30s", TimeSpan.FromHours(1)),
            Timeout("total", "For the whole request.", "10m", TimeSpan.FromHours(24))),
        Boolean("list_models", "Whether the upstream's models appear in model lists as `provider/model`; asked for in the background. Not for `vertex`, `azure-openai` and `bedrock`.") with { Default = "false" },
        Quirks("What is special about this server. What is not said follows from the address where the vendor is known, else from the protocol."));

    private static Setting Quirks(string description) => Object("quirks", description,
        Boolean("max_completion_tokens", "Wants `max_completion_tokens` instead of `max_tokens`."),
        Boolean("developer_role", "Knows the role `developer`; else it becomes `system`."),
        Boolean("responses", "Has OpenAI's responses endpoint; else such requests are translated."),
        Boolean("prefer_responses", "Is asked by its responses endpoint also for clients of other protocols. Holds by itself for OpenAI's models that have nothing else."),
        Text("api_version", "The `api-version` of deployment paths of `azure-openai`; not used below `/openai/v1`. Default: 2024-10-21.") with { Min = 1, Max = 64, Range = "1 - 64 characters" },
        Boolean("stream_usage", "Takes `stream_options.include_usage`."),
        Boolean("echo_reasoning", "Wants `reasoning_content` back in the history."),
        Boolean("cache_control", "Understands `cache_control` in OpenAI's content parts; else marks are dropped."),
        Boolean("short_tool_ids", "Takes only tool call ids of nine letters or digits."),
        Boolean("fixed_temperature", "Takes only its own default temperature; others are dropped."),
        Boolean("json_schema", "Has structured output of its own; else it is emulated with a forced tool where that is possible."),
        Boolean("reasoning", "Reasons; else reasoning settings are dropped."));

    private static Setting ModelGroup() => Object("", "A model group.",
        Choice("access", "Who may use it.", "public", "internal", "private").Later() with { Default = "private" },
        Choice("strategy", "How a deployment is picked.", "weighted_round_robin", "least_busy", "lowest_latency", "lowest_cost", "most_quota", "sticky", "hybrid").Later(),
        Choice("priority", "What `hybrid` weighs.", "balanced", "cost", "req", "token").Later(),
        List("deployments", "Where requests for the group can go.", Deployment()) with { Required = true, Min = 1, Max = 1000 },
        List("fallbacks", "Groups that are tried afterwards.", Object("", "A fallback.",
            Text("model", "Model group."),
            List("on", "For which failures.", Choice("", "Failure.", "error", "context_length", "content_policy", "budget")))).Later(),
        Reference("moderation", "Moderation policy for requests to this group."),
        Object("translation", "How requests are translated where client and upstream speak different protocols.",
            Choice("unmappable", "What becomes of fields that the upstream has no place for. `drop`: named in `x-gateway-warning`, and refused only where the answer would change. `reject`: a 400 for each.",
                "drop", "reject") with
            { Default = "drop" },
            Choice("mid_system", "Instructions in the middle of a talk: appended to the system prompt, sent as the user's text, or refused.", "hoist", "inline", "reject") with { Default = "hoist" },
            Text("lead_user", "Text of the user that goes before a talk which begins with the assistant; without it such talks are refused where the upstream wants the user first.")
                with
            { Min = 1, Max = 10_000, Range = "1 - 10000 characters" },
            Integer("default_max_tokens", "Output cap where the upstream wants one and the client names none. Default: the deployment's `max_output`, else 4096.", 1, 10_000_000),
            Boolean("strict_tools", "Refuses a tool choice that the upstream cannot say.") with { Default = "false" },
            Choice("echo_model", "Which model name answers show.", "client", "upstream") with { Default = "client" }));

    private static Setting Deployment() => Object("", "A deployment.",
        Reference("provider", "Name of the provider.") with { Required = true },
        Text("model", "The model name that the upstream knows.") with { Required = true, Min = 1, Max = 256, Range = "1 - 256 characters" },
        Integer("weight", "Share of the traffic relative to the other deployments of the group.", 1, 10_000) with { Default = "1" },
        Integer("order", "The next one only when the earlier are out.", 1, 100).Later(),
        Integer("context", "Context window in tokens.", 1, 100_000_000).Later(),
        Integer("max_output", "Most output tokens of the model: caps what the gateway asks for by itself.", 1, 10_000_000),
        List("supports", "Capabilities.", Text("", "Capability.")).Later(),
        Quirks("What is special about this deployment; goes before the provider's."),
        Object("price", "USD per 1,000,000 tokens, at most nine decimals. Without it requests are recorded as unpriced.",
            Price("input", "Input.") with { Required = true },
            Price("cached_input", "Input that the provider reads from its cache.") with { Default = "`input`" },
            Price("cache_write", "Input that the provider writes into its cache.") with { Default = "`input`" },
            Price("output", "Output.") with { Required = true }));
}
