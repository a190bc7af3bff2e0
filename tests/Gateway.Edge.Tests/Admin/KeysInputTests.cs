using Gateway.Edge.Tests.Rig;

namespace Gateway.Edge.Tests.Admin;

/// <summary>One Edge with a key that was made at run time, for tests that change nothing.</summary>
public sealed class KeysFixture : IAsyncLifetime
{
    private readonly string _data = Directory.CreateTempSubdirectory("edge-data-").FullName;

    internal KeysEdge Edge { get; private set; } = null!;

    internal string Secret { get; private set; } = "";

    internal IReadOnlyList<string> Ids { get; private set; } = [];

    public async Task InitializeAsync()
    {
        Edge = await KeysEdge.StartAsync(_data);
        Secret = (await Edge.MakeAsync("""{"id":"demo","models":["*"]}""")).Secret;
        Ids = KeysAnswer.IdsOf(await Edge.GetAsync());
    }

    public async Task DisposeAsync()
    {
        await Edge.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }
}

/// <summary>What operators are told of calls that are wrong.</summary>
public sealed class KeysInputTests(KeysFixture rig) : IClassFixture<KeysFixture>
{
    [Theory]
    [InlineData("{", null, "not valid JSON")]
    [InlineData("", null, "missing")]
    [InlineData("[]", null, "JSON object")]
    [InlineData("\"x\"", null, "JSON object")]
    [InlineData("""{"models":["*"],"models":["*"]}""", null, "twice")]
    [InlineData("""{}""", "models", "is missing")]
    [InlineData("""{"models":[]}""", "models", "")]
    [InlineData("""{"models":"*"}""", "models", "list")]
    [InlineData("""{"models":["gpt-5"]}""", "models[0]", "unknown model")]
    [InlineData("""{"models":["*"],"id":""}""", "id", "at most 64 characters")]
    [InlineData("""{"models":["*"],"id":7}""", "id", "must begin with a letter")]
    [InlineData("""{"models":["*"],"id":"a/b"}""", "id", "must begin with a letter")]
    [InlineData("""{"models":["*"],"id":"public"}""", "id", "not be 'public'")]
    [InlineData("""{"models":["*"],"secret":"my-own-secret"}""", "secret", "cannot be given")]
    [InlineData("""{"models":["*"],"hash":"aa"}""", "hash", "cannot be given")]
    [InlineData("""{"models":["*"],"modles":["*"]}""", "modles", "did you mean \"models\"?")]
    [InlineData("""{"models":["*"],"source":"runtime"}""", "source", "unknown key")]
    [InlineData("""{"models":["*"],"team":7.5e}""", null, "not valid JSON")]
    [InlineData("""{"models":["*"],"team":""}""", "team", "")]
    [InlineData("""{"models":["*"],"user":["x"]}""", "user", "")]
    [InlineData("""{"models":["*"],"organisation":""}""", "organisation", "")]
    [InlineData("""{"models":["*"],"providers":["nobody"]}""", "providers[0]", "unknown provider")]
    [InlineData("""{"models":["*"],"priority":"high"}""", "priority", "")]
    [InlineData("""{"models":["*"],"weight":0}""", "weight", "")]
    [InlineData("""{"models":["*"],"requires":{"a b":"x"}}""", "requires[\"a b\"]", "")]
    [InlineData("""{"models":["*"],"may_steer":"perhaps"}""", "may_steer", "")]
    [InlineData("""{"models":["*"],"disabled":3}""", "disabled", "")]
    [InlineData("""{"models":["*"],"expires":"tomorrow"}""", "expires", "")]
    [InlineData("""{"models":["*"],"addresses":["10.0.0.0/33"]}""", "addresses[0]", "")]
    [InlineData("""{"models":["*"],"limits":{"requests_per_minute":-1}}""", "limits.requests_per_minute", "")]
    [InlineData("""{"models":["*"],"limits":{"tokens_per_day":1.5}}""", "limits.tokens_per_day", "")]
    [InlineData("""{"models":["*"],"limits":{"concurrency":1e99}}""", "limits.concurrency", "")]
    [InlineData("""{"models":["*"],"limits":{"burst":"1s"}}""", "limits.burst", "")]
    [InlineData("""{"models":["*"],"budget":{"usd":-1}}""", "budget.usd", "")]
    [InlineData("""{"models":["*"],"budget":{"usd":1,"window":"fortnight"}}""", "budget.window", "")]
    [InlineData("""{"models":["*"],"moderation":"nothing"}""", "moderation", "unknown moderation policy")]
    public async Task What_is_wrong_in_a_new_key_is_named_and_nothing_is_made(string body, string? param, string advice)
    {

        var answer = await rig.Edge.PostAsync(body);

        Assert.Equal((400, "invalid_request", param), KeysAnswer.RefusalOf(answer));
        Assert.Contains(advice, answer.Message, StringComparison.Ordinal);
        Assert.Equal(rig.Ids, KeysAnswer.IdsOf(await rig.Edge.GetAsync()));
    }

