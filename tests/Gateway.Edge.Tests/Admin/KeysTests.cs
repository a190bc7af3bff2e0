using System.Text.Json;
using Gateway.Edge.Tests.Rig;
using Gateway.Edge.Tests.VirtualKeys.Runtime;

namespace Gateway.Edge.Tests.Admin;

/// <summary>Keys over HTTP, as operators see them.</summary>
public sealed class KeysTests : DataFolder
{
    private static readonly string[] OwnIds = ["by-alias", "expired", "full", "limited", "narrow", "one-provider"];

    [Fact]
    public async Task A_key_is_made_shown_listed_changed_and_deleted()
    {
        var time = new ManualTime();
        await using var edge = await KeysEdge.StartAsync(Data, time: time);

        var made = await edge.PostAsync("""{"id":"demo","models":["gpt-*"],"team":"research","labels":{"who":"x"},"limits":{"requests_per_minute":60},"budget":{"usd":5,"window":"day"}}""");
        Assert.Equal(201, made.Status);
        Assert.Equal("/admin/v1/keys/demo", made.Headers.Location?.ToString());
        Assert.Equal("\"1\"", made.Headers.ETag?.ToString());
        Assert.True(made.Headers.CacheControl?.NoStore);
        Assert.StartsWith("gw_demo_", made.Secret, StringComparison.Ordinal);
        Assert.Equal("runtime", made.Body.GetProperty("source").GetString());
        Assert.Equal(time.GetUtcNow(), made.Body.GetProperty("created").GetDateTimeOffset());

        var shown = await edge.GetAsync("/demo");
        Assert.Equal(200, shown.Status);
        Assert.False(shown.Has("secret"));
        Assert.Equal(Without(made.Body, "secret"), shown.Body.ToString());
        Assert.Equal(60, shown.Body.GetProperty("limits").GetProperty("requests_per_minute").GetInt64());
        Assert.Equal("research", shown.Body.GetProperty("team").GetString());

        var list = await edge.GetAsync();
        Assert.Equal([.. OwnIds.Append("demo").Order(StringComparer.Ordinal)], Ids(list));
        Assert.Equal(JsonValueKind.Null, list.Body.GetProperty("next").ValueKind);
        Assert.Equal(shown.Body.ToString(), Entry(list, "demo").ToString());
        Assert.Equal("document", Entry(list, "full").GetProperty("source").GetString());
        Assert.DoesNotContain("gw-", list.Text, StringComparison.Ordinal);

        time.Advance(TimeSpan.FromMinutes(1));
        var changed = await edge.PatchAsync("demo", """{"team":null,"limits":{"requests_per_minute":null,"concurrency":3},"weight":4}""");
        Assert.Equal(200, changed.Status);
        Assert.Equal(2, changed.Version);
        Assert.False(changed.Has("team"));
        Assert.Equal("""{"concurrency":3}""", changed.Body.GetProperty("limits").GetRawText());
        Assert.Equal("x", changed.Body.GetProperty("labels").GetProperty("who").GetString());
        Assert.Equal(made.Body.GetProperty("created").GetString(), changed.Body.GetProperty("created").GetString());
        Assert.Equal(time.GetUtcNow(), changed.Body.GetProperty("updated").GetDateTimeOffset());

        var deleted = await edge.DeleteAsync("demo");
        Assert.Equal((200, """{"id":"demo","deleted":true}"""), (deleted.Status, deleted.Text));
        Assert.Equal((404, "key_not_found", "id"), Refusal(await edge.GetAsync("/demo")));
        Assert.Equal((404, "key_not_found", "id"), Refusal(await edge.PatchAsync("demo", "{}")));
        Assert.Equal((404, "key_not_found", "id"), Refusal(await edge.DeleteAsync("demo")));
        Assert.Equal((404, "key_not_found", "id"), Refusal(await edge.RotateAsync("demo")));
        Assert.Equal(201, (await edge.PostAsync("""{"id":"demo","models":["*"]}""")).Status);
    }

