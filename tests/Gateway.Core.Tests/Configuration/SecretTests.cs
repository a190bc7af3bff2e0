using Gateway.Core.Configuration;

namespace Gateway.Core.Tests.Configuration;

/// <summary>Secrets stay out of everything that people and logs read.</summary>
public sealed class SecretTests
{
    private const string Secret = "sk-very-secret-value";

    [Theory]
    [InlineData("server: { admin_key: \"${S} \" }")]
    [InlineData("server: { admin_key: \"sk-very-secret-value x\" }")]
    [InlineData("server: { drain: \"${S}\" }")]
    [InlineData("server: { max_body: \"${S}\" }")]
    [InlineData("resolve: { default_provider: \"${S}\" }")]
    [InlineData("aliases: { a: \"${S}\" }")]
    [InlineData("keys: [ { id: \"${S} \", secret: a-secret, models: [\"${S}\"], providers: [\"${S}\"], expires: \"${S}\", moderation: \"${S}\" } ]")]
    [InlineData("keys: [ { id: a, secret: \"${S}\", models: [\"*\"] }, { id: b, secret: \"${S}\", models: [\"*\"] } ]")]
    [InlineData("keys: [ { id: a, secret: sk-very-secret-value, models: [\"*\"] }, { id: b, secret: sk-very-secret-value, models: [\"*\"] } ]")]
    [InlineData("providers: { p: { protocol: \"${S}\", base_url: \"${S}\", internal: \"${S}\", keys: [\"${S}\\t\"], headers: { host: \"${S}\" } } }")]
    [InlineData("providers: { p: { protocol: openai, base_url: \"https://user:sk-very-secret-value@x.example.com\" } }")]
    [InlineData("providers: { p: { protocol: openai, base_url: \"https://x.example.com?key=sk-very-secret-value\" } }")]
    [InlineData("providers: { p: { protocol: openai, base_url: https://x.example.com, keys: [ { secret: \"${S}\\t\", weight: \"${S}\", limits: { concurrency: \"${S}\" } } ] } }")]
    [InlineData("providers: { p: { protocol: openai, base_url: https://x.example.com, keys: [ { secret: sk-very-secret-value, secret: sk-very-secret-value }, [sk-very-secret-value] ] } }")]
    [InlineData("providers: { p: { protocol: openai, base_url: http://x.example.com, connection: { proxy: \"http://u:${S}@h\", proxy_credential: \"${S}\", http: \"${S}\", tls: { server_name: \"${S} \" } } } }")]
    [InlineData("providers: { p: { protocol: openai, base_url: https://x.example.com, paths: { rerank: \"${S}\", files: \"/{model}${S}\" }, tags: { a: \"${S} \" }, probe: { path: \"${S}\" }, slow_stream: { events_per_second: \"${S}\" } } }")]
    [InlineData("models: { m: { strategy: \"${S}\", priority: \"${S}\", fallbacks: [\"${S}\", { model: \"${S}\", on: [\"${S}\"] }], hedge: { max_percent: \"${S}\" }, deployments: [] } }")]
    [InlineData("routes: [ { path: \"/admin/${S}\", model: \"${S}\" }, { path: \"${S}\", streaming: \"${S}\" } ]\nkeys: [ { id: a, secret: s-secret, models: [\"*\"], requires: { a: \"${S}\" } } ]")]
    [InlineData("moderation: { policies: { p: { mode: \"${S}\", input: [ { check: regex, action: \"${S}\", pattern: \"(${S}\" } ] } } }")]
    [InlineData("models: { m: { deployments: [ { provider: \"${S}\", model: a, weight: \"${S}\", price: { input: \"${S}\", output: \"${S}\" } } ] } }")]
    [InlineData("end_users: { limits: { concurrency: \"${S}\", burst: \"${S}\", shadow: \"${S}\" }, budget: { usd: \"${S}\", window: \"${S}\", time_zone: \"${S}\", mode: \"${S}\", alerts: [\"${S}\"], webhook: \"${S}\", fallback: \"${S}\" } }")]
    [InlineData("end_users: { budget: { usd: 1, alerts: [1], webhook: \"https://sk-very-secret-value@h\" } }")]
    [InlineData("end_users: { budget: { usd: 1, alerts: [1], webhook: \"ftp://h/sk-very-secret-value\" } }")]
    [InlineData("keys: [ { id: a, hash: sk-very-secret-value, models: [\"*\"] } ]")]
    [InlineData("keys: [ { id: a, hash: \"${S}\", models: [\"*\"], user: \"${S} \", organisation: \"${S}\", addresses: [\"${S}\"], labels: { a: \"${S} \" } } ]")]
    [InlineData("keys: [ { id: a, hash: sk-very-secret-value, hash: sk-very-secret-value, secret: sk-very-secret-value, models: [\"*\"] } ]")]
    [InlineData("organisations: { o: {} }\nteams: { t: { organisation: \"${S}\" } }\nusers: { u: { team: t, organisation: o }, v: { organisation: \"${S}\" } }\nkeys: [ { id: a, secret: s-secret, models: [\"*\"], organisation: o, user: v }, { id: b, secret: t-secret, models: [\"*\"], organisation: o, team: t } ]")]
    [InlineData("auth: { jwt: [ { name: \"${S}:\", issuer: i, audience: a, keys: [sk-very-secret-value, \"${S}\"], jwks_url: \"${S}\", internal: \"${S}\", models: [\"${S}\"], providers: [\"${S}\"] } ] }")]
    [InlineData("auth: { jwt: [ { name: j, issuer: i, audience: a, jwks_url: \"http://h/sk-very-secret-value\", models: [\"*\"] } ] }")]
    [InlineData("providers: { p: { protocol: openai, base_url: https://x.example.com } }\naliases: { a: \"${S}\" }\nresolve: { default_provider: p }\nend_users: { limits: { models: { a: { concurrency: 1 } } } }")]
    public void Errors_AboutAValueThatIsSecret_DoNotShowIt(string lines)
    {
        var errors = Documents.Errors("version: 1\n" + lines, ("S", Secret));

        Assert.DoesNotContain("very-secret", errors, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Records_AsText_HideSecretsAndShowTheRest()
    {
        var config = Documents.Good("""
            version: 1
            server: { admin_key: sk-very-secret-value-1 }
            providers: { p: { protocol: openai, base_url: https://x.example.com, keys: [sk-very-secret-value-2, { secret: sk-very-secret-value-5, weight: 7 }], connection: { proxy: "http://proxy.example.com", proxy_credential: "u:sk-very-secret-value-6" }, headers: { x-token: sk-very-secret-value-3 } } }
            keys: [ { id: demo, secret: sk-very-secret-value-4, models: ["*"], budget: { usd: 1, alerts: [50], webhook: "https://very-secret.example.com/very-secret-value" } }, { id: b, hash: abcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabca, models: ["*"] } ]
            auth: { jwt: [ { name: j, issuer: i, audience: a, keys: [sk-very-secret-value-that-is-longer], models: ["*"] } ] }
            """);
        var snapshot = new ConfigSnapshot(config, 1, "f", "o");

        var texts = string.Join('\n', snapshot, config, config.Server, config.Providers["p"], config.Providers["p"].Keys[0], config.Providers["p"].Keys[1], config.Providers["p"].Connection, config.Keys[0], config.Keys[0].Budgets[0], config.Keys[1], config.JwtIssuers[0]);

        Assert.DoesNotContain("very-secret", texts, StringComparison.Ordinal);
        Assert.Contains("AdminKey = ***", texts, StringComparison.Ordinal);
        Assert.Contains("Id = demo, Secret = ***", texts, StringComparison.Ordinal);
        Assert.Contains("Keys = 2 x ***", texts, StringComparison.Ordinal);
        Assert.Contains("Secret = ***, Weight = 7", texts, StringComparison.Ordinal);
        Assert.DoesNotContain("abcabc", texts, StringComparison.Ordinal);
        Assert.Contains("LimitNanoUsd = 1000000000, ", texts, StringComparison.Ordinal);
        Assert.Contains("Webhook = ***", texts, StringComparison.Ordinal);
        Assert.Contains("Keys = 1 x ***", texts, StringComparison.Ordinal);
        Assert.Contains("ProxyCredential = ***", texts, StringComparison.Ordinal);
        Assert.Contains("x-token: ***", texts, StringComparison.Ordinal);
    }
}
