using System.Text.Json;
using Gateway.Core.Context;

namespace Gateway.Usage.Tests.Reports;

/// <summary>How sums are chosen, ordered, cut and written.</summary>
public sealed class UsageShapeTests(UsageShapeTests.FewRequests few) : IClassFixture<UsageShapeTests.FewRequests>
{
    private UsageHost Usage => few.Usage;

    [Theory]
    [InlineData("group=key&order=cost", "a:10 c:3 b:1")]
    [InlineData("group=key&order=requests", "b:1 a:10 c:3")]
    [InlineData("group=key&order=tokens", "c:3 b:1 a:10")]
    [InlineData("group=key&order=name", "a:10 b:1 c:3")]
    [InlineData("group=key", "a:10 b:1 c:3")]
    [InlineData("group=key&order=cost&limit=2", "a:10 c:3")]
    [InlineData("group=key&order=cost&limit=1&rest=true", "a:10 (rest):4")]
    [InlineData("group=key&order=cost&limit=3&rest=true", "a:10 c:3 b:1")]
    public async Task Groups_come_in_the_order_asked_for_and_the_rest_only_when_asked_for(string query, string expected)
    {
        var (_, report) = await Usage.GetAsync("/admin/v1/usage?" + query);

        Assert.Equal(expected, string.Join(' ', report.GetProperty("groups").EnumerateArray().Select(static group =>
            $"{(group.TryGetProperty("rest", out _) ? "(rest)" : group.GetProperty("key").GetString())}:{group.GetProperty("cost_nano_usd").GetInt64()}")));
        Assert.Equal((3, 14), (report.GetProperty("group_count").GetInt32(), report.GetProperty("total").GetProperty("cost_nano_usd").GetInt64()));
    }

    [Theory]
    [InlineData("key=a,b", 4)]
    [InlineData("key=a&key=c", 2)]
    [InlineData("key=nobody", 0)]
    [InlineData("key=", 5)]
    [InlineData("user=x%5C,y", 1)]
    [InlineData("user=x,y", 0)]
    [InlineData("user=-", 1)]
    [InlineData("user=%5C-", 0)]
    [InlineData("status=5xx", 1)]
    [InlineData("status=5xx,2xx", 5)]
    [InlineData("team=red&status=2xx", 3)]
    [InlineData("organisation=acme", 1)]
    [InlineData("tag=env=prod", 2)]
    [InlineData("tag=env=prod,env=test", 3)]
    [InlineData("tag=-", 2)]
    [InlineData("provider=anthropic", 1)]
    [InlineData("deployment=openai/gpt-4o", 4)]
    [InlineData("model=gpt-4o,claude&team=blue", 1)]
    public async Task Filters_choose_alike_what_is_summed_and_what_is_listed(string filter, int requests)
    {
        Assert.Equal(requests, (await Usage.TotalAsync("?" + filter)).GetProperty("requests").GetInt32());
        Assert.Equal(requests, (await Usage.AllRequestsAsync(2, "&" + filter)).Count);
    }

    [Fact]
    public async Task Spans_are_echoed_as_the_whole_hours_that_were_used()
    {
        var (_, report) = await Usage.GetAsync("/admin/v1/usage?from=2026-03-10T12:10:00Z&to=2026-03-10T14:00:01Z");

        Assert.Equal(("2026-03-10T12:00:00.000Z", "2026-03-10T15:00:00.000Z"), (report.GetProperty("from").GetString(), report.GetProperty("to").GetString()));
        Assert.Equal(5, report.GetProperty("total").GetProperty("requests").GetInt32());
    }

    [Fact]
    public async Task Csv_of_sums_has_names_rows_and_no_total()
    {
        using var answer = await Usage.SendAsync("/admin/v1/usage?group=tag,user&format=csv&limit=4&order=cost&rest=true", ContextRole.Admin);
        var lines = (await answer.Content.ReadAsStringAsync()).Split("\r\n");

        Assert.Equal("text/csv; charset=utf-8; header=present", answer.Content.Headers.ContentType?.ToString());
        Assert.Equal("attachment; filename=\"usage.csv\"", answer.Content.Headers.ContentDisposition?.ToString());
        Assert.Equal("rest,tag,user,requests,input_tokens,cached_tokens,cache_write_tokens,output_tokens,reasoning_tokens,audio_input_tokens,audio_output_tokens,cost_nano_usd,cost_usd", lines[0]);
        Assert.Equal("false,env=prod,\"'=cmd()\",1,100,10,0,40,5,0,0,10,0.00000001", lines[1]);
        Assert.Equal("false,,,1,900,10,0,40,5,0,0,3,0.000000003", lines[2]);
        Assert.Equal("true,,,2,20,20,0,80,10,0,0,0,0", lines[5]);
        Assert.Equal(["", 7], (object[])[lines[6], lines.Length]);
    }

    [Fact]
    public async Task Ndjson_of_sums_has_a_group_in_each_line()
    {
        using var answer = await Usage.SendAsync("/admin/v1/usage?group=key&format=ndjson", ContextRole.Admin);
        var text = await answer.Content.ReadAsStringAsync();
        var rows = text.TrimEnd('\n').Split('\n').Select(static line => JsonDocument.Parse(line).RootElement).ToArray();

        Assert.Equal("application/x-ndjson", answer.Content.Headers.ContentType?.ToString());
        Assert.Equal(["a", "b", "c"], rows.Select(static row => row.GetProperty("key").GetString()));
        Assert.Equal("0.00000001", rows[0].GetProperty("cost_usd").GetString());
        Assert.EndsWith("}\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_groups_the_one_row_is_the_total()
    {
        using var answer = await Usage.SendAsync("/admin/v1/usage?format=csv&key=a", ContextRole.Admin);

        Assert.Equal("1,100,10,0,40,5,0,0,10,0.00000001", (await answer.Content.ReadAsStringAsync()).Split("\r\n")[1]);
    }

    /// <summary>Five requests in one hour.</summary>
    public sealed class FewRequests : IAsyncLifetime
    {
        internal UsageHost Usage { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            Usage = await UsageHost.StartAsync();
            var journal = new FakeJournal()
                .Add(Final("a", cost: 10, input: 100, user: "=cmd()", tags: ["env=prod"]))
                .Add(Final("b", cost: 0, input: 10, user: "x,y", tags: ["env=prod", "app=chat"]))
                .Add(Final("b", cost: 1, input: 10, user: "ada", tags: ["env=test"]))
                .Add(Final("b", cost: 0, input: 10, user: "ada", status: 503))
                .Add(Final("c", cost: 3, input: 900, user: "", team: "blue", model: "claude", deployment: "anthropic/claude", organisation: "acme"));
            Assert.Equal((200, 5), await Usage.PostAsync(journal.All()));
        }

        public async Task DisposeAsync() => await Usage.DisposeAsync();
    }

    private static Gateway.Core.Journal.UsageFinal Final(
        string key, long cost, long input, string user, string[]? tags = null, string team = "red", string model = "gpt-4o", string deployment = "openai/gpt-4o", string organisation = "", int status = 200)
    {
        var final = FakeJournal.Final(key: key, team: team, model: model, deployment: deployment, input: input, status: status, time: FakeJournal.Noon + 60_000);
        return final with { CostNanoUsd = cost, Intent = final.Intent with { User = user, Tags = tags ?? [], Organisation = organisation, Price = null } };
    }
}