    [Fact]
    public async Task Without_an_id_one_is_made()
    {
        await using var edge = await KeysEdge.StartAsync(Data);

        var first = await edge.MakeAsync();
        var second = await edge.MakeAsync("""{"id":null,"models":["*"]}""");

        Assert.Matches("^key-[0-9a-z]{12}$", first.Id);
        Assert.NotEqual(first.Id, second.Id);
    }

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
    [InlineData("""{"models":["*"],"labels":{"a":7.5}}""", null, null)]
    [InlineData("""{"models":["*"],"limits":{"requests_per_minute":-1}}""", "limits.requests_per_minute", "")]
    [InlineData("""{"models":["*"],"limits":{"tokens_per_day":1.5}}""", "limits.tokens_per_day", "")]
    [InlineData("""{"models":["*"],"limits":{"concurrency":1e99}}""", "limits.concurrency", "")]
    [InlineData("""{"models":["*"],"limits":{"burst":"1s"}}""", "limits.burst", "")]
    [InlineData("""{"models":["*"],"budget":{"usd":-1}}""", "budget.usd", "")]
    [InlineData("""{"models":["*"],"budget":{"usd":1,"window":"fortnight"}}""", "budget.window", "")]
    [InlineData("""{"models":["*"],"moderation":"nothing"}""", "moderation", "unknown moderation policy")]
    public async Task What_is_wrong_in_a_new_key_is_named_and_nothing_is_made(string body, string? param, string? advice)
    {
        await using var edge = await KeysEdge.StartAsync(Data);

        var answer = await edge.PostAsync(body);

        if (advice is null)
        {
            // Labels are text; a number is taken as it is written.
            Assert.Equal(201, answer.Status);
            return;
        }

        Assert.Equal((400, "invalid_request", param), Refusal(answer));
        Assert.Contains(advice, answer.Message, StringComparison.Ordinal);
        Assert.Equal(OwnIds, Ids(await edge.GetAsync()));
        Assert.False(File.Exists(KeysFile));
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
        await using var edge = await KeysEdge.StartAsync(Data);
        await edge.MakeAsync("""{"id":"demo","models":["*"]}""");

        var answer = await edge.PatchAsync("demo", body);

        Assert.Equal((400, "invalid_request", param), Refusal(answer));
        Assert.Contains(advice, answer.Message, StringComparison.Ordinal);
        Assert.Equal(1, (await edge.GetAsync("/demo")).Version);
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
        await using var edge = await KeysEdge.StartAsync(Data);
        var made = await edge.MakeAsync("""{"id":"demo","models":["*"]}""");

        var answer = await edge.RotateAsync("demo", body);

        Assert.Equal((400, "invalid_request", param), Refusal(answer));
        Assert.Contains(advice, answer.Message, StringComparison.Ordinal);
        Assert.Equal(200, await edge.ChatAsync(made.Secret));
        Assert.Equal(1, (await edge.GetAsync("/demo")).Version);
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
        await using var edge = await KeysEdge.StartAsync(Data);

        var answer = await edge.GetAsync(query);

        Assert.Equal((400, "invalid_request", param), Refusal(answer));
        Assert.Contains(advice, answer.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_has_pages_and_filters()
    {
        await using var edge = await KeysEdge.StartAsync(Data, config: EdgeServer.Config + "\nusers: { ada: { team: engines } }");
        foreach (var (id, more) in new[] { ("k1", "\"team\":\"research\""), ("k2", "\"user\":\"ada\""), ("k3", "\"user\":\"bob\""), ("other", "\"team\":\"research\"") })
        {
            await edge.MakeAsync($$"""{"id":"{{id}}","models":["*"],{{more}}}""");
        }

        Assert.Equal(["k1", "k2", "k3"], Ids(await edge.GetAsync("?prefix=k")));
        Assert.Empty(Ids(await edge.GetAsync("?prefix=gw_")));
        Assert.Equal(["full", "k1", "other"], Ids(await edge.GetAsync("?team=research")));
        Assert.Equal(["k2"], Ids(await edge.GetAsync("?team=engines")));
        Assert.Equal(["k2"], Ids(await edge.GetAsync("?user=ada")));
        Assert.Equal(["k3"], Ids(await edge.GetAsync("?user=bob&prefix=k")));

        var seen = new List<string>();
        string? next = null;
        do
        {
            var page = await edge.GetAsync($"?limit=4{(next is null ? "" : $"&cursor={next}")}");
            Assert.InRange(Ids(page).Count, 1, 4);
            seen.AddRange(Ids(page));
            next = page.Body.GetProperty("next").GetString();
        }
        while (next is not null);
        Assert.Equal([.. OwnIds.Concat(["k1", "k2", "k3", "other"]).Order(StringComparer.Ordinal)], seen);
    }

    [Fact]
    public async Task A_change_of_what_was_changed_meanwhile_is_refused()
    {
        await using var edge = await KeysEdge.StartAsync(Data);
        await edge.MakeAsync("""{"id":"demo","models":["*"]}""");
        Assert.Equal(2, (await edge.PatchAsync("demo", """{"weight":2}""", "\"1\"")).Version);

        Assert.Equal((409, "key_conflict", "version"), Refusal(await edge.PatchAsync("demo", """{"weight":3}""", "\"1\"")));
        Assert.Equal((409, "key_conflict", "version"), Refusal(await edge.PatchAsync("demo", """{"weight":3,"version":1}""")));
        Assert.Equal((409, "key_conflict", "version"), Refusal(await edge.RotateAsync("demo", """{"version":1}""")));
        Assert.Equal((409, "key_conflict", "version"), Refusal(await edge.DeleteAsync("demo", "1")));
        Assert.Equal((400, "invalid_request", "if-match"), Refusal(await edge.DeleteAsync("demo", "\"one\"")));
        Assert.Equal((400, "invalid_request", "version"), Refusal(await edge.PatchAsync("demo", """{"version":1}""", "\"2\"")));
        Assert.Equal(2, (await edge.GetAsync("/demo")).Body.GetProperty("weight").GetInt32());

        Assert.Equal(3, (await edge.PatchAsync("demo", """{"weight":3,"version":2}""")).Version);
        Assert.Equal(4, (await edge.RotateAsync("demo", ifMatch: "3")).Version);
        Assert.Equal(5, (await edge.PatchAsync("demo", """{"weight":5}""", "*")).Version);
        Assert.Equal(200, (await edge.DeleteAsync("demo", "\"5\"")).Status);
    }

    [Fact]
    public async Task An_id_is_there_once()
    {
        await using var edge = await KeysEdge.StartAsync(Data);
        var made = await edge.MakeAsync("""{"id":"demo","models":["*"]}""");

        Assert.Equal((409, "key_conflict", "id"), Refusal(await edge.PostAsync("""{"id":"demo","models":["*"]}""")));
        var own = await edge.PostAsync("""{"id":"full","models":["*"]}""");

        Assert.Equal((409, "key_conflict", "id"), Refusal(own));
        Assert.Contains("document", own.Message, StringComparison.Ordinal);
        Assert.Equal(200, await edge.ChatAsync(made.Secret));
    }

    [Fact]
    public async Task Keys_of_the_document_are_read_only_and_may_have_a_slash()
    {
        await using var edge = await KeysEdge.StartAsync(Data, config: EdgeServer.Config + "\n  - { id: a/b, secret: gw-slash-key, models: [\"*\"] }");

        Assert.Equal("full", (await edge.GetAsync("/full")).Id);
        Assert.Equal("a/b", (await edge.GetAsync("/a%2Fb")).Id);
        foreach (var answer in new[] { await edge.PatchAsync("full", """{"weight":2}"""), await edge.DeleteAsync("full"), await edge.RotateAsync("full"), await edge.DeleteAsync("a%2fb") })
        {
            Assert.Equal((409, "key_conflict", "id"), Refusal(answer));
            Assert.Contains("change it there", answer.Message, StringComparison.Ordinal);
        }
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
        await using var edge = await KeysEdge.StartAsync(Data);
        foreach (var key in new[] { null, "wrong", EdgeServer.Key })
        {
            using var client = edge.Edge.Client(key);
            using var request = new HttpRequestMessage(new HttpMethod(method), KeysEdge.Path + path) { Content = EdgeServer.Json("""{"models":["*"]}""") };

            using var response = await client.SendAsync(request);

            await EdgeServer.AssertErrorAsync(response, 401, "admin_key_required");
        }

        Assert.False(File.Exists(KeysFile));
    }

    [Fact]
    public async Task A_body_of_more_than_a_key_can_have_is_refused()
    {
        await using var edge = await KeysEdge.StartAsync(Data);

        var answer = await edge.PostAsync($$"""{"models":["{{new string('x', 256 * 1024)}}"]}""");

        Assert.Equal((413, "request_too_large", null), Refusal(answer));
    }

    private static (int Status, string? Code, string? Param) Refusal(KeysAnswer answer) => answer.Status < 300 ? (answer.Status, answer.Text, null) : (answer.Status, answer.Code, answer.Param);

    private static List<string> Ids(KeysAnswer list) => [.. list.Body.GetProperty("keys").EnumerateArray().Select(static key => key.GetProperty("id").GetString()!)];

    private static JsonElement Entry(KeysAnswer list, string id) => list.Body.GetProperty("keys").EnumerateArray().Single(key => key.GetProperty("id").GetString() == id);

    private static string Without(JsonElement body, string name)
    {
        var node = System.Text.Json.Nodes.JsonObject.Create(body)!;
        Assert.True(node.Remove(name));
        return JsonSerializer.Serialize(node, Plain);
    }

    private static readonly JsonSerializerOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
