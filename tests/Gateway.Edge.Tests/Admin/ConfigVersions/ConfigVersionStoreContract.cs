using Gateway.Edge.Admin.ConfigVersions;
using Gateway.Edge.Tests.Rig;

namespace Gateway.Edge.Tests.Admin.ConfigVersions;

/// <summary>What every store of the document's versions does.</summary>
public abstract class ConfigVersionStoreContract
{
    internal ManualTime Time { get; } = new();

    /// <summary>One more user of the same store.</summary>
    internal abstract IConfigVersionStore Open();

    [Fact]
    public async Task A_new_store_is_empty()
    {
        Assert.Empty(await Open().ListAsync(long.MaxValue, 10, default));
        Assert.Null(await Open().FindAsync(1, default));
    }

    [Fact]
    public async Task What_is_added_is_there_for_others_with_all_that_was_said()
    {
        const string Text = "version: 1\r\n# Jürgen\u2028 \"J\"\n\n";
        var added = await Open().AddAsync(Text, New(Text, ConfigVersionSources.Api, "console", "größer: \"mehr\""), default);

        var found = await Open().FindAsync(1, default);

        Assert.Equal(added, found!.Version);
        Assert.Equal(Text, found.Text);
        Assert.Equal((1L, Time.GetUtcNow(), "api", "console", "größer: \"mehr\""), (added.Number, added.Time, added.Source, added.Author, added.Comment));
        Assert.Equal([added], await Open().ListAsync(long.MaxValue, 10, default));
    }

    [Fact]
    public async Task The_newest_is_kept_once_however_many_see_it()
    {
        await AddAsync("a");
        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => AddAsync("b"))));
        await AddAsync("a");

        Assert.Equal([(3L, "a"), (2L, "b"), (1L, "a")], await TextsAsync());
    }

    [Fact]
    public async Task Who_put_it_there_may_say_so_after_another_saw_it()
    {
        await AddAsync("a");

        var said = await AddAsync("a", ConfigVersionSources.Api, "console", "mine");
        var again = await AddAsync("a", ConfigVersionSources.Api, "admin_key", "no, mine");

        Assert.Equal((1L, "api", "console", "mine"), (said.Number, said.Source, said.Author, said.Comment));
        Assert.Equal(said, again);
        Assert.Equal(said, (await Open().FindAsync(1, default))!.Version);
    }

    [Fact]
    public async Task What_was_seen_long_ago_stays_as_it_was()
    {
        var first = await AddAsync("a");
        Time.Advance(TimeSpan.FromMinutes(2));

        Assert.Equal(first, await AddAsync("a", ConfigVersionSources.Api, "console", "mine"));
    }

    [Fact]
    public async Task Lists_go_page_by_page_from_the_newest()
    {
        foreach (var text in (string[])["a", "b", "c", "d"])
        {
            await AddAsync(text);
        }

        Assert.Equal([4L, 3L], (await Open().ListAsync(long.MaxValue, 2, default)).Select(static version => version.Number));
        Assert.Equal([2L, 1L], (await Open().ListAsync(3, 2, default)).Select(static version => version.Number));
        Assert.Empty(await Open().ListAsync(1, 2, default));
    }

    [Fact]
    public async Task The_newest_two_hundred_are_kept_and_numbers_go_on()
    {
        var store = Open();
        for (var i = 1; i <= IConfigVersionStore.MaxVersions + 3; i++)
        {
            await store.AddAsync($"text {i}", New($"text {i}"), default);
        }

        var all = await Open().ListAsync(long.MaxValue, 1000, default);

        Assert.Equal(IConfigVersionStore.MaxVersions, all.Count);
        Assert.Equal((203L, 4L), (all[0].Number, all[^1].Number));
        Assert.Null(await store.FindAsync(3, default));
    }

    internal async Task<ConfigVersion> AddAsync(string text, string source = ConfigVersionSources.File, string? author = null, string? comment = null) =>
        await Open().AddAsync(text, New(text, source, author, comment), default);

    internal ConfigVersion New(string text, string source = ConfigVersionSources.File, string? author = null, string? comment = null) =>
        new(0, Time.GetUtcNow(), ConfigVersion.HashOf(text), source, author, comment);

    private async Task<List<(long Number, string Text)>> TextsAsync()
    {
        var texts = new List<(long, string)>();
        foreach (var version in await Open().ListAsync(long.MaxValue, 10, default))
        {
            texts.Add((version.Number, (await Open().FindAsync(version.Number, default))!.Text));
        }

        return texts;
    }
}
