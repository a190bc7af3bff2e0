using System.Globalization;
using System.Text.Json;
using Gateway.Edge.Tests.Rig;
using Gateway.Edge.VirtualKeys.Store;

namespace Gateway.Edge.Tests.VirtualKeys.Store;

/// <summary>What every store of keys does.</summary>
public abstract class KeyStoreContract
{
    internal static readonly DateTimeOffset Then = new(2026, 11, 21, 10, 0, 0, TimeSpan.Zero);

    internal ManualTime Time { get; } = new();

    /// <summary>One more user of the same store.</summary>
    internal abstract IKeyStore Open(TimeProvider time);

    [Fact]
    public async Task A_new_store_is_empty()
    {
        var changes = await Open(Time).ReadAsync(0, default);

        Assert.True(changes.IsAll);
        Assert.Equal(0, changes.Revision);
        Assert.Empty(changes.Keys);
    }

    [Fact]
    public async Task What_is_put_is_there_for_others_with_all_that_was_said()
    {
        var key = Key("demo", """{"id":"demo","models":["gpt-*"],"labels":{"who":"Jürgen \"J\""},"budget":{"usd":0.000000001}}""") with
        {
            Secrets = [new("aa11", "p1", Then, null), new("bb22", "p0", Then.AddDays(-1), Then.AddHours(1))],
        };

        var stored = await Open(Time).PutAsync(key, 0, default);
        var changes = await Open(Time).ReadAsync(0, default);

        Assert.Equal(1, stored!.Version);
        Assert.Equal(1, changes.Revision);
        AssertSame(stored, Assert.Single(changes.Keys));
        AssertSame(key with { Version = 1 }, stored);
    }

    [Fact]
    public async Task A_new_key_does_not_take_the_place_of_one_that_is_there()
    {
        var store = Open(Time);
        await store.PutAsync(Key("demo", """{"weight":1}"""), 0, default);

        Assert.Null(await store.PutAsync(Key("demo", """{"weight":2}"""), 0, default));

        AssertJson("""{"weight":1}""", Assert.Single((await store.ReadAsync(0, default)).Keys).Document);
    }

    [Fact]
    public async Task A_change_of_another_version_changes_nothing()
    {
        var store = Open(Time);
        var first = (await store.PutAsync(Key("demo", """{"weight":1}"""), 0, default))!;
        var second = (await store.PutAsync(first with { Document = """{"weight":2}""" }, first.Version, default))!;

        Assert.Equal(2, second.Version);
        Assert.Null(await store.PutAsync(first with { Document = """{"weight":3}""" }, first.Version, default));
        Assert.Null(await store.PutAsync(Key("other"), 1, default));
        Assert.Null(await store.DeleteAsync("demo", first.Version, default));
        Assert.Null(await store.DeleteAsync("other", 1, default));
        var left = Assert.Single((await store.ReadAsync(0, default)).Keys);
        AssertJson("""{"weight":2}""", left.Document);
        Assert.Equal(2, left.Version);
    }

