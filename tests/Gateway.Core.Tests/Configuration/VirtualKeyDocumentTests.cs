using System.Text;
using System.Text.Json;
using Gateway.Core.Configuration;

namespace Gateway.Core.Tests.Configuration;

/// <summary>One key as JSON, by the settings and the rules of the document.</summary>
public sealed class VirtualKeyDocumentTests
{
    private static readonly GatewayConfig Current = Documents.Good("""
        version: 1
        providers: { openai: { protocol: openai, base_url: https://x.example.com, tags: { region: eu } }, other: { protocol: openai, base_url: https://y.example.com } }
        models: { gpt-4o: { deployments: [ { provider: openai, model: m }, { provider: other, model: m, tags: { zone: a } } ] } }
        aliases: { fast: faster, faster: gpt-4o }
        resolve: { prefixes: { "o1*": openai } }
        organisations: { acme: {} }
        teams: { red: { organisation: acme }, blue: {} }
        users: { alice: { team: red } }
        moderation: { policies: { strict: { input: [ { check: keywords, list: [a], action: block } ] } } }
        """);

    [Theory]
    [InlineData("""{"id":"k","models":["*"],"providers":["*"]}""")]
    [InlineData("""{"id":"a/b:c.d","team":"red","user":"alice","disabled":true,"expires":"2027-01-01T00:00:00Z","models":["gpt-4o","fast","o1-mini","x*"],"providers":["openai","o*"],"priority":"batch","requires":{"region":"eu"},"may_steer":false,"addresses":["192.0.2.7","10.0.0.0/8","2001:db8::/32"],"labels":{"a":"1","b":"2"},"moderation":"strict","capture":"redacted"}""")]
    [InlineData("""{"id":"k","organisation":"acme","expires":"2027-01-01T10:30:00.1234567Z","models":["*"],"providers":["*"],"priority":"interactive","weight":7}""")]
    [InlineData("""{"id":"k","models":["*"],"providers":["*"],"limits":{"requests_per_second":1,"requests_per_minute":2,"requests_per_hour":3,"requests_per_day":4,"tokens_per_second":5,"tokens_per_minute":6,"tokens_per_hour":7,"tokens_per_day":8,"concurrency":9,"sessions_5m":10,"sessions_1h":11,"sessions_1d":12,"burst":"90s","shadow":true,"models":{"gpt*":{"tokens_per_day":13,"burst":"1500ms"},"gpt-4o":{"concurrency":14,"sessions_1d":15}}}}""")]
    [InlineData("""{"id":"k","models":["*"],"providers":["*"],"budget":{"usd":0.000000001,"window":"day","time_zone":"Europe/Berlin","mode":"hard","raise":{"usd":2.5,"until":"2030-01-01T00:00:00Z"},"alerts":[50,80],"webhook":"https://hooks.example.com/x?sig=1","fallback":"fast"}}""")]
    [InlineData("""{"id":"k","models":["*"],"providers":["*"],"budgets":[{"usd":9000000,"window":"lifetime","mode":"soft"},{"usd":8999999.999999999,"window":"rolling","length":"36h","mode":"hard"},{"usd":0,"window":"week","time_zone":"UTC","mode":"hard"},{"usd":100,"window":"month","time_zone":"UTC","mode":"hard"}]}""")]
    public void Key_WrittenAndReadAgain_IsTheSame(string json)
    {
        var key = Read(json);

        var written = VirtualKeyDocument.Write(key);

        Assert.Equal(json, Encoding.UTF8.GetString(written));
        Assert.Equal(JsonSerializer.Serialize(key), JsonSerializer.Serialize(Read(Encoding.UTF8.GetString(written))));
    }

    [Fact]
    public void Key_OfJson_EqualsTheOneOfTheDocument()
    {
        const string Members = """ "id": "k", "secret": "s-secret", "models": ["*"], "limits": { "tokens_per_minute": 60 }, "budget": { "usd": 1.5, "window": "week" }, "expires": "2027-01-01" """;
        var document = Documents.Good($"version: 1\nkeys: [ {{ {Members} }} ]").Keys[0];

        Assert.Equal(JsonSerializer.Serialize(document), JsonSerializer.Serialize(Read($"{{ {Members} }}")));
    }

    [Fact]
    public void Key_WithoutIdAndSecret_HasEmptyOnes()
    {
        var key = Read("""{ "models": ["*"], "team": null, "limits": null, "budget": null, "budgets": [ { "usd": 1, "raise": null } ], "secret": null }""");

        Assert.Equal(("", "", null, null), (key.Id, key.Secret, key.Hash, key.Team));
        Assert.Single(key.Budgets);
    }

