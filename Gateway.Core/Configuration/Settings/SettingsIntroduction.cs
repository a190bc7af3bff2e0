using Gateway.Core.Configuration.Automatic;
using Gateway.Core.Configuration.Store;

namespace Gateway.Core.Configuration.Settings;

/// <summary>What the reference page says before its tables.</summary>
internal static class SettingsIntroduction
{
    public static string Text { get; } =
        $$"""
        # Configuration

        <!-- Generated from the table of settings in Gateway.Core/Configuration/Settings. Do not edit: change the table, then run
             UPDATE_DOCS=1 dotnet test tests/Gateway.Core.Tests --filter SettingsReferenceTests -->

        One YAML document (JSON is YAML too), the same for all services. `{{ConfigSource.PathVariable}}` is its path. `Gateway.AppHost/gateway.yaml` is a
        small complete one.

        ## How it is read

        - **Strict.** Unknown, duplicate and mistyped keys, values out of range and references to things that do not exist are errors. All errors
          come at once, each with file, line, column, path and the nearest valid name:
          `gateway.yaml:12:5 providers.openai.base_ulr: unknown key; did you mean "base_url"?`
        - **Not available yet.** Settings that are designed and not built are listed below and refused by name. None is ignored.
        - **Environment.** `${NAME}` and `${NAME:-default}` work inside values, not in keys. The default counts when the variable is unset or empty. An unset
          variable without a default is an error. `$$` is one `$`; a `$` before anything but `{` or `$` stays as it is. What a variable holds is always
          text: it can never add keys or lists. Put quotes around such values: `"${NAME}"`.
        - **YAML.** Anchors, aliases, merge keys, tags and a second document are refused. An empty section (`aliases:`) is the same as none.
        - **Secrets** never appear in errors or logs, nor does any value that came out of the environment.
        - **Hot reload.** The file is read again when it changes (also by rename and by a swapped link, as Kubernetes does it). A good document
          raises the generation (`x-gateway-config`). A bad one never replaces a good one: its errors are logged once, and `/ready` says
          `degraded` until it is repaired. At the first start a bad document ends the process. Environment variables are those of the start.
        - **Units.** Durations: `500ms`, `2s`, `10m`, `1h`, `90d`. Sizes: `512KiB`, `32MiB`, `1GiB` (powers of 1024), `10MB` (powers of 1000), or bytes.
          Prices: USD per 1,000,000 tokens with at most nine decimals, kept exactly. Money: USD with at most nine decimals, kept exactly.
        - **Names** are {{SettingMaker.NameForm}}. A provider's name has no `/`.

        ## Changing it while it runs

        - **The file.** Every service that reads the file takes a new document up within a second or, on file systems that tell nothing, ten. Write the whole of it beside and rename it over the old one.
        - **`PUT /admin/v1/config`**, with the document as the body. It is checked as by `POST /admin/v1/config/validate`: with errors it is 400 `config_invalid`, all of them are in the answer, and nothing is changed. A good one is written in
          the place of the file (a new file beside it, synced, renamed; mode and owner stay; a link stays a link), and is in force at the Edge that answers. The answer has `version`, `sha256`, `changed`, `generation` and `warnings`. No setting needs a restart.
        - **`If-Match`** says which document is replaced: the `ETag` of `GET /admin/v1/config`, or `*` for whatever is there. Without it: 428. When another one came between, or somebody left a broken one in the file: 412.
        - **409 `config_not_writable`**: without `{{ConfigSource.PathVariable}}`, on a read-only mount, or where the file alone is mounted and not its folder. Change the document where it comes from (ConfigMap, repository): it is taken up, and kept as a version, all the same.
        - **With hidden secrets.** `GET /admin/v1/config` with `Accept: application/yaml` gives the text as it is written; in the place of a secret stands `"***1a2b3c4d5e"`. Sent back, changed or not, each tag is again the secret that it stands for, wherever
          it went. Comments that could hold a secret (settings, quotes, words such as *key*, long words with digits) are hidden likewise. Tags are made under `GATEWAY_KEY_PEPPER`; without it they hold until the Edge restarts.

        ```sh
        curl -sD head -H "Authorization: Bearer $GATEWAY_ADMIN_KEY" -H "Accept: application/yaml" $URL/admin/v1/config > gateway.yaml
        $EDITOR gateway.yaml
        curl -T gateway.yaml -H "Authorization: Bearer $GATEWAY_ADMIN_KEY" -H "If-Match: $(sed -n 's/^[Ee][Tt]ag: *//p' head | tr -d '\r')" \
             -H "x-gateway-comment: more tokens for research" $URL/admin/v1/config
        ```

        - **Versions.** Each document that comes into force is kept, however it came (`start`, `file`, `api`, `restore`): `GET /admin/v1/config/versions` (the newest first, `limit`, `cursor`), `/versions/N` with its text, `/versions/N/diff?with=M` as a unified
          diff (without `with`: against the one before), `POST /versions/N/restore`, which is the same as to put its text and wants `If-Match` too. `x-gateway-comment` is one line, as text or escaped as in a URL. Secrets are hidden in all of them; a changed one
          has another tag. The newest 200 are kept, once for all Edges: in PostgreSQL (`GATEWAY_DB`), else in `edge/config-versions` of the data folder, readable by its owner alone. They are kept as written: name secrets as `${NAME}` where that is not wanted.
        - **Several machines.** A document that is put goes into the file that the answering Edge sees, and nowhere else: services on other machines need the same volume, or another way for the file to come to them. The versions in PostgreSQL are a record; no service reads its
          document there.

        ## Without a document

        When `{{ConfigSource.PathVariable}}` is not set, providers and prefixes come from the environment, through the vendors' OpenAI-compatible endpoints:

        | Variable | Provider | Models |
        |---|---|---|
        {{Vendors()}}
        | `OLLAMA_HOST` | `ollama` | all others as `ollama/MODEL`; every name when it is the only provider. Without scheme: `http`. Without port: 11434 (443 for `https`). |

        `GATEWAY_DEMO_KEY` makes a virtual key `demo` for all models with {{AutomaticConfig.DemoRequestsPerMinute}} requests a minute; `GATEWAY_ADMIN_KEY` makes `server.admin_key`.
        With nothing at all the gateway does not start and says what to set.

        ## What a model name means

        The first that fits: a model group, an alias, `provider/model`, the longest prefix of `resolve.prefixes`, `resolve.default_provider`. An alias may
        lead to an alias; circles and dead ends are errors. Names are compared exactly; only to Ollama's clients `NAME` and `NAME:latest` are one. What leads
        nowhere is a 404 that names the nearest models which the key may use.

        Who may use a model group is its `access`; what no group names is private. Callers without a key reach public groups alone: they are `public` in
        reports, share no key's limits, and may not steer. A wrong key is refused for public models too.

        Below the path of a route with a model it is that model that answers and that the key must be allowed; the request's own is read and has no effect.

        ## What a request may choose

        Bodies of chat completions, completions, embeddings, responses and messages may steer the routing as OpenRouter has it, where `may_steer` of the key allows it:

        | Field | Effect |
        |---|---|
        | `models` | At most 8 models, asked one after the other when the ones before cannot serve. Without `model` the first is the request's own. The key must be allowed each. Below a route with a model: none. |
        | `provider.order` | At most 32 providers, the first ones to ask. |
        | `provider.only`, `provider.ignore` | At most 32 providers: no others, or not these. |
        | `provider.sort` | `price`, `throughput` or `latency`, in the place of the group's strategy. |
        | `provider.allow_fallbacks` | `false`: the first choice is asked and nothing else. |
        | `provider.max_price` | `prompt` and `completion`, USD per 1,000,000 tokens, as numbers or texts. A deployment without a price is above every bound. |

        Any other member of `provider` is an error: what is not obeyed must not look as if it were. No upstream sees these fields. The gateway obeys and removes them
        even where the upstream is OpenRouter itself.

        ## What fits a request

        A deployment with `supports` serves only requests that need no more: `tools` for a list of tools or functions that is not empty, `vision` for pictures, `json_schema` for answers by a
        schema, `reasoning` where it is asked for and not switched off. One with `context` serves only requests whose estimated input and output cap fit in: a token for four
        bytes of text, 272 for a picture (85 in low detail), nothing for other data in base64. Deployments that say neither are taken for all. What none of a group can serve is an error
        that names the reason: `unsupported_capability`, or `context_length_exceeded` in OpenAI's words.

        `moderation` on keys and on model groups names the moderation policy that applies; the key's goes first, then the group's, then the policy called
        `default`.

        ## Who answers

        - **Tiers, strategy, weights.** Of a group's deployments those of the lowest `order` with one that can serve come first; among them `strategy` picks.
          A deployment that the request does not fit (`context`, `supports`, the key's `requires`) is no candidate.
        - **Fallbacks** are tried when the group itself cannot serve, each for its failures, one after the other and within `attempts`. All of them must exist,
          and circles (`a -> b -> a`) are errors, also those that go through aliases.
        - **Limits** of providers and of their keys are for the whole gateway: each Router holds its share, the limit divided by the number of Routers that
          are alive. When every deployment is at its limit, requests wait in the group's `queue`: by `priority` of the key, then by `weight` of team or key.
        - **Routes** serve every endpoint below a path of their own: `path: /support` makes `/support/v1/chat/completions`, `/support/v1/messages` and all others.
          Their chats go through the route's `processors` first ([routing](routing.md#path-routes-and-processors)).

        ## Who may spend what

        - **Owners.** Organisation > team > user > key: `limits` and `budget` of each that a key belongs to hold at once, and those of `end_users` for the end user that a request
          names. A key belongs to its `team` (else its user's), and to the organisation of that team; without a team that the document describes to its own `organisation`, else its
          user's, else `default`. All keys of one user are in one organisation. Teams and users that keys name need not be described here; organisations must be, all but `default`.
        - What limits and budgets mean, and what clients hear of them: [limits and budgets](limits-and-budgets.md).
        - **Limits** are admitted by rate: in any interval of length W at most the burst and W's share of the rate. `shadow: true` tries limits out: they count and refuse nothing.
        - **Budgets** are in USD, of one window or several. A `hard` one is reserved before a request is sent and is never overspent; a `soft` one reports. `raise` gives more until a
          date, `fallback` lets a cheaper model answer when the money does not suffice, `alerts` tell the log and a `webhook`.
        - **Keys made at run time** have the members of `keys[]`, as JSON, and hold to the same rules. In them `$` is a plain sign, and `null` is the same as a missing member.
        - **Tokens** (JWT) of the issuers in `auth` are taken where a key could be; each subject counts as a key of its own, `jwt:NAME:SUBJECT`.

        ## What the design's shape does not have

        `moderation` on keys and model groups; `connection`, `paths`, `tags`, `probe` and `slow_stream` on providers, `sessions_*` in their limits; `sticky_by`, `attempts`, `hedge` and `queue` on model
        groups; `tags` on deployments; `hash`, `disabled`, `user`, `organisation`, `addresses`, `labels`, `weight`, `requires` and `may_steer` on keys; `weight` and `organisation` on teams; `max_tokens` on processors;
        `output_cap` on model groups; `organisations`, `users`, `end_users` and `auth`; of limits and budgets all but `requests_per_minute`, `tokens_per_minute`, `concurrency`, `usd`, `window` and `mode`.

        """;

    private static string Vendors() => string.Join('\n', AutomaticConfig.Describe());
}
