using System.Text;
using System.Text.Json;
using Gateway.Core.Configuration;
using Gateway.Edge.Tests.Rig;

namespace Gateway.Edge.Tests.Admin;

/// <summary>The document in force, and others, as operators see them.</summary>
public sealed class ConfigTests(EdgeFixture rig) : IClassFixture<EdgeFixture>
{
    private const string Path = "/admin/v1/config";

    [Fact]
    public async Task Settings_come_with_their_value_line_and_origin()
    {
        using var client = rig.Edge.Client(EdgeServer.AdminKey);
        using var response = await client.GetAsync(Path);
        using var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        var root = answer.RootElement;

        Assert.Equal((200, "no-store"), ((int)response.StatusCode, response.Headers.CacheControl?.ToString()));
        Assert.Equal((1, JsonValueKind.Null), (root.GetProperty("generation").GetInt32(), root.GetProperty("problem").ValueKind));
        Assert.EndsWith("gateway.yaml", root.GetProperty("origin").GetString(), StringComparison.Ordinal);
        Assert.Equal("""{"path":"server.max_body","value":"1MiB","source":"document","line":2,"variables":[],"secret":false}""", Find(root, "server.max_body"));
        Assert.Equal("""{"path":"server.admin_key","value":"***","source":"document","line":2,"variables":[],"secret":true}""", Find(root, "server.admin_key"));
        Assert.Equal("""{"path":"providers.openai.timeouts.connect","value":"2s","source":"default","line":null,"variables":[],"secret":false}""", Find(root, "providers.openai.timeouts.connect"));
        Assert.Contains("\"value\":\"openai\"", Find(root, "models.gpt-4o.deployments[0].provider"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Defaults_can_be_left_out()
    {
        using var client = rig.Edge.Client(EdgeServer.AdminKey);
        using var answer = JsonDocument.Parse(await client.GetStringAsync(Path + "?defaults=false"));

        Assert.All(answer.RootElement.GetProperty("settings").EnumerateArray(), static setting => Assert.NotEqual("default", setting.GetProperty("source").GetString()));
    }

    [Theory]
    [InlineData("?defaults=no", "defaults")]
    [InlineData("?default=true", "default")]
    public async Task Parameter_that_is_not_known_is_refused(string query, string parameter)
    {
        using var client = rig.Edge.Client(EdgeServer.AdminKey);
        using var response = await client.GetAsync(Path + query);

        await EdgeServer.AssertErrorAsync(response, 400, "invalid_request", parameter);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(EdgeServer.Key)]
    public async Task Without_the_admin_key_nothing_is_shown_and_nothing_is_read(string? key)
    {
        using var client = rig.Edge.Client(key);
        using var shown = await client.GetAsync(Path);
        using var body = new StringContent(EdgeServer.Config);
        using var validated = await client.PostAsync(Path + "/validate", body);

        await EdgeServer.AssertErrorAsync(shown, 401, "admin_key_required");
        await EdgeServer.AssertErrorAsync(validated, 401, "admin_key_required");
    }

    [Fact]
    public void No_secret_of_any_kind_is_listed()
    {
        const string Document = """
            version: 1
            server: { admin_key: "canary-1" }
            providers:
              a: { protocol: openai, base_url: "${CANARY_URL}", keys: [canary-2, { secret: canary-3, weight: 2 }, "${CANARY_KEY:-canary-4}", "x-canary-5-${CANARY_KEY}"], headers: { x-extra: "canary-6 ${CANARY_KEY}" },
                   connection: { proxy: "http://canary-7:3128", proxy_credential: "canary-8" } }
            auth: { jwt: [ { name: i, issuer: i, audience: a, jwks_url: "https://i/?key=canary-9", models: ["*"] }, { name: j, issuer: j, audience: a, keys: ["canary-10-canary-10-canary-10-canary"], models: ["*"] } ] }
            keys:
              - { id: k, secret: canary-11, models: ["*"], budget: { usd: 1, webhook: "https://w/canary-12" } }
              - { id: h, hash: canary-13, models: ["*"] }
            """;
        var listed = new ConfigListing(Document, static name => name.StartsWith("CANARY", StringComparison.Ordinal) ? "canary-of-the-environment" : null).Read(withDefaults: true).ToDictionary(static setting => setting.Path);

        Assert.All(listed.Values, static setting => Assert.DoesNotContain("canary", setting.ToString(), StringComparison.Ordinal));
        Assert.Equal(["***", "***", "${CANARY_KEY:-***}", "${CANARY_KEY}***"], new[] { "keys[0]", "keys[1].secret", "keys[2]", "keys[3]" }.Select(path => listed["providers.a." + path].Value));
        Assert.Equal(("${CANARY_URL}", ConfigValueSource.Environment, false), (listed["providers.a.base_url"].Value, listed["providers.a.base_url"].Source, listed["providers.a.base_url"].IsSecret));
        Assert.Equal(
            ["providers.a.connection.proxy", "providers.a.connection.proxy_credential", "auth.jwt[0].jwks_url", "auth.jwt[1].keys[0]", "keys[0].secret", "keys[0].budget.webhook", "keys[1].hash"],
            listed.Values.Where(static setting => setting.IsSecret && setting.Value == "***" && !setting.Path.StartsWith("providers.a.keys", StringComparison.Ordinal) && !setting.Path.StartsWith("server", StringComparison.Ordinal)).Select(static setting => setting.Path));
    }

    [Theory]
    [InlineData("${SET}", "environment", "SET")]
    [InlineData("${UNSET:-fast}", "document", "UNSET")]
    [InlineData("plain", "document", "")]
    [InlineData("$${SET}", "document", "")]
    public void Origin_of_a_value_is_the_environment_only_where_the_variable_is_set(string value, string source, string variables)
    {
        var setting = Assert.Single(new ConfigListing($"version: 1\naliases: {{ a: \"{value}\" }}", static name => name == "SET" ? "x" : null).Read(withDefaults: false), static setting => setting.Path == "aliases.a");

        Assert.Equal((value, source, variables), (setting.Value, setting.Source.ToString().ToLowerInvariant(), string.Join(',', setting.Variables)));
    }

    [Fact]
    public async Task Good_document_is_valid_and_changes_nothing()
    {
        using var answer = await ValidateAsync(EdgeServer.Config.Replace("1MiB", "2MiB", StringComparison.Ordinal));

        Assert.Equal("""{"valid":true,"errors":[]}""", answer.RootElement.GetRawText());
        using var client = rig.Edge.Client(EdgeServer.AdminKey);
        Assert.Contains("\"value\":\"1MiB\"", await client.GetStringAsync(Path), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bad_document_is_told_all_its_errors_with_lines_and_nearest_names()
    {
        using var answer = await ValidateAsync("version: 1\nproviderz: {}\nserver: { max_body: many }\n");
        var errors = answer.RootElement.GetProperty("errors").EnumerateArray().ToArray();

        Assert.False(answer.RootElement.GetProperty("valid").GetBoolean());
        Assert.Equal((2, 1, "providerz", "providers"), (errors[0].GetProperty("line").GetInt32(), errors[0].GetProperty("column").GetInt32(), errors[0].GetProperty("path").GetString(), errors[0].GetProperty("nearest").GetString()));
        Assert.Equal((3, "server.max_body"), (errors[1].GetProperty("line").GetInt32(), errors[1].GetProperty("path").GetString()));
    }

    [Fact]
    public async Task Body_that_is_no_text_is_refused()
    {
        using var client = rig.Edge.Client(EdgeServer.AdminKey);
        using var body = new ByteArrayContent([0xC3, 0x28]);
        using var response = await client.PostAsync(Path + "/validate", body);

        Assert.Contains("UTF-8", await EdgeServer.AssertErrorAsync(response, 400, "invalid_request"), StringComparison.Ordinal);
    }

    private async Task<JsonDocument> ValidateAsync(string document)
    {
        using var client = rig.Edge.Client(EdgeServer.AdminKey);
        using var body = new StringContent(document, Encoding.UTF8, "application/yaml");
        using var response = await client.PostAsync(Path + "/validate", body);
        Assert.Equal(200, (int)response.StatusCode);
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync());
    }

    private static string? Find(JsonElement root, string path) =>
        root.GetProperty("settings").EnumerateArray().FirstOrDefault(setting => setting.GetProperty("path").GetString() == path) is { ValueKind: JsonValueKind.Object } found ? found.GetRawText() : null;
}
