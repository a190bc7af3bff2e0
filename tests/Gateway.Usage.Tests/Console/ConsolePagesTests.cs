using Gateway.Core.Context;
using Gateway.Core.Journal;
using Gateway.Core.Money;
using Gateway.Usage.Console;
using Gateway.Usage.Console.Requests;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Usage.Tests.Console;

public sealed class ConsolePagesTests
{
    private static readonly long Now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    [Theory]
    [InlineData("/console", "Overview")]
    [InlineData("/console/requests", "Requests")]
    [InlineData("/console/models", "Models &amp; deployments")]
    [InlineData("/console/keys", "Keys &amp; budgets")]
    [InlineData("/console/explain", "Explain")]
    [InlineData("/console/playground", "Playground")]
    [InlineData("/console/configuration", "Configuration")]
    public async Task A_page_is_whole_without_a_script_and_allows_nothing_inline(string path, string heading)
    {
        await using var usage = await UsageHost.StartAsync();

        using var page = await usage.SendAsync(path, ContextRole.Admin);

        Assert.Equal(200, (int)page.StatusCode);
        Assert.Equal("text/html; charset=utf-8", page.Content.Headers.ContentType!.ToString());
        Assert.Equal("no-store", page.Headers.CacheControl!.ToString());
        Assert.Equal("nosniff", Assert.Single(page.Headers.GetValues("X-Content-Type-Options")));
        var policy = Assert.Single(page.Headers.GetValues("Content-Security-Policy"));
        Assert.StartsWith("default-src 'none'; script-src 'self'; style-src 'self'", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        var html = await page.Content.ReadAsStringAsync();
        Assert.StartsWith("<!DOCTYPE html>", html, StringComparison.Ordinal);
        Assert.Contains($"<h1>{heading}</h1>", html, StringComparison.Ordinal);
        Assert.Single(Count(html, "aria-current=\"page\""));
        Assert.DoesNotContain(" style=", html, StringComparison.Ordinal);
        Assert.DoesNotContain("http://", html, StringComparison.Ordinal);
        Assert.DoesNotContain("https://", html, StringComparison.Ordinal);
        Assert.Empty(Count(html, "<script>"));
        Assert.False(page.Headers.Contains("Set-Cookie"));
    }

    [Fact]
    public async Task A_build_without_scripts_says_so_at_the_start_and_on_each_page()
    {
        await using var whole = await UsageHost.StartAsync();
        await using var bare = await UsageHost.StartAsync(replace: static services => services.AddSingleton(new ConsoleAssets(typeof(object).Assembly)));

        using var page = await bare.SendAsync("/console", ContextRole.Admin);
        var html = await page.Content.ReadAsStringAsync();

        Assert.Equal(200, (int)page.StatusCode);
        Assert.Contains("has no scripts and styles for its console", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", html, StringComparison.Ordinal);
        Assert.Contains("Install Node.js 20 or newer", Assert.Single(bare.Log.Of(5350)), StringComparison.Ordinal);
        using var other = await whole.SendAsync("/console", ContextRole.Admin);
        Assert.DoesNotContain("has no scripts", await other.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(whole.Log.Of(5350));
    }

    [Theory]
    [InlineData("/console")]
    [InlineData("/console/requests")]
    [InlineData("/console/keys")]
    public async Task A_page_is_for_operators_alone(string path)
    {
        await using var usage = await UsageHost.StartAsync();

        foreach (var role in new ContextRole?[] { null, ContextRole.Client, ContextRole.Service })
        {
            using var refused = await usage.SendAsync(path, role);
            Assert.Equal(401, (int)refused.StatusCode);
        }
    }

    [Fact]
    public async Task The_sign_in_and_its_assets_are_for_anybody_and_hold_no_data()
    {
        await using var usage = await WithAsync(FakeJournal.Final(key: "canary", time: Now));

        using var page = await usage.SendAsync("/console/sign-in", ContextRole.Client);

        var html = await page.Content.ReadAsStringAsync();
        Assert.Equal(200, (int)page.StatusCode);
        Assert.DoesNotContain("canary", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<nav", html, StringComparison.Ordinal);
        var assets = html.Split('"').Where(static part => part.StartsWith("/console/assets/", StringComparison.Ordinal)).ToArray();
        Assert.Equal(["console.css", "console.js", "icon.svg", "theme.js"], assets.Select(static asset => asset.Split('/')[3].Split('?')[0]).Order(StringComparer.Ordinal));
        foreach (var asset in assets)
        {
            using var kept = await usage.SendAsync(asset, ContextRole.Client);
            Assert.Equal(200, (int)kept.StatusCode);
            Assert.Contains("immutable", kept.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
            using var other = await usage.SendAsync(asset.Split('?')[0] + "?v=old", ContextRole.Client);
            Assert.Equal("no-cache", other.Headers.CacheControl!.ToString());
        }
    }

    [Fact]
    public async Task The_first_page_with_all_it_needs_is_smaller_than_300_KB()
    {
        await using var usage = await WithAsync([.. Enumerable.Range(0, 1000).Select(static i => FakeJournal.Final(key: $"key-{i}", model: $"model-{i % 50}", time: Now - (i * 80_000L)))]);

        using var page = await usage.SendAsync("/console", ContextRole.Admin);

        var html = await page.Content.ReadAsByteArrayAsync();
        long size = html.Length;
        foreach (var asset in System.Text.Encoding.UTF8.GetString(html).Split('"').Where(static part => part.StartsWith("/console/assets/", StringComparison.Ordinal)).Distinct())
        {
            using var answer = await usage.SendAsync(asset, ContextRole.Client);
            size += (await answer.Content.ReadAsByteArrayAsync()).Length;
        }

        Assert.InRange(size, 50_000, 300_000);
    }

    [Fact]
    public async Task The_overview_sums_the_span_and_names_the_dearest()
    {
        await using var usage = await WithAsync(
            FakeJournal.Final(key: "cheap", time: Now), FakeJournal.Final(key: "dear <b>", input: 100_000, time: Now), FakeJournal.Final(key: "dear <b>", status: 503, time: Now) with { Ending = RequestEnding.UpstreamError },
            FakeJournal.Final(key: "old", time: Now - 40L * 86_400_000));

        var html = await HtmlAsync(usage, "/console");

        Assert.Contains("title=\"3\"", html, StringComparison.Ordinal);                // requests; the old one is before the span
        Assert.Contains("33.3 %", html, StringComparison.Ordinal);                    // failed
        Assert.Contains("title=\"1 of 3\"", html, StringComparison.Ordinal);
        Assert.Contains("$0.2013", html, StringComparison.Ordinal);                   // 200,310,000 + 2 * 510,000 nano-USD, to four digits
        Assert.Contains("dear &lt;b&gt;", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>", html, StringComparison.Ordinal);
        Assert.True(html.IndexOf("dear &lt;b&gt;", StringComparison.Ordinal) < html.IndexOf("key=cheap", StringComparison.Ordinal), "The dearest key comes first.");
        Assert.DoesNotContain("key=old", html, StringComparison.Ordinal);
        Assert.Contains("key=old", await HtmlAsync(usage, "/console?span=90d"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_overview_of_nothing_says_what_to_do()
    {
        await using var usage = await UsageHost.StartAsync();

        Assert.Contains("No requests yet", await HtmlAsync(usage, "/console?span=7d"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Requests_come_by_pages_newest_first_and_a_filter_stays_in_the_links()
    {
        await using var usage = await WithAsync([.. Enumerable.Range(0, 120).Select(static i => FakeJournal.Final(key: i % 2 == 0 ? "even" : "odd", time: Now - (i * 1000L)))]);

        var first = await HtmlAsync(usage, "/console/requests?key=even");
        var older = Between(first, "rel=\"next\" href=\"", "\"").Replace("&amp;", "&", StringComparison.Ordinal);
        var second = await HtmlAsync(usage, older);

        Assert.Equal(RequestsReader.PageSize, Count(first, "<time ").Count());
        Assert.Equal(10, Count(second, "<time ").Count());
        Assert.Contains("key=even", older, StringComparison.Ordinal);
        Assert.DoesNotContain(">odd<", first + second, StringComparison.Ordinal);
        Assert.DoesNotContain("rel=\"next\"", second, StringComparison.Ordinal);
        Assert.Contains("href=\"/console/requests?key=even\"", second, StringComparison.Ordinal);    // back to the newest
        Assert.Contains("name=\"key\" value=\"even\"", first, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("from=yesterday", "&#x27;from&#x27; must be a time")]
    [InlineData("cursor=nonsense", "cursor")]
    public async Task A_filter_that_cannot_be_read_is_said_on_the_page(string query, string message)
    {
        await using var usage = await UsageHost.StartAsync();

        var html = await HtmlAsync(usage, "/console/requests?" + query);

        Assert.Contains("role=\"alert\"", html, StringComparison.Ordinal);
        Assert.Contains(message, html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_request_is_a_waterfall_of_its_calls()
    {
        var id = Guid.NewGuid();
        var final = FakeJournal.After(FakeJournal.Final(id, time: Now), ("other/gpt-4o", new TokenUsage(7, 0, 0, 0, 0), 700)) with { ServiceTier = "flex", Warnings = ["logit_bias"] };
        await using var usage = await WithAsync(final);

        var html = await HtmlAsync(usage, $"/console/requests/{id}");

        Assert.Equal(2, Count(html, "<rect class=\"call").Count());
        Assert.Contains("1. other/gpt-4o", html, StringComparison.Ordinal);
        Assert.Contains("class=\"call bad\" x=\"0%\"", html, StringComparison.Ordinal);
        Assert.Contains("overloaded", html, StringComparison.Ordinal);
        Assert.Contains("up#1", html, StringComparison.Ordinal);
        Assert.Contains("flex", html, StringComparison.Ordinal);
        Assert.Contains("logit_bias", html, StringComparison.Ordinal);
        Assert.Contains("$0.000510700", html, StringComparison.Ordinal);

        // What clients wrote is asked for by a click, through the Edge, which notes it; it never stands in the page.
        Assert.Contains($"id=\"show-content\" data-id=\"{id}\"", html, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("018f0000-0000-7000-8000-000000000000")]
    public async Task A_request_that_is_not_there_is_404_with_an_explanation(string id)
    {
        await using var usage = await UsageHost.StartAsync();

        using var page = await usage.SendAsync($"/console/requests/{id}", ContextRole.Admin);

        Assert.Equal(404, (int)page.StatusCode);
        Assert.Contains("No such request", await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_corrected_request_shows_its_present_cost_and_each_correction()
    {
        var final = FakeJournal.Final(time: Now);
        await using var usage = await WithAsync(final);
        await usage.Ledger.CorrectAsync([new(Guid.CreateVersion7(), final.Intent.RequestId, final.CostNanoUsd, 123_000_000, "catalogue:2026-11-21", DateTimeOffset.UtcNow, "ada") { Reason = "<new>" }], default);

        var html = await HtmlAsync(usage, $"/console/requests/{final.Intent.RequestId}");

        Assert.Contains("Corrections of its cost", html, StringComparison.Ordinal);
        Assert.Contains("0.123", Between(html, "<h2>Corrections of its cost", "</section>"), StringComparison.Ordinal);
        Assert.Contains("0.00051", Between(html, "<h2>Corrections of its cost", "</section>"), StringComparison.Ordinal);
        Assert.Contains("&lt;new&gt;", html, StringComparison.Ordinal);
        Assert.Contains("0.123", await HtmlAsync(usage, "/console/requests"), StringComparison.Ordinal);
    }

    private static async Task<UsageHost> WithAsync(params UsageFinal[] finals)
    {
        var usage = await UsageHost.StartAsync();
        var journal = new FakeJournal();
        foreach (var final in finals)
        {
            journal.Add(final);
        }

        var (status, _) = await usage.PostAsync(journal.Batch(1, finals.Length));
        Assert.Equal(200, status);
        return usage;
    }

    private static async Task<string> HtmlAsync(UsageHost usage, string path)
    {
        using var page = await usage.SendAsync(path, ContextRole.Admin);
        var html = await page.Content.ReadAsStringAsync();
        Assert.True(page.IsSuccessStatusCode, html);
        return html;
    }

    private static IEnumerable<int> Count(string text, string part)
    {
        for (var at = text.IndexOf(part, StringComparison.Ordinal); at >= 0; at = text.IndexOf(part, at + 1, StringComparison.Ordinal))
        {
            yield return at;
        }
    }

    private static string Between(string text, string before, string after)
    {
        var start = text.IndexOf(before, StringComparison.Ordinal) + before.Length;
        return text[start..text.IndexOf(after, start, StringComparison.Ordinal)];
    }
}
