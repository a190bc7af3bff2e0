using Gateway.Core.Context;

namespace Gateway.Usage.Tests.Reports;

public sealed class UsageReportTests
{
    [Fact]
    public async Task Usage_GroupedByKeyAndModel_SumsExactly()
    {
        await using var usage = await HostAsync();

        var (status, report) = await usage.GetAsync("/admin/v1/usage?group=key,model");

        Assert.Equal(200, status);
        Assert.Equal(
            """
            {"from":null,"to":null,"group_count":3,"groups":[
            {"key":"a","model":"gpt-4o","requests":2,"input_tokens":300,"cached_tokens":20,"cache_write_tokens":0,"output_tokens":80,"reasoning_tokens":10,"audio_input_tokens":0,"audio_output_tokens":0,"cost_nano_usd":1220000,"cost_usd":"0.00122"},
            {"key":"b","model":"claude","requests":1,"input_tokens":50,"cached_tokens":10,"cache_write_tokens":0,"output_tokens":40,"reasoning_tokens":5,"audio_input_tokens":0,"audio_output_tokens":0,"cost_nano_usd":410000,"cost_usd":"0.00041"},
            {"key":"b","model":"gpt-4o","requests":1,"input_tokens":1000,"cached_tokens":10,"cache_write_tokens":0,"output_tokens":0,"reasoning_tokens":5,"audio_input_tokens":0,"audio_output_tokens":0,"cost_nano_usd":1990000,"cost_usd":"0.00199"}],
            "total":{"requests":4,"input_tokens":1350,"cached_tokens":40,"cache_write_tokens":0,"output_tokens":120,"reasoning_tokens":20,"audio_input_tokens":0,"audio_output_tokens":0,"cost_nano_usd":3620000,"cost_usd":"0.00362"}}
            """.ReplaceLineEndings(""),
            report.GetRawText());
    }

    [Theory]
    [InlineData("provider", "anthropic:1 openai:3")]
    [InlineData("team", "red:4")]
    [InlineData("deployment", "anthropic/claude:1 openai/gpt-4o:3")]
    [InlineData("day", "2026-03-10:3 2026-03-11:1")]
    [InlineData("status", "2xx:3 5xx:1")]
    public async Task Usage_GroupedByOneDimension_NamesItsValues(string dimension, string expected)
    {
        await using var usage = await HostAsync();

        var (_, report) = await usage.GetAsync("/admin/v1/usage?group=" + dimension);

        Assert.Equal(expected, string.Join(' ', report.GetProperty("groups").EnumerateArray().Select(group => $"{group.GetProperty(dimension).GetString()}:{group.GetProperty("requests").GetInt64()}")));
    }

    [Theory]
    [InlineData("?from=2026-03-11", 1)]
    [InlineData("?to=2026-03-11", 3)]
    [InlineData("?from=2026-03-10T12:00:00Z&to=2026-03-10T13:00:00Z", 3)]
    [InlineData("?from=2026-03-10T14:00:00%2B01:00", 1)]
    [InlineData("?from=2026-03-10T14:00:00+01:00", 1)]
    [InlineData("?from=1773187200", 1)]
    [InlineData("?from=2027-01-01", 0)]
    [InlineData("", 4)]
    public async Task Usage_Span_CountsTheHoursInIt(string query, int requests)
    {
        await using var usage = await HostAsync();

        Assert.Equal(requests, (await usage.TotalAsync(query)).GetProperty("requests").GetInt64());
    }