    [Fact]
    public void Write_NeverShowsSecretOrHash()
    {
        var key = Read("""{ "id": "k", "secret": "very-secret", "models": ["*"] }""") with { Hash = new string('a', 64) };

        Assert.Equal("""{"id":"k","models":["*"],"providers":["*"]}""", Encoding.UTF8.GetString(VirtualKeyDocument.Write(key)));
    }

    [Fact]
    public void WriteMembers_IntoAnObject_LeavesItOpen()
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            VirtualKeyDocument.WriteMembers(writer, Read("""{ "id": "k", "models": ["*"] }"""));
            writer.WriteString("source", "document");
            writer.WriteEndObject();
        }

        Assert.Equal("""{"id":"k","models":["*"],"providers":["*"],"source":"document"}""", Encoding.UTF8.GetString(buffer.ToArray()));
    }

    [Theory]
    [InlineData("""{}""", "models", "is missing: a list")]
    [InlineData("""{ "models": null }""", "models", "must not be empty")]
    [InlineData("""{ "models": [] }""", "models", "must not be empty")]
    [InlineData("""{ "models": ["*"], "modles": null }""", "modles", "unknown key")]
    [InlineData("""{ "models": ["gpt-4"] }""", "models[0]", "unknown model \"gpt-4\"")]
    [InlineData("""{ "models": ["azure/x"] }""", "models[0]", "unknown model \"azure/x\"")]
    [InlineData("""{ "models": ["*"], "providers": ["opnai"] }""", "providers[0]", "unknown provider \"opnai\"")]
    [InlineData("""{ "models": ["*"], "moderation": "lax" }""", "moderation", "unknown moderation policy \"lax\"")]
    [InlineData("""{ "models": ["*"], "organisation": "acmee" }""", "organisation", "unknown organisation \"acmee\"")]
    [InlineData("""{ "models": ["*"], "team": "red", "organisation": "default" }""", "organisation", "must be \"acme\", the organisation of team \"red\"; or remove it")]
    [InlineData("""{ "models": ["*"], "team": "red", "weight": 2 }""", "weight", "has no effect with team")]
    [InlineData("""{ "models": ["*"], "user": "alice", "team": "blue" }""", "user", "belongs to organisation \"acme\", and the key to \"default\"")]
    [InlineData("""{ "models": ["*"], "requires": { "region": "us" } }""", "requires.region", "no deployment has the label \"region\" with the value \"us\"")]
    [InlineData("""{ "models": ["*"], "requires": { "zone": "a", "region": "eu" } }""", "requires", "no deployment has all of these labels together")]
    [InlineData("""{ "models": ["*"], "id": "public" }""", "id", "stands for callers without a key; choose another id")]
    [InlineData("""{ "models": ["*"], "id": "jwt:a:b" }""", "id", "must not begin with jwt:")]
    [InlineData("""{ "models": ["*"], "id": "" }""", "id", "must not be empty")]
    [InlineData("""{ "models": ["*"], "secret": "short" }""", "secret", "must have at least 8 characters")]
    [InlineData("""{ "models": ["*"], "secret": "s-secret", "hash": "0000000000000000000000000000000000000000000000000000000000000000" }""", "hash", "has no effect with secret")]
    [InlineData("""{ "models": ["*"], "limits": { "requests_per_minute": 0 } }""", "limits.requests_per_minute", "must be a whole number from 1 to 1000000000, not \"0\"")]
    [InlineData("""{ "models": ["*"], "limits": { "requests_per_minute": 1e2 } }""", "limits.requests_per_minute", "must be a whole number")]
    [InlineData("""{ "models": ["*"], "limits": { "requests_per_minute": true } }""", "limits.requests_per_minute", "must be a whole number")]
    [InlineData("""{ "models": ["*"], "limits": 5 }""", "limits", "must be a mapping")]
    [InlineData("""{ "models": ["*"], "limits": { "models": { "fast": { "concurrency": 1 } } } }""", "limits.models.fast", "is an alias, and the limit would hold for that name alone; write \"gpt-4o\"")]
    [InlineData("""{ "models": ["*"], "budget": { "usd": -1 } }""", "budget.usd", "must be a plain decimal number of USD")]
    [InlineData("""{ "models": ["*"], "budget": { "usd": 1 }, "budgets": [] }""", "budgets", "must not be empty")]
    [InlineData("""{ "models": ["*"], "budgets": [ { "usd": 1 }, { "usd": 2 } ] }""", "budgets[1]", "the same window as budgets[0]")]
    [InlineData("""{ "models": ["*"], "expires": 5 }""", "expires", "must be a date")]
    [InlineData("""{ "models": ["*"], "team": "${HOME}" }""", "team", "must be a letter or digit")]
    [InlineData("""{ "models": ["*"], "models": ["*"] }""", "models", "duplicate key")]
    [InlineData("""[]""", "", "must be a JSON object with the members of a key")]
    [InlineData("""5""", "", "must be a JSON object with the members of a key")]
    [InlineData("""null""", "", "must be a JSON object with the members of a key")]
    [InlineData("", "", "is no valid JSON")]
    [InlineData("""{ "models": ["*"] """, "", "is no valid JSON")]
    [InlineData("""{ "models": ["*"] } x""", "", "is no valid JSON")]
    [InlineData("""{ "models": ["*"], }""", "", "is no valid JSON")]
    [InlineData("""{ "models": ["*"] /* all */ }""", "", "is no valid JSON")]
    [InlineData("models: ['*']", "", "is no valid JSON")]
    [InlineData("""{ "models": ["\ud800"] }""", "", "is no valid JSON: a text is not UTF-8")]
    public void Json_ThatIsNoKey_IsRefusedWithThePathOfTheMember(string json, string path, string message)
    {
        Assert.False(VirtualKeyDocument.TryRead(Encoding.UTF8.GetBytes(json), Current, out var key, out var errors));

        Assert.Null(key);
        Assert.Contains(errors, error => error.Path == path && error.Message.StartsWith(message, StringComparison.Ordinal));
    }

    [Fact]
    public void Json_WithSeveralErrors_HasThemAllWithTheirPlaces()
    {
        VirtualKeyDocument.TryRead("{\n  \"models\": [\"gpt-4\"],\n  \"limtis\": {}, \"weight\": 0\n}"u8, Current, out _, out var errors);

        Assert.Equal(["models[0]", "limtis", "weight"], errors.Select(static error => error.Path));
        Assert.Equal([2, 3, 3], errors.Select(static error => error.Line));
        Assert.Equal([14, 3, 27], errors.Select(static error => error.Column));
        Assert.Equal(["gpt-4o", "limits", null], errors.Select(static error => error.Nearest));
    }

    [Theory]
    [InlineData("${GATEWAY_ADMIN_KEY}")]
    [InlineData("$$")]
    public void Dollar_InJson_IsAPlainSign(string pattern) =>
        Assert.Equal([$"*{pattern}"], Read($$"""{ "models": ["*{{pattern}}"] }""").Models);

    [Fact]
    public void Json_ThatIsTooLargeOrTooDeep_IsRefused()
    {
        Assert.False(VirtualKeyDocument.TryRead(Encoding.UTF8.GetBytes($$"""{ "models": ["{{new string('a', VirtualKeyDocument.MaxBytes)}}"] }"""), Current, out _, out var large));
        Assert.Equal("must have at most 262144 bytes", Assert.Single(large).Message);

        Assert.False(VirtualKeyDocument.TryRead(Encoding.UTF8.GetBytes(new string('[', 1000)), Current, out _, out var deep));
        Assert.Equal("is no valid JSON", Assert.Single(deep).Message);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void AnyMutationOfAGoodKey_IsReadOrRefused(int seed)
    {
        var random = new Random(seed);
        var good = """{"id":"k","models":["gpt-4o"],"limits":{"requests_per_minute":1,"burst":"1s","models":{"x*":{"concurrency":1}}},"budget":{"usd":1.5,"window":"day","alerts":[50]},"requires":{"region":"eu"}}"""u8.ToArray();
        for (var round = 0; round < 3000; round++)
        {
            byte[] text = [.. good];
            for (var edits = random.Next(1, 5); edits > 0; edits--)
            {
                text[random.Next(text.Length)] = (byte)random.Next(256);
            }

            Assert.NotEqual(VirtualKeyDocument.TryRead(text.AsSpan(0, random.Next(3) == 0 ? random.Next(text.Length) : text.Length), Current, out _, out var errors), errors.Count > 0);
        }
    }

    private static VirtualKeyConfig Read(string json)
    {
        Assert.True(VirtualKeyDocument.TryRead(Encoding.UTF8.GetBytes(json), Current, out var key, out var errors), string.Join('\n', errors));
        return key;
    }
}