    [Fact]
    public async Task All_that_is_wrong_in_a_key_is_told_in_whole_sentences()
    {
        var answer = await rig.Edge.PostAsync("""{"models":["*"],"modles":["*"],"qqqqqqqq":1,"weigth":1}""");

        Assert.Matches("^modles: unknown key; did you mean \"models\"\\? qqqqqqqq: unknown key; the keys here are [a-z_, ]+\\. weigth: unknown key; did you mean \"weight\"\\?$", answer.Message);
    }

    [Theory]
    [InlineData("""{"id":"other"}""", "id", "cannot be changed")]
    [InlineData("""{"id":null}""", "id", "cannot be changed")]
    [InlineData("""{"secret":"mine"}""", "secret", "cannot be given")]
    [InlineData("""{"hash":null}""", "hash", "cannot be given")]
    [InlineData("""{"models":null}""", "models", "is missing")]
    [InlineData("""{"weigth":1}""", "weigth", "did you mean \"weight\"?")]
    [InlineData("""{"limits":{"requests_per_minute":0}}""", "limits.requests_per_minute", "")]
    [InlineData("""{"version":0}""", "version", "whole number")]
    [InlineData("""{"version":"1"}""", "version", "whole number")]
    [InlineData("[]", null, "JSON object")]
    [InlineData("", null, "missing")]
    public async Task What_is_wrong_in_a_change_is_named_and_nothing_is_changed(string body, string? param, string advice)
    {
        var answer = await rig.Edge.PatchAsync("demo", body);

        Assert.Equal((400, "invalid_request", param), KeysAnswer.RefusalOf(answer));
        Assert.Contains(advice, answer.Message, StringComparison.Ordinal);
        Assert.Equal(1, (await rig.Edge.GetAsync("/demo")).Version);
    }

    [Theory]
    [InlineData("""{"overlap":24}""", "overlap", "duration")]
    [InlineData("""{"overlap":"24"}""", "overlap", "duration")]
    [InlineData("""{"overlap":"-1h"}""", "overlap", "duration")]
    [InlineData("""{"overlap":"h"}""", "overlap", "duration")]
    [InlineData("""{"overlap":"31d"}""", "overlap", "30d")]
    [InlineData("""{"overlap":"99999999999d"}""", "overlap", "duration")]
    [InlineData("""{"overlab":"1h"}""", "overlab", "Did you mean 'overlap'?")]
    [InlineData("""{"secret":"mine"}""", "secret", "not known")]
    public async Task What_is_wrong_in_a_rotation_is_named_and_nothing_is_changed(string body, string param, string advice)
    {
        var answer = await rig.Edge.RotateAsync("demo", body);

        Assert.Equal((400, "invalid_request", param), KeysAnswer.RefusalOf(answer));
        Assert.Contains(advice, answer.Message, StringComparison.Ordinal);
        Assert.Equal(200, await rig.Edge.ChatAsync(rig.Secret));
        Assert.Equal(1, (await rig.Edge.GetAsync("/demo")).Version);
    }

    [Theory]
    [InlineData("?limit=0", "limit", "1 to 1000")]
    [InlineData("?limit=1001", "limit", "1 to 1000")]
    [InlineData("?limit=ten", "limit", "1 to 1000")]
    [InlineData("?limit=1&limit=2", "limit", "twice")]
    [InlineData("?cursor=%2a", "cursor", "'next'")]
    [InlineData("?cursor=", "cursor", "'next'")]
    [InlineData("?prefix=", "prefix", "1 to 256")]
    [InlineData("?teams=x", "teams", "Did you mean 'team'?")]
    [InlineData("?secret=gw_", "secret", "not known")]
    public async Task What_is_wrong_in_a_list_is_named(string query, string param, string advice)
    {

        var answer = await rig.Edge.GetAsync(query);

        Assert.Equal((400, "invalid_request", param), KeysAnswer.RefusalOf(answer));
        Assert.Contains(advice, answer.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "")]
    [InlineData("POST", "")]
    [InlineData("GET", "/full")]
    [InlineData("PATCH", "/full")]
    [InlineData("DELETE", "/full")]
    [InlineData("POST", "/full/rotate")]
    public async Task Who_is_no_operator_is_refused(string method, string path)
    {
        foreach (var key in new[] { null, "wrong", EdgeServer.Key })
        {
            using var client = rig.Edge.Edge.Client(key);
            using var request = new HttpRequestMessage(new HttpMethod(method), KeysEdge.Path + path) { Content = EdgeServer.Json("""{"models":["*"]}""") };

            using var response = await client.SendAsync(request);

            await EdgeServer.AssertErrorAsync(response, 401, "admin_key_required");
        }

        Assert.Equal(rig.Ids, KeysAnswer.IdsOf(await rig.Edge.GetAsync()));
    }

    [Fact]
    public async Task A_body_of_more_than_a_key_can_have_is_refused()
    {

        var answer = await rig.Edge.PostAsync($$"""{"models":["{{new string('x', 256 * 1024)}}"]}""");

        Assert.Equal((413, "request_too_large", null), KeysAnswer.RefusalOf(answer));
    }
}
