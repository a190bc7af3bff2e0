namespace Gateway.Core.Tests.Configuration;

/// <summary>What keys, owners, limits, budgets and issuers must not say, and how the operator is told.</summary>
public sealed class AccessRulesTests
{
    private const string Base = """
        version: 1
        providers: { openai: { protocol: openai, base_url: https://x.example.com } }
        models: { gpt-4o: { deployments: [ { provider: openai, model: m } ] }, gpt-4o-mini: { deployments: [ { provider: openai, model: mini } ] } }
        aliases: { fast: gpt-4o-mini }
        resolve: { prefixes: { "o1*": openai } }

        """;

    [Theory]
    [InlineData("requests_per_second: 0", "requests_per_second: must be a whole number from 1 to 1000000000, not \"0\"")]
    [InlineData("requests_per_hour: -1", "requests_per_hour: must be a whole number from 1 to 1000000000")]
    [InlineData("requests_per_day: 1000000001", "requests_per_day: must be a whole number from 1 to 1000000000")]
    [InlineData("tokens_per_second: 1.5", "tokens_per_second: must be a whole number from 1 to 1000000000000")]
    [InlineData("tokens_per_minute: 1e6", "tokens_per_minute: must be a whole number")]
    [InlineData("tokens_per_hour: 99999999999999999999", "tokens_per_hour: must be a whole number")]
    [InlineData("tokens_per_day: many", "tokens_per_day: must be a whole number")]
    [InlineData("concurrency: 1000001", "concurrency: must be a whole number from 1 to 1000000")]
    [InlineData("sessions_5m: 0", "sessions_5m: must be a whole number from 1 to 1000000")]
    [InlineData("sessions_1h: 0", "sessions_1h: must be a whole number")]
    [InlineData("sessions_1d: []", "sessions_1d: must be a whole number from 1 to 1000000, not a list")]
    [InlineData("requests_per_second: 1, burst: 0s", "burst: must be from 1ms to 1d, not \"0s\"")]
    [InlineData("requests_per_second: 1, burst: 25h", "burst: must be from 1ms to 1d")]
    [InlineData("requests_per_second: 1, burst: 10", "burst: must be a duration such as 500ms")]
    [InlineData("concurrency: 1, burst: 10s", "burst: has no effect without a rate; remove it")]
    [InlineData("burst: 10s, models: { gpt-4o: { requests_per_minute: 1 } }", "burst: has no effect without a rate")]
    [InlineData("models: { gpt-4o: { concurrency: 1, burst: 10s } }", "models.gpt-4o.burst: has no effect without a rate")]
    [InlineData("shadow: yes", "shadow: must be true or false, not \"yes\"")]
    [InlineData("shadow: true", "shadow: has no effect without a limit; remove it")]
    [InlineData("models: { gpt-4o: {} }", "models.gpt-4o: holds no limit; remove it")]
    [InlineData("models: { gpt-4: { concurrency: 1 } }", "models.gpt-4: unknown model \"gpt-4\"; did you mean \"gpt-4o\"?")]
    [InlineData("models: { fast: { concurrency: 1 } }", "models.fast: is an alias, and the limit would hold for that name alone; write \"gpt-4o-mini\"")]
    [InlineData("models: { \"gpt 4\": { concurrency: 1 } }", "models[\"gpt 4\"]: must be the name of a model in 1 - 256 visible characters")]
    [InlineData("models: { \"*\": { concurrency: 1, shadow: true } }", "models[\"*\"].shadow: unknown key")]
    [InlineData("models: { \"*\": { concurrency: 1, models: {} } }", "models[\"*\"].models: unknown key")]
    [InlineData("tokens_per_mintue: 1", "tokens_per_mintue: unknown key; did you mean \"tokens_per_minute\"?")]
    public void Limits_ThatCannotHold_AreRefusedForEveryOwner(string members, string expected)
    {
        foreach (var (path, document) in Owners($"limits: {{ {members} }}"))
        {
            Assert.Contains($"{path}.limits.{expected}", Documents.Errors(document), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("window: day", "usd: is missing: USD")]
    [InlineData("usd: -1", "usd: must be a plain decimal number of USD, e.g. 12.50")]
    [InlineData("usd: 1e3", "usd: must be a plain decimal number of USD")]
    [InlineData("usd: 0.0000000001", "usd: has more than nine decimals; money is kept exactly, in nano-USD")]
    [InlineData("usd: 9000000.000000001", "usd: must be from 0 to 9000000 USD")]
    [InlineData("usd: 99999999999999999999999999", "usd: must be from 0 to 9000000 USD")]
    [InlineData("usd: 1, window: year", "window: must be day, week, month, lifetime or rolling, not \"year\"")]
    [InlineData("usd: 1, window: rolling", "length: is missing: window: rolling needs it")]
    [InlineData("usd: 1, length: 2h", "length: has no effect without window: rolling; remove it")]
    [InlineData("usd: 1, window: rolling, length: 59m", "length: must be from 1h to 90d, not \"59m\"")]
    [InlineData("usd: 1, window: rolling, length: 91d", "length: must be from 1h to 90d")]
    [InlineData("usd: 1, window: rolling, length: 3600001ms", "length: must be in whole seconds")]
    [InlineData("usd: 1, window: rolling, length: 1h, time_zone: Europe/Berlin", "time_zone: has no effect with window: rolling; remove it")]
    [InlineData("usd: 1, window: lifetime, time_zone: UTC", "time_zone: has no effect with window: lifetime")]
    [InlineData("usd: 1, time_zone: Europe/Berln", "time_zone: must be the IANA name of a time zone such as Europe/Berlin, not \"Europe/Berln\"; did you mean \"Europe/Berlin\"?")]
    [InlineData("usd: 1, time_zone: europe/berlin", "did you mean \"Europe/Berlin\"?")]
    [InlineData("usd: 1, time_zone: W. Europe Standard Time", "time_zone: must be the IANA name")]
    [InlineData("usd: 1, time_zone: ../UTC", "time_zone: must be the IANA name")]
    [InlineData("usd: 1, mode: strict", "mode: must be hard or soft, not \"strict\"")]
    [InlineData("usd: 1, raise: { usd: 1 }", "raise.until: is missing: a date")]
    [InlineData("usd: 1, raise: { until: 2027-01-01 }", "raise.usd: is missing: USD")]
    [InlineData("usd: 1, raise: { usd: 0, until: 2027-01-01 }", "raise.usd: must be from 0.000000001 to 9000000 USD")]
    [InlineData("usd: 8999999, raise: { usd: 1.5, until: 2027-01-01 }", "raise.usd: is too much: a budget holds at most 9000000 USD, a raise included")]
    [InlineData("usd: 1, raise: { usd: 1, until: soon }", "raise.until: must be a date such as 2027-01-01")]
    [InlineData("usd: 1, alerts: [0]", "alerts[0]: must be a whole number from 1 to 1000")]
    [InlineData("usd: 1, alerts: [1001]", "alerts[0]: must be a whole number from 1 to 1000")]
    [InlineData("usd: 1, alerts: [50, 50]", "alerts[1]: must be greater than the one before it")]
    [InlineData("usd: 1, alerts: [80, 50]", "alerts[1]: must be greater than the one before it")]
    [InlineData("usd: 1, alerts: [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]", "alerts: must have at most 16 items")]
    [InlineData("usd: 1, webhook: https://h.example.com", "webhook: has no effect without alerts; write alerts: [50, 80, 100], or remove it")]
    [InlineData("usd: 1, alerts: [], webhook: https://h.example.com", "webhook: has no effect without alerts")]
    [InlineData("usd: 1, alerts: [1], webhook: h.example.com", "webhook: must be an absolute URL such as https://hooks.example.com/gateway")]
    [InlineData("usd: 1, alerts: [1], webhook: \"ftp://h.example.com\"", "webhook: must begin with http:// or https://")]
    [InlineData("usd: 1, alerts: [1], webhook: \"https://u:p@h.example.com\"", "webhook: must have no user or password")]
    [InlineData("usd: 1, alerts: [1], webhook: \"https://h.example.com#a\"", "webhook: must have no fragment")]
    [InlineData("usd: 1, alerts: [1], webhook: \"https://h.example.com/a b\"", "webhook: must have no spaces")]
    [InlineData("usd: 1, fallback: gpt-4", "fallback: unknown model \"gpt-4\"; did you mean \"gpt-4o\"?")]
    [InlineData("usd: 1, mode: soft, fallback: fast", "fallback: has no effect with mode: soft, which refuses nothing; remove it")]
    [InlineData("usd: 1, usdd: 2", "usdd: unknown key; did you mean \"usd\"?")]
    public void Budget_ThatCannotHold_IsRefusedForEveryOwner(string members, string expected)
    {
        foreach (var (path, document) in Owners($"budget: {{ {members} }}").Concat(Owners($"budgets: [ {{ {members} }} ]")))
        {
            var errors = Documents.Errors(document);
            Assert.Contains(expected, errors, StringComparison.Ordinal);
            Assert.Contains($" {path}.budget", errors, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("budget: { usd: 1 }, budgets: [ { usd: 1, window: day } ]", ".budgets: write budget or budgets, not both")]
    [InlineData("budgets: []", ".budgets: must not be empty")]
    [InlineData("budgets: [ { usd: 1 }, { usd: 2, window: month } ]", ".budgets[1]: the same window as ")]
    [InlineData("budgets: [ { usd: 1, window: rolling, length: 24h }, { usd: 2, window: rolling, length: 1d } ]", ".budgets[1]: the same window as ")]
    [InlineData("budgets: [ { usd: 1, window: day, time_zone: UTC }, { usd: 2, window: day, mode: soft } ]", ".budgets[1]: the same window as ")]
    [InlineData("budgets: [ {usd: 1, window: rolling, length: 1h}, {usd: 1, window: rolling, length: 2h}, {usd: 1, window: rolling, length: 3h}, {usd: 1, window: rolling, length: 4h}, {usd: 1, window: rolling, length: 5h}, {usd: 1, window: rolling, length: 6h}, {usd: 1, window: rolling, length: 7h}, {usd: 1, window: rolling, length: 8h}, {usd: 1, window: day} ]",
        ".budgets: must have at most 8 items")]
    public void Budgets_ThatGetInEachOthersWay_AreRefusedForEveryOwner(string members, string expected)
    {
        foreach (var (path, document) in Owners(members))
        {
            Assert.Contains(path + expected, Documents.Errors(document), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void LimitsByModel_OfEveryNameThatIsNoAlias_AreTaken() =>
        Documents.Good(Base + "end_users: { limits: { models: { gpt-4o: { concurrency: 1 }, openai/any: { concurrency: 1 }, o1-mini: { concurrency: 1 }, \"any*\": { concurrency: 1 } } } }");

    [Fact]
    public void Budgets_OfOneWindowInSeveralZonesOrLengths_AreTaken() =>
        Documents.Good(Base + "end_users: { budgets: [ { usd: 1, window: day }, { usd: 1, window: day, time_zone: Europe/Berlin }, { usd: 1, window: rolling, length: 1h }, { usd: 1, window: rolling, length: 2h }, { usd: 1 } ] }");

    [Theory]
    [InlineData("teams: { red: { organisation: acmee } }\norganisations: { acme: {} }", "teams.red.organisation: unknown organisation \"acmee\"; did you mean \"acme\"?")]
    [InlineData("teams: { red: { organisation: acme } }", "teams.red.organisation: unknown organisation \"acme\"")]
    [InlineData("users: { alice: { organisation: acme } }", "users.alice.organisation: unknown organisation \"acme\"")]
    [InlineData("teams: { red: {} }\norganisations: { acme: {} }\nusers: { alice: { team: red, organisation: acme } }", "users.alice.organisation: must be \"default\", the organisation of team \"red\"; or remove it")]
    [InlineData("organisations: { \"a b\": {} }", "organisations[\"a b\"]: a name must be")]
    [InlineData("users: { \"a{b\": {} }", "users[\"a{b\"]: a name must be")]
    [InlineData("users: { alice: { team: \"a b\" } }", "users.alice.team: must be a letter or digit")]
    [InlineData("organisations: { acme: { organisation: x } }", "organisations.acme.organisation: unknown key")]
    [InlineData("organisations: { acme: { wieght: 2 } }", "organisations.acme.wieght: unknown key")]
    [InlineData("end_users: { alice: {} }", "end_users.alice: unknown key; the keys here are limits, budget, budgets")]
    [InlineData("models: { n: { output_cap: 0, deployments: [ { provider: openai, model: m } ] } }", "models.n.output_cap: must be a whole number from 1 to 10000000, not \"0\"")]
    public void Owner_ThatBelongsNowhere_IsRefused(string lines, string expected) =>
        Assert.Contains(expected, Documents.Errors("version: 1\nproviders: { openai: { protocol: openai, base_url: https://x.example.com } }\n" + lines), StringComparison.Ordinal);

    [Theory]
    [InlineData("", "secret: is missing: a secret, usually \"${VARIABLE}\", or write hash")]
    [InlineData("secret: s-secret, hash: 0000000000000000000000000000000000000000000000000000000000000000", "hash: has no effect with secret; write one of the two")]
    [InlineData("hash: 00", "hash: must be 64 hexadecimal digits: the HMAC-SHA256 of the secret, not the secret")]
    [InlineData("hash: 000000000000000000000000000000000000000000000000000000000000000g", "hash: must be 64 hexadecimal digits")]
    [InlineData("secret: s-secret, id: \"jwt:a:b\"", "id: must not begin with jwt:, as the names of tokens do")]
    [InlineData("secret: s-secret, disabled: maybe", "disabled: must be true or false")]
    [InlineData("secret: s-secret, user: \"a b\"", "user: must be a letter or digit")]
    [InlineData("secret: s-secret, organisation: acmee", "organisation: unknown organisation \"acmee\"; did you mean \"acme\"?")]
    [InlineData("secret: s-secret, team: red, organisation: default", "organisation: must be \"acme\", the organisation of team \"red\"; or remove it")]
    [InlineData("secret: s-secret, user: alice, organisation: default", "organisation: must be \"acme\", the organisation of team \"red\"")]
    [InlineData("secret: s-secret, user: alice, team: blue", "user: belongs to organisation \"acme\", and the key to \"default\"; all keys of a user must be in one organisation")]
    [InlineData("secret: s-secret, user: bob, organisation: acme", "user: belongs to organisation \"default\", and the key to \"acme\"")]
    [InlineData("secret: s-secret, user: alice, weight: 2", "weight: has no effect with team: the team's weight counts")]
    [InlineData("secret: s-secret, addresses: []", "addresses: must not be empty")]
    [InlineData("secret: s-secret, addresses: [10.1]", "addresses[0]: must be an address such as 192.0.2.7 or 2001:db8::7, or a range such as 10.0.0.0/8, not \"10.1\"")]
    [InlineData("secret: s-secret, addresses: [example.com]", "addresses[0]: must be an address")]
    [InlineData("secret: s-secret, addresses: [\"fe80::1%eth0\"]", "addresses[0]: must be an address")]
    [InlineData("secret: s-secret, addresses: [\"[::1]:80\"]", "addresses[0]: must be an address")]
    [InlineData("secret: s-secret, addresses: [\"\"]", "addresses[0]: must be an address")]
    [InlineData("secret: s-secret, addresses: [10.0.0.0/33]", "addresses[0]: must have a prefix length from 0 to 32 after the slash")]
    [InlineData("secret: s-secret, addresses: [\"2001:db8::/129\"]", "addresses[0]: must have a prefix length from 0 to 128 after the slash")]
    [InlineData("secret: s-secret, addresses: [10.0.0.0/]", "addresses[0]: must have a prefix length")]
    [InlineData("secret: s-secret, addresses: [10.0.0.0/+8]", "addresses[0]: must have a prefix length")]
    [InlineData("secret: s-secret, addresses: [10.1.2.3/8]", "addresses[0]: has bits beyond its prefix; the range is 10.0.0.0/8, not \"10.1.2.3/8\"")]
    [InlineData("secret: s-secret, addresses: [\"2001:db8::1/33\"]", "addresses[0]: has bits beyond its prefix; the range is 2001:db8::/33")]
    [InlineData("secret: s-secret, addresses: [\"::ffff:10.0.0.1\"]", "addresses[0]: must be written as the IPv4 address 10.0.0.1")]
    [InlineData("secret: s-secret, labels: { a: \"b c\" }", "labels.a: must be 1 - 64 letters, digits or _ - .")]
    public void Key_ThatCannotBe_IsRefused(string members, string expected) =>
        Assert.Contains($"keys[0].{expected}", Documents.Errors(Base + $$"""
            organisations: { acme: {} }
            teams: { red: { organisation: acme }, blue: {} }
            users: { alice: { team: red }, bob: {} }
            keys: [ { {{(members.Contains("id:", StringComparison.Ordinal) ? "" : "id: k, ")}}models: ["*"], {{members}} } ]
            """), StringComparison.Ordinal);

    [Fact]
    public void Hash_OfTwoKeys_IsRefused()
    {
        const string Hash = "00112233445566778899aabbccddeeff00112233445566778899aabbccddee";

        Assert.Contains("keys[1].hash: the same hash as keys[0].hash",
            Documents.Errors(Base + $"keys: [ {{ id: a, hash: {Hash}ff, models: [\"*\"] }}, {{ id: b, hash: {Hash}FF, models: [\"*\"] }} ]"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("issuer: i, audience: a, keys: [0123456789abcdef0123456789abcdef], models: [\"*\"]", "name: is missing")]
    [InlineData("name: \"a:b\", issuer: i, audience: a, keys: [0123456789abcdef0123456789abcdef], models: [\"*\"]", "name: must have no colon: jwt:NAME:SUBJECT would have two meanings")]
    [InlineData("name: j, audience: a, keys: [0123456789abcdef0123456789abcdef], models: [\"*\"]", "issuer: is missing")]
    [InlineData("name: j, issuer: \"\", audience: a, keys: [0123456789abcdef0123456789abcdef], models: [\"*\"]", "issuer: must not be empty")]
    [InlineData("name: j, issuer: i, keys: [0123456789abcdef0123456789abcdef], models: [\"*\"]", "audience: is missing")]
    [InlineData("name: j, issuer: i, audience: [], keys: [0123456789abcdef0123456789abcdef], models: [\"*\"]", "audience: must not be empty")]
    [InlineData("name: j, issuer: i, audience: \"\", keys: [0123456789abcdef0123456789abcdef], models: [\"*\"]", "audience[0]: must not be empty")]
    [InlineData("name: j, issuer: i, audience: { a: b }, keys: [0123456789abcdef0123456789abcdef], models: [\"*\"]", "audience: must be a list")]
    [InlineData("name: j, issuer: i, audience: a, keys: [0123456789abcdef0123456789abcdef]", "models: is missing")]
    [InlineData("name: j, issuer: i, audience: a, keys: [0123456789abcdef0123456789abcdef], models: [gpt-4]", "models[0]: unknown model \"gpt-4\"")]
    [InlineData("name: j, issuer: i, audience: a, keys: [0123456789abcdef0123456789abcdef], models: [\"*\"], providers: [azure]", "providers[0]: unknown provider \"azure\"")]
    [InlineData("name: j, issuer: i, audience: a, models: [\"*\"]", "jwks_url: is missing: an https URL, or write keys")]
    [InlineData("name: j, issuer: i, audience: a, models: [\"*\"], keys: []", "keys: must not be empty")]
    [InlineData("name: j, issuer: i, audience: a, models: [\"*\"], keys: [0123456789abcdef0123456789abcdef], jwks_url: https://i.example.com", "keys: has no effect with jwks_url; write one of the two")]
    [InlineData("name: j, issuer: i, audience: a, models: [\"*\"], keys: [0123456789abcdef0123456789abcdef], internal: true", "internal: has no effect without jwks_url")]
    [InlineData("name: j, issuer: i, audience: a, models: [\"*\"], jwks_url: http://i.example.com", "jwks_url: must begin with https://: who changes the keys on the way makes tokens; set internal: true to permit http")]
    [InlineData("name: j, issuer: i, audience: a, models: [\"*\"], jwks_url: https://10.0.0.1", "jwks_url: leads to a loopback or private address; set internal: true to permit it")]
    [InlineData("name: j, issuer: i, audience: a, models: [\"*\"], jwks_url: https://i.example.com, required_roles: [a]", "required_roles: has no effect without roles_claim; say which claim has the roles")]
    [InlineData("name: j, issuer: i, audience: a, models: [\"*\"], jwks_url: https://i.example.com, subject_claim: \"\"", "subject_claim: must not be empty")]
    [InlineData("name: j, issuer: i, audience: a, models: [\"*\"], jwks_url: https://i.example.com, team: \"a b\"", "team: must be a letter or digit")]
    [InlineData("name: j, issuer: i, audience: a, models: [\"*\"], jwks_url: https://i.example.com, team_clam: a", "team_clam: unknown key; did you mean \"team_claim\"?")]
    public void Issuer_ThatCannotBe_IsRefused(string members, string expected) =>
        Assert.Contains($"auth.jwt[0].{expected}", Documents.Errors(Base + $"auth: {{ jwt: [ {{ {members} }} ] }}"), StringComparison.Ordinal);

    [Theory]
    [InlineData("name: j, issuer: other", "auth.jwt[1].name: the same name as auth.jwt[0].name")]
    [InlineData("name: other, issuer: i", "auth.jwt[1].issuer: the same issuer as auth.jwt[0].issuer")]
    public void Issuers_ThatCannotBeToldApart_AreRefused(string second, string expected) =>
        Assert.Contains(expected, Documents.Errors(Base + $$"""
            auth: { jwt: [ { name: j, issuer: i, audience: a, keys: [0123456789abcdef0123456789abcdef], models: ["*"] }, { {{second}}, audience: b, keys: [0123456789abcdef0123456789abcdef], models: ["*"] } ] }
            """), StringComparison.Ordinal);

    [Theory]
    [InlineData("0123456789abcdef0123456789abcde", "must have at least 32 bytes: a shorter secret can be guessed from one token")]
    [InlineData("0123456789abcdef 0123456789abcdef", "must be a public key in PEM")]
    [InlineData(TokenKeySamples.Rsa1024, "must be an RSA key of 2048 bits at least")]
    [InlineData(TokenKeySamples.Ed25519, "must be a public key of RSA or EC in PEM")]
    [InlineData("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "must be a public key of RSA or EC in PEM")]
    [InlineData("-----BEGIN PUBLIC KEY----- MFkwEwYHKoZIzj0CAQ", "must be a public key of RSA or EC in PEM")]
    [InlineData("-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----", "holds a private key; the gateway needs the public one alone")]
    public void IssuerKey_ThatVerifiesNothing_IsRefusedAndNotShown(string key, string expected)
    {
        var errors = Documents.Errors(Base + "auth: { jwt: [ { name: j, issuer: i, audience: a, keys: [\"${KEY}\"], models: [\"*\"] } ] }", ("KEY", key));

        Assert.Contains($"auth.jwt[0].keys[0]: {expected}", errors, StringComparison.Ordinal);
        Assert.DoesNotContain(key[^20..], errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Key_WithMoreBudgetsAndLimitsThanAContextHolds_IsRefused()
    {
        var budgets = $"budgets: [ {string.Join(", ", Enumerable.Range(1, 8).Select(static hours => $"{{ usd: 1, window: rolling, length: {hours}h }}"))} ]";
        var many = $"limits: {{ models: {{ {string.Join(", ", Enumerable.Range(0, 60).Select(static i => $"\"long-name-of-a-model-{i}*\": {{ tokens_per_minute: 1, concurrency: 1 }}"))} }} }}, {budgets}";
        var document = Base + $$"""
            teams: { red: { {{many}} } }
            keys: [ { id: a, secret: s-secret, models: ["*"], team: red }, { id: b, secret: t-secret, models: ["*"], {{budgets}} } ]
            auth: { jwt: [ { name: j, issuer: i, audience: a, keys: [0123456789abcdef0123456789abcdef], models: ["*"] } ] }
            """;

        var errors = Documents.Load(document).Errors;

        Assert.Equal(["keys[0]", "auth.jwt[0]"], errors.Select(static error => error.Path));
        Assert.All(errors, static error => Assert.StartsWith("is too much for the context of a request: ", error.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void LimitsByModel_OfMoreThanSixtyFourPatterns_AreRefused() =>
        Assert.Contains("end_users.limits.models: must have at most 64 entries",
            Documents.Errors(Base + $"end_users: {{ limits: {{ models: {{ {string.Join(", ", Enumerable.Range(0, 65).Select(static i => $"\"m{i}*\": {{ concurrency: 1 }}"))} }} }} }}"), StringComparison.Ordinal);

    [Fact]
    public void MemberOfAnOwner_ThatCouldNotBeRead_BringsNoSecondError() =>
        Assert.Equal("gateway.yaml:6:52 organisations.acme.budget.window: must be day, week, month, lifetime or rolling, not \"year\"",
            Documents.Errors(Base + "organisations: { acme: { budget: { usd: 1, window: year, length: 1h, time_zone: UTC } } }\nteams: { red: { organisation: acme } }"));

    /// <summary>A document for each kind of owner, with the path of the owner in it.</summary>
    private static IEnumerable<(string Path, string Document)> Owners(string members) =>
    [
        ("keys[0]", Base + $"keys: [ {{ id: k, secret: s-secret, models: [\"*\"], {members} }} ]"),
        ("teams.t", Base + $"teams: {{ t: {{ {members} }} }}"),
        ("users.u", Base + $"users: {{ u: {{ {members} }} }}"),
        ("organisations.o", Base + $"organisations: {{ o: {{ {members} }} }}"),
        ("end_users", Base + $"end_users: {{ {members} }}"),
        ("auth.jwt[0]", Base + $"auth: {{ jwt: [ {{ name: j, issuer: i, audience: a, keys: [0123456789abcdef0123456789abcdef], models: [\"*\"], {members} }} ] }}"),
    ];
}
