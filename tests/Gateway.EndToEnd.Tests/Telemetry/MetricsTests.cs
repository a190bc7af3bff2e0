using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Gateway.EndToEnd.Tests.Telemetry;

/// <summary>What operators see at <c>/metrics</c> of a running gateway.</summary>
public sealed partial class MetricsTests : IAsyncLifetime
{
    private const string Config = """
        version: 1
        server: { admin_key: "${GATEWAY_ADMIN_KEY}" }
        providers:
          broken: { protocol: openai, base_url: "${SIMULATOR_URL}/v1", keys: [sim-key-broken], internal: true }
          sim:    { protocol: openai, base_url: "${SIMULATOR_URL}/v1", keys: [sim-key-1], internal: true }
        models:
          gpt-4o: { deployments: [ { provider: sim, model: sim-large, price: { input: 2.50, output: 10.00 } } ] }
          out:    { deployments: [ { provider: broken, model: sim-small, price: { input: 0.15, output: 0.60 } } ], attempts: 1 }
        aliases: { fast: gpt-4o }
        resolve: { default_provider: sim }
        moderation:
          policies: { numbers: { mode: required, input: [ { check: regex, pattern: "[0-9]{4}-[0-9]{4}", action: redact } ] } }
        teams: { research: { budget: { usd: 500, window: month } } }
        keys:
          - { id: demo, secret: "${GATEWAY_DEMO_KEY}", team: research, models: ["*"], moderation: numbers, budget: { usd: 5, window: day } }
          - { id: free, secret: rig-free-key, models: ["*"] }
        """;

    private GatewayRig _rig = null!;