    [Fact]
    public async Task Only_what_has_changed_is_said_and_deletions_are()
    {
        var store = Open(Time);
        await store.PutAsync(Key("a"), 0, default);
        await store.PutAsync(Key("b"), 0, default);
        var seen = (await store.ReadAsync(0, default)).Revision;
        Assert.Empty((await store.ReadAsync(seen, default)).Keys);

        var other = Open(Time);
        await other.PutAsync(Key("c"), 0, default);
        var gone = await other.DeleteAsync("a", 1, default);

        var changes = await store.ReadAsync(seen, default);
        Assert.False(changes.IsAll);
        Assert.Equal(4, changes.Revision);
        Assert.Equal(["a", "c"], changes.Keys.Select(static key => key.Id).Order(StringComparer.Ordinal));
        Assert.Equal((true, 4L), (gone!.IsDeleted, gone.Version));
        var told = changes.Keys.Single(static key => key.IsDeleted);
        Assert.Equal("a", told.Id);
        Assert.Empty(told.Secrets);
        Assert.Null(told.Document);
        Assert.Equal(["b", "c"], (await store.ReadAsync(0, default)).Keys.Select(static key => key.Id).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_deleted_id_may_be_used_again_and_has_a_later_version()
    {
        var store = Open(Time);
        await store.PutAsync(Key("demo"), 0, default);
        await store.DeleteAsync("demo", 1, default);
        Assert.Null(await store.DeleteAsync("demo", 2, default));

        var again = await store.PutAsync(Key("demo", """{"weight":7}"""), 0, default);

        Assert.Equal(3, again!.Version);
        AssertJson("""{"weight":7}""", Assert.Single((await store.ReadAsync(0, default)).Keys).Document);
    }

    [Fact]
    public async Task Deletions_are_forgotten_after_a_day_and_versions_go_on()
    {
        var store = Open(Time);
        await store.PutAsync(Key("old"), 0, default);
        await store.DeleteAsync("old", 1, default);
        Assert.Contains((await store.ReadAsync(1, default)).Keys, static key => key.Id == "old");

        Time.Advance(TimeSpan.FromHours(25));
        var next = await store.PutAsync(Key("new"), 0, default);
        Time.Advance(TimeSpan.FromHours(25));
        var last = await store.DeleteAsync("new", next!.Version, default);

        Assert.Equal(3, next.Version);
        Assert.Equal(4, last!.Version);
        Assert.DoesNotContain((await store.ReadAsync(1, default)).Keys, static key => key.Id == "old");
        Assert.Equal(4, (await store.ReadAsync(0, default)).Revision);
    }

    [Fact]
    public async Task Who_is_ahead_of_the_store_is_told_all()
    {
        var store = Open(Time);
        await store.PutAsync(Key("demo"), 0, default);

        var changes = await store.ReadAsync(1000, default);

        Assert.True(changes.IsAll);
        Assert.Equal(1, changes.Revision);
        Assert.Equal("demo", Assert.Single(changes.Keys).Id);
    }

    [Fact]
    public async Task Of_writers_at_the_same_time_none_is_lost_and_who_follows_sees_each()
    {
        const int Writers = 4;
        const int Changes = 10;

        // Whoever waits for the others gives up after five seconds, which a slow disk may need for all of this.
        var time = new UnhurriedTime();
        await Open(time).PutAsync(Key("shared", """{"count":0}"""), 0, default);

        await Task.WhenAll([.. Enumerable.Range(0, Writers).Select(writer => Task.Run(() => WriteAsync(Open(time), writer, Changes))), Task.Run(() => FollowAsync(Writers * Changes))]);

        var keys = (await Open(Time).ReadAsync(0, default)).Keys;
        AssertJson($$"""{"count":{{Writers * Changes}}}""", keys.Single(static key => key.Id == "shared").Document);
        Assert.Equal((Writers * Changes) + 1, keys.Count);
        Assert.Equal(keys.Count, keys.Select(static key => key.Version).Distinct().Count());
    }

    internal static StoredKey Key(string id, string document = "{}") =>
        new() { Id = id, Created = Then, Updated = Then.AddMinutes(1), Secrets = [new("cc33", "p1", Then, null)], Document = document };

    private static async Task WriteAsync(IKeyStore store, int writer, int changes)
    {
        for (var i = 0; i < changes; i++)
        {
            Assert.NotNull(await store.PutAsync(Key(string.Create(CultureInfo.InvariantCulture, $"w{writer}-{i}")), 0, default));
            StoredKey now;
            do
            {
                now = (await store.ReadAsync(0, default)).Keys.Single(static key => key.Id == "shared");
            }
            while (await store.PutAsync(now with { Document = $$"""{"count":{{JsonDocument.Parse(now.Document!).RootElement.GetProperty("count").GetInt32() + 1}}}""" }, now.Version, default) is null);
        }
    }

    // As an Edge does: only what is newer than what it has seen.
    private async Task FollowAsync(int keys)
    {
        using var deadline = new CancellationTokenSource(EdgeServer.Patience);
        var store = Open(new UnhurriedTime());
        var seen = new HashSet<string>();
        var revision = 1L;
        while (seen.Count < keys)
        {
            var changes = await store.ReadAsync(revision, deadline.Token);
            Assert.True(changes.Revision >= revision);
            revision = changes.Revision;
            seen.UnionWith(changes.Keys.Select(static key => key.Id).Where(static id => id != "shared"));
        }
    }

    private static void AssertSame(StoredKey expected, StoredKey actual)
    {
        AssertJson(expected.Document!, actual.Document);
        Assert.Equal(expected.Secrets, actual.Secrets);
        Assert.Equal(expected with { Document = null, Secrets = [] }, actual with { Document = null, Secrets = [] });
    }

    private static void AssertJson(string expected, string? actual) => Assert.True(
        JsonElement.DeepEquals(JsonDocument.Parse(expected).RootElement, JsonDocument.Parse(actual!).RootElement), actual);
}
