using System.Text.Json;
using Gateway.Core.Admission.Shared;
using Gateway.Core.Journal;
using Gateway.Core.Money;
using Gateway.Edge.Tests.Rig;
using Microsoft.AspNetCore.Routing;

namespace Gateway.Usage.Tests.Reports;

/// <summary>Reports are as the description of the admin endpoints says.</summary>
public sealed class DescribedReportsTests
{
    private static readonly ApiDescription Api = Read();

    [Fact]
    public async Task Every_report_is_described()
    {
        await using var usage = await UsageHost.StartAsync();
        var mapped = usage.Service<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().Select(static endpoint => endpoint.RoutePattern.RawText!).Where(static path => path.StartsWith("/admin/v1/", StringComparison.Ordinal));

        Assert.All(mapped, path => Assert.Contains("GET " + path, Api.Operations));
    }

    [Theory]
    [InlineData("GET /admin/v1/usage", "/admin/v1/usage?group=key,user,team,organisation,model,deployment,provider,tag,status,hour,day,month&from=2026-03-10&to=2026-03-11")]
    [InlineData("GET /admin/v1/usage", "/admin/v1/usage?group=key&limit=1&rest=true")]
    [InlineData("GET /admin/v1/usage", "/admin/v1/usage")]
    [InlineData("GET /admin/v1/requests", "/admin/v1/requests?limit=2")]
    [InlineData("GET /admin/v1/requests/{id}", "/admin/v1/requests/019a0000-0000-7000-8000-000000000001")]
    [InlineData("GET /admin/v1/requests/{id}", "/admin/v1/requests/019a0000-0000-7000-8000-000000000002")]
    [InlineData("GET /admin/v1/requests/{id}", "/admin/v1/requests/019a0000-0000-7000-8000-000000000003", 404)]
    [InlineData("GET /admin/v1/requests", "/admin/v1/requests?limit=none", 400)]
    [InlineData("GET /admin/v1/requests/stream", "/admin/v1/requests/stream?limit=1", 400)]
    public async Task Report_is_as_described(string operation, string path, int status = 200)
    {
        await using var usage = await HostAsync();
        var (got, body) = await usage.GetAsync(path);

        Assert.Equal(status, got);
        Assert.Empty(Api.Differences(operation, status, body));
    }

    [Theory]
    [InlineData("GET /admin/v1/usage", "/admin/v1/usage?group=key,tag&format=ndjson&limit=1&rest=true")]
    [InlineData("GET /admin/v1/requests", "/admin/v1/requests?format=ndjson")]
    public async Task Lines_are_as_described(string operation, string path)
    {
        await using var usage = await HostAsync();
        using var answer = await usage.OpenAsync(path);
        var lines = (await answer.Content.ReadAsStringAsync()).TrimEnd('\n').Split('\n');

        Assert.True(lines.Length > 1);
        Assert.All(lines, line => Assert.Empty(Api.Differences(operation, 200, JsonDocument.Parse(line).RootElement, "application/x-ndjson")));
    }

    [Fact]
    public async Task Each_parameter_that_is_described_is_known_and_each_other_is_refused()
    {
        await using var usage = await UsageHost.StartAsync();
        foreach (var path in (string[])["/admin/v1/usage", "/admin/v1/requests", "/admin/v1/requests/stream"])
        {
            var described = Api.Operation("GET " + path).GetProperty("parameters").EnumerateArray().Select(parameter => Api.Resolve(parameter).GetProperty("name").GetString()!).ToArray();
            var (_, body) = await usage.GetAsync(path + "?zzzzzzzzzzzz=1");
            var known = body.GetProperty("error").GetProperty("message").GetString()!.Split("It knows: ")[1].TrimEnd('.').Split(", ");

            Assert.Equal(known.Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
        }
    }

    private static async Task<UsageHost> HostAsync()
    {
        var usage = await UsageHost.StartAsync();
        var final = FakeJournal.After(FakeJournal.Final(Guid.Parse("019a0000-0000-7000-8000-000000000001")), ("azure/gpt-4o", new TokenUsage(60, 0, 0, 3, 0), 77), ("mistral/large", default, 0));
        final = final with { Warnings = ["seed"], Intent = final.Intent with { Tags = ["env=prod"], Budgets = [new BudgetSlot("key:demo|lifetime", 0)] } };
        var unpriced = FakeJournal.Final(Guid.Parse("019a0000-0000-7000-8000-000000000002"), key: "other");
        await usage.PostAsync(new FakeJournal().Add(final).Add(unpriced with { CostNanoUsd = 0, Intent = unpriced.Intent with { Price = null, Flags = UsageFlags.Unpriced } }).All());
        await usage.Ledger.CorrectAsync([new(Guid.CreateVersion7(), final.Intent.RequestId, final.CostNanoUsd, 7, "document", DateTimeOffset.UtcNow, "ada") { Reason = "why" }], default);
        return usage;
    }

    private static ApiDescription Read()
    {
        using var stream = typeof(DescribedReportsTests).Assembly.GetManifestResourceStream("openapi.json")!;
        return new ApiDescription(JsonDocument.Parse(stream).RootElement);
    }
}