    public async Task InitializeAsync()
    {
        _rig = await GatewayRig.StartAsync(new RigOptions { Config = Config, Redis = false });
        await _rig.ControlAsync(0, """{"rules":[{"credential":"sim-key-broken","directives":"status=500"}]}""");
    }

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    [Fact]
    public async Task Every_metric_and_label_of_the_dashboard_is_there()
    {
        await SendAsync("gpt-4o", stream: false);
        await SendAsync("fast", stream: true);
        await SendAsync("nothing/there", stream: false);
        for (var i = 0; i < 12; i++)
        {
            await SendAsync("out", stream: false);
        }

        await CaughtUpAsync();
        var page = await PrometheusPage.ReadAsync(_rig);
        var dashboard = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(RigPaths.RepositoryRoot, "docs", "grafana", "gateway.json"))).RootElement;
        var queries = Queries(dashboard).ToList();

        Assert.True(dashboard.GetProperty("schemaVersion").GetInt32() >= 36);
        Assert.Contains(dashboard.GetProperty("templating").GetProperty("list").EnumerateArray(), static variable => variable.GetProperty("type").GetString() == "datasource");
        Assert.True(queries.Count > 20);
        Assert.All(queries, query =>
        {
            var names = Metric().Matches(query).Select(static match => match.Groups[1].Value).ToList();
            Assert.NotEmpty(names);
            Assert.All(names, name => Assert.Contains(name, page.Names));
            Assert.All(Grouping().Matches(query).SelectMany(static match => match.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries)), label => Assert.Contains(label, page.Labels));
        });
    }

    [Fact]
    public async Task Tokens_and_money_agree_with_the_ledger_and_nothing_waits_any_more()
    {
        for (var i = 0; i < 7; i++)
        {
            await SendAsync(i % 2 == 0 ? "gpt-4o" : "fast", stream: i % 3 == 0);
        }

        // Usage hears of requests last, and its exporter may keep a page for a moment: this very page tells of all seven.
        var page = await UntilAsync(static page => IsCaughtUp(page) && page.Sum("gateway_ledger_taken_total") == 7);
        using var admin = _rig.Admin();
        var total = (await admin.GetFromJsonAsync<JsonElement>("/admin/v1/usage")).GetProperty("total");

        Assert.Equal(total.GetProperty("cost_nano_usd").GetInt64(), (long)Math.Round(page.Sum("llm_cost_total", ("model", "gpt-4o")) * 1e9));
        Assert.Equal(total.GetProperty("input_tokens").GetInt64(), (long)page.Sum("llm_tokens_total", ("type", "input")));
        Assert.Equal(total.GetProperty("output_tokens").GetInt64(), (long)page.Sum("gen_ai_client_token_usage_sum", ("gen_ai_token_type", "output")));
        Assert.Equal(7, page.Sum("llm_requests_total", ("model", "gpt-4o"), ("status", "200"), ("operation", "chat")));
        Assert.Equal(7, page.Sum("gateway_overhead_seconds_count"));
        Assert.Equal(0, page.Sum("llm_active_connections"));

        // Both budgets, the key's and the team's.
        Assert.Equal(2 * total.GetProperty("cost_nano_usd").GetInt64(), (long)Math.Round((505 - page.Sum("gateway_budget_remaining")) * 1e9));

        // Bounds of the conventions.
        Assert.Equal(7, page.Sum("gen_ai_server_request_duration_seconds_bucket", ("le", "81.92")));
        Assert.Contains(page.All(), static series => series.StartsWith("gen_ai_client_token_usage_bucket", StringComparison.Ordinal) && series.Contains("le=67108864", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Names_that_clients_invent_make_no_series()
    {
        await FloodAsync(60);
        var before = (await PrometheusPage.ReadAsync(_rig)).All().ToHashSet(StringComparer.Ordinal);
        await FloodAsync(240);
        var after = (await PrometheusPage.ReadAsync(_rig)).All().Where(series => !before.Contains(series)).ToList();

        // What the runtime itself has to tell may grow by a few.
        Assert.True(after.Count(static series => series.StartsWith("llm_", StringComparison.Ordinal) || series.StartsWith('g')) <= 4 && after.Count < 40, string.Join('\n', after));

        async Task FloodAsync(int requests)
        {
            for (var i = 0; i < requests; i++)
            {
                var name = Guid.NewGuid().ToString("N");
                using var client = _rig.Client(i % 3 == 0 ? name : "rig-free-key");
                var model = (i % 4) switch { 0 => name, 1 => $"sim/{name}", 2 => $"nowhere/{name}", _ => "gpt-4o" };
                var path = i % 10 == 0 ? $"/v1beta/models/{model}:generateContent" : i % 10 == 1 ? $"/v1/{name}" : "/v1/chat/completions";
                var body = path.Contains("v1beta", StringComparison.Ordinal) ? """{"contents":[{"parts":[{"text":"hi"}]}]}"""
                    : $$"""{"model":"{{model}}","user":"{{name}}","max_tokens":1,"messages":[{"role":"user","content":"hi"}]}""";
                using var content = new StringContent(body, Encoding.UTF8, "application/json");
                client.DefaultRequestHeaders.Add("x-session-id", name);
                client.DefaultRequestHeaders.UserAgent.ParseAdd(name);
                using var response = await client.PostAsync(path, content);
            }
        }
    }

    private static IEnumerable<string> Queries(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(static member => member.Name == "expr" ? [member.Value.GetString()!] : Queries(member.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Queries),
        _ => [],
    };

    [GeneratedRegex("""([a-z_][a-z0-9_]*)\{""")]
    private static partial Regex Metric();

    [GeneratedRegex("""by \(([a-z_, ]+)\)""")]
    private static partial Regex Grouping();

    private async Task SendAsync(string model, bool stream)
    {
        using var client = _rig.Client();
        using var content = new StringContent(
            $$"""{"model":"{{model}}","stream":{{(stream ? "true" : "false")}},"messages":[{"role":"user","content":"tell me something"}]}""", Encoding.UTF8, "application/json");
        using var response = await client.PostAsync("/v1/chat/completions", content);
        await response.Content.ReadAsStringAsync();
    }

    /// <summary>Requests are counted after their clients have read the end, and their records shipped within a second.</summary>
    private Task<PrometheusPage> CaughtUpAsync() => UntilAsync(IsCaughtUp);

    private static bool IsCaughtUp(PrometheusPage page) => page.Sum("gateway_journal_waiting") <= 0 && page.Sum("llm_active_connections") <= 0;

    /// <returns>The page of which it is so.</returns>
    private async Task<PrometheusPage> UntilAsync(Func<PrometheusPage, bool> isSo)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        PrometheusPage page;
        do
        {
            await tick.WaitForNextTickAsync(deadline.Token);
            page = await PrometheusPage.ReadAsync(_rig);
        }
        while (!isSo(page));

        return page;
    }
}
