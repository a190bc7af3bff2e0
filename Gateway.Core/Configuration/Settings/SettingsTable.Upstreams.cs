using Gateway.Core.Configuration.Documents;
using static Gateway.Core.Configuration.Settings.SettingMaker;

namespace Gateway.Core.Configuration.Settings;

internal static partial class SettingsTable
{
    private static Setting Provider() => Object("", "A provider.",
        Choice("protocol", "What the upstream speaks. `openai` is also for servers that resemble OpenAI; `vertex` is Gemini on Google Cloud.",
            [.. ProtocolNames.All.Keys]) with
        { Required = true },
        new Setting("base_url", SettingKind.Url, "Where it is: http or https, without query, fragment and user. Request paths such as `/chat/completions` are appended. " +
            "A missing version segment (`/v1` of `anthropic`, `/v1beta` of `gemini`) is filled in.")
        { Required = true },
        List("keys", "Credentials, used by weight and by what is left of their limits; none when the upstream wants none.", Secret("", "Credential.") with
        {
            ObjectForm = Object("", "A credential.",
                Secret("secret", "The credential.") with { Required = true },
                Integer("weight", "Share of the traffic relative to the provider's other keys.", 1, 10_000) with { Default = "1" },
                UpstreamLimits("What this key may be used for; the provider's limits hold as well.")),
        }) with
        { Default = "[]", Max = 1000 },
        Map("headers", "Extra headers for the upstream. Values are treated as secrets.", SettingNames.Header, Secret("", "Value.") with { HasSpaces = true, Range = "1 - 4096 printable ASCII characters" }) with { Default = "{}" },
        Boolean("internal", "Permits loopback and private addresses.") with { Default = "false" },
        UpstreamLimits("What may be sent to the provider, all keys together."),
        Object("timeouts", "Time limits. `total` is for the whole request, the others are for one attempt.",
            Timeout("connect", "To connect.", "2s", TimeSpan.FromMinutes(5)),
            Timeout("first_byte", "In streams: from the request sent to the first event. Plain answers begin when all is generated, so only `total` counts for them.", "30s", TimeSpan.FromHours(1)),
            Timeout("idle", "Between two reads of the answer, and at most 1/16 more; in streams comments do not count.", "30s", TimeSpan.FromHours(1)),
            Timeout("total", "For the whole request.", "10m", TimeSpan.FromHours(24))),
        Connection(),
        Object("paths", "Paths below `base_url` that differ from the protocol's, each with `/` at its beginning. `{model}` stands for the upstream's model name.",
            [.. PathOperations.All.Select(static entry => UpstreamPath(entry.Key, $"{entry.Value} For {ProtocolNames.Having(entry.Key)}."))]),
        Labels("tags", "Labels of all its deployments, such as `region: eu`; a key's `requires` asks for them."),
        Object("probe", "Asks for a path from time to time and takes out what does not answer. Without it only the requests themselves tell.",
            UpstreamPath("path", "Path below `base_url` that is asked with GET and a credential. Healthy is any status below 500 but 401, 403 and 429.") with { Required = true },
            Timeout("interval", "Between two probes.", "10s", TimeSpan.FromHours(1)) with { Min = 1000, Range = "1s - 1h" },
            Timeout("timeout", "For the answer.", "5s", TimeSpan.FromMinutes(1))),
        Object("slow_stream", "A stream that is alive and slower than this counts as a failure of its deployment; the stream itself goes on. Without it a slow stream is no failure.",
            Number("events_per_second", "Least events with content in a second, averaged over `window`.", 0.001m, 100_000) with { Required = true },
            Timeout("window", "Time over which it is averaged.", "10s", TimeSpan.FromMinutes(10)) with { Min = 1000, Range = "1s - 10m" }),
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
        Choice("access", "Who may use it. `public`: anybody, also without a key. `internal`: any key. `private`: keys that list it.", "public", "internal", "private") with { Default = "private" },
        Choice("strategy", "How a deployment is picked among those of one `order` that can serve. `weighted_round_robin`: in turn by `weight`. `least_busy`: fewest requests in flight. " +
            "`lowest_latency`: shortest time to the first token. `lowest_cost`: cheapest for this request. `most_quota`: most left of its limits. " +
            "`sticky`: the same for one talk, so that prompt caches stay warm. `hybrid`: by a score of cost, latency, load and errors.",
            "weighted_round_robin", "least_busy", "lowest_latency", "lowest_cost", "most_quota", "sticky", "hybrid") with
        { Default = "weighted_round_robin" },
        Choice("priority", "Only with `strategy: hybrid`: what the score is made of, by a word or by weights. `cost`: cheap first. `req`: many short requests. `token`: long answers.", "balanced", "cost", "req", "token") with
        {
            Default = "balanced",
            ObjectForm = Object("", "Weights; parts of a whole that need not add up to 1.",
                HybridWeight("cost", "Weight of the price of the request."),
                HybridWeight("latency", "Weight of the time to the first token."),
                HybridWeight("load", "Weight of the requests in flight."),
                HybridWeight("errors", "Weight of recent failures.")),
        },
        Choice("sticky_by", "Only with `strategy: sticky`: what keeps the requests of a talk together. `session`: what the client names (`x-session-id`, `prompt_cache_key`, `conversation`, the end user), else the beginning of the talk. `prefix`: the beginning of the prompt, whoever sends it.",
            "session", "prefix") with
        { Default = "session" },
        Integer("attempts", "Most upstream calls for one request, fallbacks and hedges included.", 1, 3) with { Default = "3" },
        List("deployments", "Where requests for the group can go.", Deployment()) with { Required = true, Min = 1, Max = 1000 },
        List("fallbacks", "What is tried when the group cannot serve, in this order: a model group, an alias or any other name that a client could ask for. The key must be allowed to use it. " +
            "A name alone is for `error`.",
            Reference("", "Model.") with
            {
                ObjectForm = Object("", "A fallback.",
                    Reference("model", "What is tried.") with { Required = true },
                    List("on", "For which failures. `error`: down, limited, broken. `context_length`: too long for the group. `content_policy`: refused by a filter of the provider. `budget`: the money is spent.",
                        Choice("", "Failure.", "error", "context_length", "content_policy", "budget")) with
                    { Default = "[error]", Min = 1 }),
            }) with
        { Default = "[]", Max = 100 },
        Object("hedge", "A second call elsewhere when the first one keeps silent; the answer that begins first wins, both are paid. Off without this section.",
            Duration("after", "Silence before the second call. Without it: the moving 95th percentile of the group.", TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(10)) with { Range = "1ms - 10m" },
            Number("max_percent", "Most hedges in percent of the group's requests; 0 for none.", 0, 5) with { Default = "5" }),
        Object("queue", "Where requests wait when every deployment is at its limit.",
            Integer("size", "Most requests that wait in one Router; 0 for none.", 0, 100_000) with { Default = "100" },
            Timeout("wait", "Longest wait.", "10s", TimeSpan.FromMinutes(10))),
        Reference("moderation", "Moderation policy for requests to this group."),
        Integer("output_cap", "Most output tokens that are asked for when the client names no cap and a hard budget must know one. Default: the greatest `max_output` of the deployments, at most 16384.", 1, 10_000_000),
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
        Integer("order", "Tier: a deployment of a higher number is used only when all of the lower ones are out.", 1, 100) with { Default = "1" },
        Integer("context", "Context window in tokens, input and output together. Longer requests go elsewhere.", 1, 100_000_000),
        Integer("max_output", "Most output tokens of the model: caps what the gateway asks for by itself.", 1, 10_000_000),
        List("supports", "What the model can; `[]` for none of these. Without it: all. Requests that need more go elsewhere.",
            Choice("", "Capability.", "tools", "vision", "json_schema", "reasoning")),
        Labels("tags", "Labels; they go before the provider's of the same name."),
        Quirks("What is special about this deployment; goes before the provider's."),
        PriceTable.Setting("USD per 1,000,000 tokens, at most nine decimals. Each token has one price, that of its class. Goes before the catalogue's (`pricing`); without either requests are recorded as unpriced."));

