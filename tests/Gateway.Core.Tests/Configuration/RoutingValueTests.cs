namespace Gateway.Core.Tests.Configuration;

/// <summary>Values that no setting of routing takes, and how the operator is told.</summary>
public sealed class RoutingValueTests
{
    [Theory]
    [InlineData("keys: [ { weight: 2 } ]", "keys[0].secret: is missing: a secret")]
    [InlineData("keys: [ { secret: a, weight: 0 } ]", "keys[0].weight: must be a whole number from 1 to 10000, not \"0\"")]
    [InlineData("keys: [ { secret: a, wieght: 2 } ]", "keys[0].wieght: unknown key; did you mean \"weight\"?")]
    [InlineData("keys: [ { secret: a, limits: { sessions_5min: 2 } } ]", "keys[0].limits.sessions_5min: unknown key; did you mean \"sessions_5m\"?")]
    [InlineData("keys: [ { secret: \"\" } ]", "keys[0].secret: must not be empty: an empty secret is a known secret")]
    [InlineData("keys: [ [a] ]", "keys[0]: must be a secret")]
    [InlineData("limits: 5", "limits: must be a mapping")]
    [InlineData("limits: { requests_per_minute: 0 }", "limits.requests_per_minute: must be a whole number from 1 to 1000000000, not \"0\"")]
    [InlineData("limits: { tokens_per_minute: many }", "limits.tokens_per_minute: must be a whole number from 1 to 1000000000000, not \"many\"")]
    [InlineData("limits: { concurrency: 1.5 }", "limits.concurrency: must be a whole number from 1 to 1000000")]
    [InlineData("limits: { sessions_1h: -1 }", "limits.sessions_1h: must be a whole number")]
    [InlineData("limits: { sessions_1d: 0 }", "limits.sessions_1d: must be a whole number")]
    [InlineData("connection: { http: 3 }", "connection.http: must be 1.1, auto or 2, not \"3\"")]
    [InlineData("connection: { http: aut }", "connection.http: must be 1.1, auto or 2, not \"aut\"; did you mean \"auto\"?")]
    [InlineData("connection: { proxy: proxy.example.com }", "connection.proxy: must be an absolute URL such as http://proxy.example.com:3128")]
    [InlineData("connection: { proxy: \"ftp://proxy.example.com\" }", "connection.proxy: must begin with http://, https://, socks4://, socks4a:// or socks5://")]
    [InlineData("connection: { proxy: \"socks5://proxy.example.com\" }", "connection.proxy: must have a port")]
    [InlineData("connection: { proxy: \"http://user:top-secret@proxy.example.com\" }", "connection.proxy: must have no user or password; they belong into proxy_credential")]
    [InlineData("connection: { proxy: \"http://proxy.example.com/a\" }", "connection.proxy: must be scheme, host and port only")]
    [InlineData("connection: { proxy: \"http://proxy.example.com?a\" }", "connection.proxy: must be scheme, host and port only")]
    [InlineData("connection: { max_connections: 0 }", "connection.max_connections: must be a whole number from 1 to 100000")]
    [InlineData("connection: { lifetime: 0s }", "connection.lifetime: must be from 1s to 1d, not \"0s\"")]
    [InlineData("connection: { tls: { authorities: \"\" } }", "connection.tls.authorities: must not be empty")]
    [InlineData("connection: { tls: { certificate: [a] } }", "connection.tls.certificate: must be a text, not a list")]
    [InlineData("connection: { tls: { server_name: \"a b\" } }", "connection.tls.server_name: must be the name of a host such as api.example.com, not \"a b\"")]
    [InlineData("connection: { tls: { server_name: \"https://a\" } }", "connection.tls.server_name: must be the name of a host")]
    [InlineData("paths: { chat_completion: /a }", "paths.chat_completion: unknown key; did you mean \"chat_completions\"?")]
    [InlineData("paths: { rerank: v2/rerank }", "paths.rerank: must begin with / and have 2 to 256 characters, not \"v2/rerank\"")]
    [InlineData("paths: { rerank: / }", "paths.rerank: must begin with /")]
    [InlineData("paths: { rerank: /a/../b }", "paths.rerank: must have no segment . or ..")]
    [InlineData("paths: { rerank: /a/.. }", "paths.rerank: must have no segment . or ..")]
    [InlineData("paths: { rerank: /a/./b }", "paths.rerank: must have no segment . or ..")]
    [InlineData("paths: { rerank: //evil.example.com/a }", "paths.rerank: must have no empty segment (//)")]
    [InlineData("paths: { rerank: \"/a#b\" }", "paths.rerank: must have no fragment")]
    [InlineData("paths: { rerank: \"/a?b\" }", "paths.rerank: must have no query: the protocol's own path has none")]
    [InlineData("paths: { rerank: \"/{deployment}\" }", "paths.rerank: must have no braces but those of {model}")]
    [InlineData("paths: { rerank: \"/{{model}\" }", "paths.rerank: must have no braces but those of {model}")]
    [InlineData("paths: { rerank: \"/%2e%2e/a\" }", "paths.rerank: must consist of letters, digits and")]
    [InlineData("paths: { rerank: \"/a\\\\b\" }", "paths.rerank: must consist of letters, digits and")]
    [InlineData("paths: { rerank: \"/a b\" }", "paths.rerank: must consist of letters, digits and")]
    [InlineData("tags: { region: \"\" }", "tags.region: must be 1 - 64 letters, digits or _ - ., not \"\"")]
    [InlineData("tags: { region: \"a b\" }", "tags.region: must be 1 - 64 letters")]
    [InlineData("tags: { region: 00000000000000000000000000000000000000000000000000000000000000000 }", "tags.region: must be 1 - 64 letters")]
    [InlineData("tags: { \"a:b\": c }", "tags[\"a:b\"]: a label must be 1 - 64 letters, digits or _ - .")]
    [InlineData("tags: [eu]", "tags: must be a mapping")]
    [InlineData("probe: { interval: 5s }", "probe.path: is missing: a path that begins with /")]
    [InlineData("probe: { path: health }", "probe.path: must begin with /")]
    [InlineData("probe: { path: /health, interval: 500ms }", "probe.interval: must be from 1s to 1h, not \"500ms\"")]
    [InlineData("probe: { path: /health, timeout: 2m }", "probe.timeout: must be from 1ms to 1m, not \"2m\"")]
    [InlineData("slow_stream: { window: 5s }", "slow_stream.events_per_second: is missing: a number from 0.001 to 100000")]
    [InlineData("slow_stream: { events_per_second: 0 }", "slow_stream.events_per_second: must be a number from 0.001 to 100000, not \"0\"")]
    [InlineData("slow_stream: { events_per_second: 1e3 }", "slow_stream.events_per_second: must be a number from 0.001 to 100000, not \"1e3\"")]
    [InlineData("slow_stream: { events_per_second: \"2,5\" }", "slow_stream.events_per_second: must be a number")]
    [InlineData("slow_stream: { events_per_second: .nan }", "slow_stream.events_per_second: must be a number")]
    [InlineData("slow_stream: { events_per_second: 1, window: 1h }", "slow_stream.window: must be from 1s to 10m, not \"1h\"")]
    public void Provider_WithABadMember_IsRefused(string member, string expected)
    {
        var errors = Documents.Errors($"version: 1\nproviders: {{ p: {{ protocol: openai, base_url: https://x.example.com, {member} }} }}");

        Assert.Contains($" providers.p.{expected}", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("top-secret", errors, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', errors);
    }

    [Theory]
    [InlineData("access: privat", "access: must be public, internal or private, not \"privat\"; did you mean \"private\"?")]
    [InlineData("strategy: round_robin", "strategy: must be weighted_round_robin, least_busy, lowest_latency, lowest_cost, most_quota, sticky or hybrid, not \"round_robin\"")]
    [InlineData("strategy: lowest-cost", "; did you mean \"lowest_cost\"?")]
    [InlineData("strategy: hybrid, priority: costs", "priority: must be balanced, cost, req, token or a mapping {cost, latency, load, errors}, not \"costs\"; did you mean \"cost\"?")]
    [InlineData("strategy: hybrid, priority: [cost]", "priority: must be balanced, cost, req, token or a mapping {cost, latency, load, errors}, not a list")]
    [InlineData("strategy: hybrid, priority: { latancy: 1 }", "priority.latancy: unknown key; did you mean \"latency\"?")]
    [InlineData("strategy: hybrid, priority: { cost: -1 }", "priority.cost: must be a number from 0 to 1000, not \"-1\"")]
    [InlineData("strategy: hybrid, priority: { cost: 1001 }", "priority.cost: must be a number from 0 to 1000, not \"1001\"")]
    [InlineData("strategy: hybrid, priority: { load: much }", "priority.load: must be a number from 0 to 1000, not \"much\"")]
    [InlineData("strategy: hybrid, priority: { errors: }", "priority.errors: has no value: a number from 0 to 1000")]
    [InlineData("strategy: sticky, sticky_by: user", "sticky_by: must be session or prefix, not \"user\"")]
    [InlineData("attempts: 0", "attempts: must be a whole number from 1 to 3, not \"0\"")]
    [InlineData("attempts: 4", "attempts: must be a whole number from 1 to 3, not \"4\"")]
    [InlineData("fallbacks: n", "fallbacks: must be a list")]
    [InlineData("fallbacks: [ [n] ]", "fallbacks[0]: must be a name, not a list")]
    [InlineData("fallbacks: [ \"a b\" ]", "fallbacks[0]: must be a name, not \"a b\"")]
    [InlineData("fallbacks: [ { on: [error] } ]", "fallbacks[0].model: is missing: a name")]
    [InlineData("fallbacks: [ { model: n, on: [] } ]", "fallbacks[0].on: must not be empty")]
    [InlineData("fallbacks: [ { model: n, on: error } ]", "fallbacks[0].on: must be a list")]
    [InlineData("fallbacks: [ { model: n, on: [context_lenght] } ]", "fallbacks[0].on[0]: must be error, context_length, content_policy or budget, not \"context_lenght\"; did you mean \"context_length\"?")]
    [InlineData("fallbacks: [ { model: n, when: error } ]", "fallbacks[0].when: unknown key; the keys here are model, on")]
    [InlineData("hedge: true", "hedge: must be a mapping")]
    [InlineData("hedge: { after: 0s }", "hedge.after: must be from 1ms to 10m, not \"0s\"")]
    [InlineData("hedge: { max_percent: 5.1 }", "hedge.max_percent: must be a number from 0 to 5, not \"5.1\"")]
    [InlineData("hedge: { max_percent: -0.1 }", "hedge.max_percent: must be a number from 0 to 5")]
    [InlineData("queue: { size: -1 }", "queue.size: must be a whole number from 0 to 100000, not \"-1\"")]
    [InlineData("queue: { wait: 10 }", "queue.wait: must be a duration such as")]
    public void ModelGroup_WithABadMember_IsRefused(string member, string expected)
    {
        var errors = Documents.Errors(
            $"version: 1\nproviders: {{ p: {{ protocol: openai, base_url: https://x.example.com }} }}\nmodels: {{ m: {{ {member}, deployments: [ {{ provider: p, model: one }} ] }}, n: {{ deployments: [ {{ provider: p, model: one }} ] }} }}");

        Assert.Contains(expected, errors, StringComparison.Ordinal);
        Assert.Contains(" models.m.", errors, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', errors);
    }

    [Theory]
    [InlineData("order: 0", "order: must be a whole number from 1 to 100, not \"0\"")]
    [InlineData("context: 0", "context: must be a whole number from 1 to 100000000, not \"0\"")]
    [InlineData("context: 128k", "context: must be a whole number")]
    [InlineData("supports: tools", "supports: must be a list")]
    [InlineData("supports: [tool]", "supports[0]: must be tools, vision, json_schema or reasoning, not \"tool\"; did you mean \"tools\"?")]
    [InlineData("tags: { a: [b] }", "tags.a: must be a label, not a list")]
    public void Deployment_WithABadMember_IsRefused(string member, string expected) =>
        Assert.Contains($"models.gpt-4o.deployments[0].{expected}",
            Documents.Errors(Documents.Small.Replace("model: gpt-4o-2024", $"model: x, {member}", StringComparison.Ordinal)), StringComparison.Ordinal);

    [Theory]
    [InlineData("keys: [ { id: a, secret: s-secret, models: [\"*\"], priority: high } ]", "keys[0].priority: must be interactive, default or batch, not \"high\"")]
    [InlineData("keys: [ { id: a, secret: s-secret, models: [\"*\"], priority: bach } ]", "; did you mean \"batch\"?")]
    [InlineData("keys: [ { id: a, secret: s-secret, models: [\"*\"], weight: 1001 } ]", "keys[0].weight: must be a whole number from 1 to 1000, not \"1001\"")]
    [InlineData("keys: [ { id: a, secret: s-secret, models: [\"*\"], requires: eu } ]", "keys[0].requires: must be a mapping")]
    [InlineData("keys: [ { id: a, secret: s-secret, models: [\"*\"], requires: { region: \"e u\" } } ]", "keys[0].requires.region: must be 1 - 64 letters")]
    [InlineData("keys: [ { id: a, secret: s-secret, models: [\"*\"], may_steer: 1 } ]", "keys[0].may_steer: must be true or false, not \"1\"")]
    [InlineData("teams: { \"a b\": {} }", "teams[\"a b\"]: a name must be")]
    [InlineData("teams: { a: { weight: 0 } }", "teams.a.weight: must be a whole number from 1 to 1000, not \"0\"")]
    [InlineData("teams: { a: { limits: { requests_per_minute: 0 } } }", "teams.a.limits.requests_per_minute: must be a whole number from 1 to 1000000000, not \"0\"")]
    [InlineData("teams: { a: { budget: { mode: hard } } }", "teams.a.budget.usd: is missing: USD")]
    [InlineData("routes: { path: /a }", "routes: must be a list")]
    [InlineData("routes: [ { streaming: both } ]", "routes[0].path: is missing: a path that begins with /")]
    [InlineData("routes: [ { path: a } ]", "routes[0].path: must begin with / and have 2 to 256 characters, not \"a\"")]
    [InlineData("routes: [ { path: / } ]", "routes[0].path: must begin with /")]
    [InlineData("routes: [ { path: /a//b } ]", "routes[0].path: must have no empty segment (//)")]
    [InlineData("routes: [ { path: /a/../admin } ]", "routes[0].path: must have no segment . or ..")]
    [InlineData("routes: [ { path: \"/a:b\" } ]", "routes[0].path: must consist of segments of letters, digits, -, _ and .")]
    [InlineData("routes: [ { path: \"/{model}\" } ]", "routes[0].path: must consist of segments of letters, digits, -, _ and .")]
    [InlineData("routes: [ { path: \"/a?b\" } ]", "routes[0].path: must consist of segments of letters, digits, -, _ and .")]
    [InlineData("routes: [ { path: /a, streaming: always } ]", "routes[0].streaming: must be both, only or never, not \"always\"")]
    [InlineData("routes: [ { path: /a, streaming: nevr } ]", "; did you mean \"never\"?")]
    [InlineData("routes: [ { path: /a, processors: x } ]", "routes[0].processors: must be a list")]
    public void KeysTeamsAndRoutes_WithABadMember_AreRefused(string line, string expected) =>
        Assert.Contains(expected, Documents.Errors("version: 1\n" + line), StringComparison.Ordinal);
}
