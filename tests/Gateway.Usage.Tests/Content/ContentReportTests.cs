using Gateway.Core.Configuration;
using Gateway.Core.Context;

namespace Gateway.Usage.Tests.Content;

/// <summary>The way in and the way out, over HTTP.</summary>
public sealed class ContentReportTests
{
    [Fact]
    public async Task Content_that_a_Router_sent_is_shown_as_it_was_sent()
    {
        await using var usage = await UsageHost.StartAsync();
        var entry = Contents.Entry(Guid.CreateVersion7(), DateTimeOffset.UtcNow, "zwölf");

        Assert.Equal(204, await usage.PostContentAsync(Contents.Frames(entry)));
        using var answer = await usage.SendAsync(PathOf(entry.Head.RequestId), ContextRole.Admin);

        Assert.Equal(Contents.TextOf(entry), await answer.Content.ReadAsStringAsync());
        Assert.Equal(("no-store", "nosniff", "application/json"), (
            answer.Headers.CacheControl!.ToString(), Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")), answer.Content.Headers.ContentType!.MediaType));
        Assert.Single(Directory.GetFiles(Path.Combine(usage.Folder, "content")));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(ContextRole.Client)]
    [InlineData(ContextRole.Service)]
    public async Task Content_is_for_operators_alone(ContextRole? role)
    {
        await using var usage = await UsageHost.StartAsync();
        var entry = Contents.Entry(Guid.CreateVersion7(), DateTimeOffset.UtcNow);
        await usage.PostContentAsync(Contents.Frames(entry));

        using var refused = await usage.SendAsync(PathOf(entry.Head.RequestId), role);

        Assert.Equal(401, (int)refused.StatusCode);
        Assert.DoesNotContain("a text", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_not_there_or_over_says_so()
    {
        await using var usage = await UsageHost.StartAsync();

        // Older than it is kept, on a day that is not over wholly: the service's own sweep, which comes at some moment after its start, leaves it.
        var then = new DateTimeOffset((DateTimeOffset.UtcNow - TimeSpan.FromHours(30)).UtcDateTime.Date, TimeSpan.Zero);
        var old = Contents.Entry(Guid.CreateVersion7(then), then);
        var odd = Contents.Entry(Guid.NewGuid(), then);
        await usage.PostContentAsync(Contents.Frames(old, odd));
        Assert.Equal(200, (await usage.GetAsync(PathOf(old.Head.RequestId))).Status);

        // At once, also before the day is deleted.
        usage.Config.Change(static config => config with { Usage = new UsageConfig { CaptureRetention = TimeSpan.FromHours(30) } });

        var (over, why) = await usage.GetAsync(PathOf(old.Head.RequestId));
        var (odder, whyOdd) = await usage.GetAsync(PathOf(odd.Head.RequestId));
        var (never, whyNot) = await usage.GetAsync(PathOf(Guid.CreateVersion7()));
        var (wrong, _) = await usage.GetAsync("/admin/v1/requests/nonsense/content");

        Assert.Equal((200, 200, 200, 400), (over, odder, never, wrong));
        Assert.Equal((old.Head.RequestId, "none"), (why.GetProperty("id").GetGuid(), why.GetProperty("level").GetString()));
        Assert.Contains("kept for 1.25 days (usage.capture_retention)", Reason(why), StringComparison.Ordinal);
        Assert.Contains("kept for 1.25 days", Reason(whyOdd), StringComparison.Ordinal);
        Assert.StartsWith("No content of request", Reason(whyNot), StringComparison.Ordinal);
        Assert.All([why, whyOdd, whyNot], static nothing => Assert.Equal(["id", "level", "reason"], nothing.EnumerateObject().Select(static member => member.Name)));
    }

    [Fact]
    public async Task What_did_not_come_over_whole_is_refused_and_only_services_may_send()
    {
        await using var usage = await UsageHost.StartAsync();
        var frames = Contents.Frames(Contents.Entry(Guid.CreateVersion7(), DateTimeOffset.UtcNow), Contents.Entry(Guid.CreateVersion7(), DateTimeOffset.UtcNow));

        Assert.Equal(400, await usage.PostContentAsync(frames[..^1]));
        Assert.Equal(400, await usage.PostContentAsync([]));
        frames[^1] ^= 1;
        Assert.Equal(400, await usage.PostContentAsync(frames));
        frames[^1] ^= 1;
        Assert.Equal(401, await usage.PostContentAsync(frames, ContextRole.Admin));
        Assert.Equal(401, await usage.PostContentAsync(frames, ContextRole.Client));
        Assert.False(Directory.Exists(Path.Combine(usage.Folder, "content")));
    }

    [Fact]
    public async Task A_full_disk_is_no_reason_to_lose_what_a_Router_has()
    {
        await using var usage = await UsageHost.StartAsync(minFreeBytes: long.MaxValue);

        Assert.Equal(503, await usage.PostContentAsync(Contents.Frames(Contents.Entry(Guid.CreateVersion7(), DateTimeOffset.UtcNow))));
        Assert.Single(usage.Log.Of(5300));
    }

    private static string PathOf(Guid id) => $"/admin/v1/requests/{id}/content";

    private static string Reason(System.Text.Json.JsonElement body) => body.GetProperty("reason").GetString()!;
}