    private static Setting Connection() => Object("connection", "How connections are made.",
        Choice("http", "HTTP version. `auto`: HTTP/2 where the server agrees to it by TLS, else HTTP/1.1. `2`: HTTP/2 only, also without TLS.", "1.1", "auto", "2") with { Default = "1.1" },
        new Setting("proxy", SettingKind.ProxyUrl, "Proxy: scheme, host and port. Never taken from the environment."),
        Secret("proxy_credential", "`user:password` for the proxy."),
        Integer("max_connections", "Connections at the same time per deployment.", 1, 100_000),
        Timeout("lifetime", "After this a connection takes no new requests, so that a changed DNS record is seen.", "5m", TimeSpan.FromDays(1)) with { Min = 1000, Range = "1s - 1d" },
        Object("tls", "For `https` only.",
            FilePath("authorities", "PEM file with the certificate authorities that are trusted instead of the system's. On the Router's machine."),
            FilePath("certificate", "PEM file with the client certificate and its key. On the Router's machine."),
            new Setting("server_name", SettingKind.HostName, "Name that the server's certificate must carry, where it is not the host of `base_url`.")));

    private static Setting UpstreamLimits(string description) => Object("limits", $"{description} Each Router holds its share: the limit divided by the number of Routers that are alive.",
        Integer("requests_per_minute", $"Requests in a minute. {Share}", 1, 1_000_000_000),
        Integer("tokens_per_minute", $"Input and output tokens in a minute; estimated when sent, corrected when the answer is known. {Share}", 1, 1_000_000_000_000),
        Integer("concurrency", $"Requests at the same time. {Share}", 1, 1_000_000),
        Integer("sessions_5m", $"Different sessions in any five minutes. {Share}", 1, 1_000_000_000),
        Integer("sessions_1h", $"Different sessions in any hour. {Share}", 1, 1_000_000_000),
        Integer("sessions_1d", $"Different sessions in any day. {Share}", 1, 1_000_000_000));

    private static Setting HybridWeight(string name, string description) => Number(name, $"{description} Not said is 0; one at least is more.", 0, 1000);

    private const string Share = "Shared out over the Routers that are alive.";
}