    [Theory]
    [InlineData("/admin/v1/usage?group=key,colour", "group", "key, user, team, organisation, model, deployment, provider, tag, status, hour, day, month")]
    [InlineData("/admin/v1/usage?from=yesterday", "from", "ISO 8601")]
    [InlineData("/admin/v1/usage?to=2026-13-01", "to", "ISO 8601")]
    [InlineData("/admin/v1/usage?from=2026-02-02&to=2026-02-01", "to", "later than 'from'")]
    [InlineData("/admin/v1/usage?form=2026-01-01", "form", "Did you mean 'from'? It knows: group, from, to, order, limit, rest, format, key, user, team, organisation, model, deployment, provider, tag, status.")]
    [InlineData("/admin/v1/usage?group=modle", "group", "Did you mean 'model'?")]
    [InlineData("/admin/v1/usage?hour=2026-01-01T00", "hour", "no parameter 'hour'")]
    [InlineData("/admin/v1/usage?status=5x", "status", "Did you mean '5xx'?")]
    [InlineData("/admin/v1/usage?order=costs", "order", "Did you mean 'cost'? It may be: name, cost, requests, tokens.")]
    [InlineData("/admin/v1/usage?format=xml", "format", "json, csv, ndjson")]
    [InlineData("/admin/v1/usage?rest=yes&limit=1", "rest", "false, true")]
    [InlineData("/admin/v1/usage?rest=true", "rest", "give a 'limit'")]
    [InlineData("/admin/v1/usage?limit=0", "limit", "from 1 to 100000")]
    [InlineData("/admin/v1/requests?limit=0&format=csv", "limit", "from 1 to 2147483647")]
    [InlineData("/admin/v1/requests?group=key", "group", "no parameter 'group'")]
    [InlineData("/admin/v1/requests/of-mine", "id", "no id of a request")]
    [InlineData("/admin/v1/requests/019a0000-0000-7000-8000-000000000000?format=csv", "format", "no parameter 'format'")]
    [InlineData("/admin/v1/usage?group=key&group=model", "group", "2 times")]
    [InlineData("/admin/v1/requests?limit=0", "limit", "from 1 to 1000")]
    [InlineData("/admin/v1/requests?limit=1001", "limit", "from 1 to 1000")]
    [InlineData("/admin/v1/requests?limit=ten", "limit", "from 1 to 1000")]
    [InlineData("/admin/v1/requests?cursor=abc", "cursor", "next")]
    [InlineData("/admin/v1/requests?page=2", "page", "limit, cursor, from, to, format, key, user")]
    public async Task Report_BadParameter_Is400NamingItAndWhatIsValid(string path, string parameter, string hint)
    {
        await using var usage = await UsageHost.StartAsync();

        var (status, body) = await usage.GetAsync(path);

        Assert.Equal(400, status);
        var error = body.GetProperty("error");
        Assert.Equal(parameter, error.GetProperty("param").GetString());
        Assert.Equal("invalid_request", error.GetProperty("code").GetString());
        Assert.Contains(hint, error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/admin/v1/usage")]
    [InlineData("/admin/v1/requests")]
    [InlineData("/admin/v1/requests?format=csv")]
    public async Task Report_WithoutTheContextOfAnAdmin_Is401(string path)
    {
        await using var usage = await UsageHost.StartAsync();

        Assert.Equal(401, (await usage.GetAsync(path, role: null)).Status);
        Assert.Equal(401, (await usage.GetAsync(path, ContextRole.Client)).Status);
        Assert.Equal(401, (await usage.GetAsync(path, ContextRole.Service)).Status);
        Assert.Equal(401, (await usage.GetAsync(path, ContextRole.Admin, ContextAudience.Router)).Status);
        using var answer = await usage.SendAsync(path, ContextRole.Admin);
        Assert.Equal(200, (int)answer.StatusCode);
    }

    [Fact]
    public async Task UnknownPath_Is404InOpenAIsShape()
    {
        await using var usage = await UsageHost.StartAsync();

        var (status, body) = await usage.GetAsync("/admin/v1/nothing");

        Assert.Equal(404, status);
        Assert.Equal("unknown_endpoint", body.GetProperty("error").GetProperty("code").GetString());
    }

    private static async Task<UsageHost> HostAsync()
    {
        var usage = await UsageHost.StartAsync();
        var journal = new FakeJournal()
            .Add(FakeJournal.Final(key: "a", team: "red"))
            .Add(FakeJournal.Final(key: "a", team: "red", input: 200))
            .Add(FakeJournal.Final(key: "b", team: "red", model: "claude", deployment: "anthropic/claude", input: 50))
            .Add(FakeJournal.Final(key: "b", team: "red", status: 502, input: 1000, output: 0, time: FakeJournal.Noon + 86_400_000));
        Assert.Equal((200, 4), await usage.PostAsync(journal.All()));
        return usage;
    }
}
