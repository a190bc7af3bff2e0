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
        Assert.Equal([.. OwnIds.Append("demo").Order(StringComparer.Ordinal)], KeysAnswer.IdsOf(list));
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
        Assert.Equal((404, "key_not_found", "id"), KeysAnswer.RefusalOf(await edge.GetAsync("/demo")));
        Assert.Equal((404, "key_not_found", "id"), KeysAnswer.RefusalOf(await edge.PatchAsync("demo", "{}")));
        Assert.Equal((404, "key_not_found", "id"), KeysAnswer.RefusalOf(await edge.DeleteAsync("demo")));
        Assert.Equal((404, "key_not_found", "id"), KeysAnswer.RefusalOf(await edge.RotateAsync("demo")));
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

    [Fact]
    public async Task A_list_has_pages_and_filters()
    {
        await using var edge = await KeysEdge.StartAsync(Data, config: EdgeServer.Config + "\nusers: { ada: { team: engines } }");
        foreach (var (id, more) in new[] { ("k1", "\"team\":\"research\""), ("k2", "\"user\":\"ada\""), ("k3", "\"user\":\"bob\""), ("other", "\"team\":\"research\"") })
        {
            await edge.MakeAsync($$"""{"id":"{{id}}","models":["*"],{{more}}}""");
        }

        Assert.Equal(["k1", "k2", "k3"], KeysAnswer.IdsOf(await edge.GetAsync("?prefix=k")));
        Assert.Empty(KeysAnswer.IdsOf(await edge.GetAsync("?prefix=gw_")));
        Assert.Equal(["full", "k1", "other"], KeysAnswer.IdsOf(await edge.GetAsync("?team=research")));
        Assert.Equal(["k2"], KeysAnswer.IdsOf(await edge.GetAsync("?team=engines")));
        Assert.Equal(["k2"], KeysAnswer.IdsOf(await edge.GetAsync("?user=ada")));
        Assert.Equal(["k3"], KeysAnswer.IdsOf(await edge.GetAsync("?user=bob&prefix=k")));

        var seen = new List<string>();
        string? next = null;
        do
        {
            var page = await edge.GetAsync($"?limit=4{(next is null ? "" : $"&cursor={next}")}");
            Assert.InRange(KeysAnswer.IdsOf(page).Count, 1, 4);
            seen.AddRange(KeysAnswer.IdsOf(page));
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

        Assert.Equal((409, "key_conflict", "version"), KeysAnswer.RefusalOf(await edge.PatchAsync("demo", """{"weight":3}""", "\"1\"")));
        Assert.Equal((409, "key_conflict", "version"), KeysAnswer.RefusalOf(await edge.PatchAsync("demo", """{"weight":3,"version":1}""")));
        Assert.Equal((409, "key_conflict", "version"), KeysAnswer.RefusalOf(await edge.RotateAsync("demo", """{"version":1}""")));
        Assert.Equal((409, "key_conflict", "version"), KeysAnswer.RefusalOf(await edge.DeleteAsync("demo", "1")));
        Assert.Equal((400, "invalid_request", "if-match"), KeysAnswer.RefusalOf(await edge.DeleteAsync("demo", "\"one\"")));
        Assert.Equal((400, "invalid_request", "version"), KeysAnswer.RefusalOf(await edge.PatchAsync("demo", """{"version":1}""", "\"2\"")));
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

        Assert.Equal((409, "key_conflict", "id"), KeysAnswer.RefusalOf(await edge.PostAsync("""{"id":"demo","models":["*"]}""")));
        var own = await edge.PostAsync("""{"id":"full","models":["*"]}""");

        Assert.Equal((409, "key_conflict", "id"), KeysAnswer.RefusalOf(own));
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
            Assert.Equal((409, "key_conflict", "id"), KeysAnswer.RefusalOf(answer));
            Assert.Contains("change it there", answer.Message, StringComparison.Ordinal);
        }
    }

    private static JsonElement Entry(KeysAnswer list, string id) => list.Body.GetProperty("keys").EnumerateArray().Single(key => key.GetProperty("id").GetString() == id);

    private static string Without(JsonElement body, string name)
    {
        var node = System.Text.Json.Nodes.JsonObject.Create(body)!;
        Assert.True(node.Remove(name));
        return JsonSerializer.Serialize(node, Plain);
    }

    private static readonly JsonSerializerOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
