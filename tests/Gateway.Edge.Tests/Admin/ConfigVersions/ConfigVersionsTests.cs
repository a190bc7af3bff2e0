using Gateway.Edge.Tests.Rig;

namespace Gateway.Edge.Tests.Admin.ConfigVersions;

/// <summary>Documents that were in force.</summary>
public sealed class ConfigVersionsTests(PostgresProcess postgres) : IClassFixture<PostgresProcess>, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edge-config-").FullName;

    private static string Other => EdgeServer.Config.Replace("1MiB", "2MiB", StringComparison.Ordinal);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Changed_file_is_a_version_and_a_restart_is_none()
    {
        await using (var edge = await ConfigEdge.StartAsync(_folder))
        {
            await edge.UntilAsync(1);
            await File.WriteAllTextAsync(edge.File, Other);
            Assert.Equal(["2 file   *", "1 start  "], await edge.UntilAsync(2));
        }

        await using var again = await ConfigEdge.StartAsync(_folder);
        Assert.Equal(["2 file   *", "1 start  "], await again.UntilAsync(2));
    }

    [Fact]
    public async Task Document_that_changed_while_nobody_looked_came_with_the_start()
    {
        await using (var edge = await ConfigEdge.StartAsync(_folder))
        {
            await edge.UntilAsync(1);
        }

        await File.WriteAllTextAsync(Path.Combine(_folder, "gateway.yaml"), Other);
        await using var again = await ConfigEdge.StartAsync(_folder);
        Assert.Equal(["2 start   *", "1 start  "], await again.UntilAsync(2));
    }

    [Fact]
    public async Task Restored_version_is_a_new_one_with_its_old_secrets()
    {
        await using var edge = await ConfigEdge.StartAsync(_folder);
        await edge.UntilAsync(1);
        await edge.PutAsync(Other.Replace("upstream-secret", "rotated-secret", StringComparison.Ordinal));

        var answer = await edge.SendAsync(HttpMethod.Post, "/versions/1/restore", ifMatch: await edge.ETagAsync());

        Assert.Equal((200, 3), (answer.Status, answer.Body.GetProperty("version").GetInt32()));
        Assert.Equal(EdgeServer.Config, await File.ReadAllTextAsync(edge.File));
        Assert.Equal(["3 restore admin_key version 1 again *", "2 api admin_key ", "1 start  "], await edge.VersionsAsync());
    }

    [Fact]
    public async Task Old_version_that_is_no_good_document_any_more_is_not_restored()
    {
        await using var edge = await ConfigEdge.StartAsync(_folder);
        await edge.UntilAsync(1);
        var variable = $"EDGE_TEST_{Guid.NewGuid():N}";
        Environment.SetEnvironmentVariable(variable, "gw-of-the-environment");
        Assert.Equal(200, (await edge.PutAsync(EdgeServer.Config.Replace("gw-narrow-key", $"\"${{{variable}}}\"", StringComparison.Ordinal))).Status);
        Assert.Equal(200, (await edge.PutAsync(Other)).Status);
        Environment.SetEnvironmentVariable(variable, null);

        var answer = await edge.SendAsync(HttpMethod.Post, "/versions/2/restore", ifMatch: "*");

        Assert.Equal((400, "config_invalid"), (answer.Status, answer.Code));
        Assert.Contains(variable, answer.Message, StringComparison.Ordinal);
        Assert.Equal(Other, await File.ReadAllTextAsync(edge.File));
    }

    [Fact]
    public async Task Version_and_differences_are_shown_without_secrets()
    {
        await using var edge = await ConfigEdge.StartAsync(_folder);
        await edge.UntilAsync(1);
        await edge.PutAsync(Other.Replace("upstream-secret", "rotated-secret", StringComparison.Ordinal));

        var shown = await edge.GetAsync("/versions/1");
        var before = await edge.GetAsync("/versions/2/diff");
        var turned = await edge.GetAsync("/versions/1/diff?with=2");
        var first = await edge.GetAsync("/versions/1/diff");

        Assert.Equal((200, 1, "start", false), (shown.Status, shown.Body.GetProperty("version").GetInt32(), shown.Body.GetProperty("source").GetString(), shown.Body.GetProperty("in_force").GetBoolean()));
        Assert.StartsWith("version: 1\nserver: { admin_key: \"***", shown.Body.GetProperty("document").GetString()!.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.StartsWith("--- version 1\n+++ version 2\n@@ -1,7 +1,7 @@\n version: 1\n-server: { admin_key: \"***", before.Text, StringComparison.Ordinal);
        Assert.Equal(4, before.Text.Split('\n').Skip(2).Count(static line => line.StartsWith('+') || line.StartsWith('-')));
        Assert.StartsWith("--- version 2\n+++ version 1\n", turned.Text, StringComparison.Ordinal);
        Assert.StartsWith("--- nothing\n+++ version 1\n@@ -0,0 +1,", first.Text, StringComparison.Ordinal);
        Assert.All([shown, before, turned, first], static answer =>
        {
            Assert.DoesNotContain("secret\"", answer.Text.Replace("\"secret\"", "", StringComparison.Ordinal), StringComparison.Ordinal);
            Assert.DoesNotContain("upstream-secret", answer.Text, StringComparison.Ordinal);
            Assert.DoesNotContain("rotated", answer.Text, StringComparison.Ordinal);
            Assert.DoesNotContain("gw-", answer.Text, StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData("/versions/99", 404, "config_version_not_found", "version")]
    [InlineData("/versions/first", 404, "config_version_not_found", "version")]
    [InlineData("/versions/1/diff?with=99", 404, "config_version_not_found", "with")]
    [InlineData("/versions/1/diff?with=x", 400, "invalid_request", "with")]
    [InlineData("/versions/1?full=true", 400, "invalid_request", "full")]
    [InlineData("/versions?limit=0", 400, "invalid_request", "limit")]
    [InlineData("/versions?limit=201", 400, "invalid_request", "limit")]
    [InlineData("/versions?cursor=x", 400, "invalid_request", "cursor")]
    [InlineData("/versions?page=2", 400, "invalid_request", "page")]
    public async Task What_is_not_there_or_not_known_is_said(string path, int status, string code, string parameter)
    {
        await using var edge = await ConfigEdge.StartAsync(_folder);
        await edge.UntilAsync(1);

        Assert.Equal((status, code, parameter), KeysAnswer.RefusalOf(await edge.GetAsync(path)));
    }

    [Fact]
    public async Task List_goes_page_by_page()
    {
        await using var edge = await ConfigEdge.StartAsync(_folder);
        await edge.UntilAsync(1);
        await edge.PutAsync(Other);
        await edge.PutAsync(EdgeServer.Config);

        var first = await edge.GetAsync("/versions?limit=2");
        var second = await edge.GetAsync($"/versions?limit=2&cursor={first.Body.GetProperty("next").GetString()}");

        Assert.Equal([3, 2], first.Body.GetProperty("versions").EnumerateArray().Select(static version => version.GetProperty("version").GetInt32()));
        Assert.Equal([1], second.Body.GetProperty("versions").EnumerateArray().Select(static version => version.GetProperty("version").GetInt32()));
        Assert.Equal(System.Text.Json.JsonValueKind.Null, second.Body.GetProperty("next").ValueKind);
    }

    [Fact]
    public async Task Several_Edges_with_one_database_keep_a_document_once_with_who_put_it_there()
    {
        Dictionary<string, string> database = new() { ["ConnectionStrings:gatewaydb"] = await postgres.NewSchemaAsync() };
        await using var one = await ConfigEdge.StartAsync(_folder, database, data: "one");
        await using var two = await ConfigEdge.StartAsync(_folder, database, data: "two");
        await one.UntilAsync(1);
        await two.UntilAsync(1);

        Assert.Equal(200, (await one.PutAsync(Other, comment: "by one")).Status);

        // The other one takes the file up by itself, and finds that its version is there.
        Assert.Equal(["2 api admin_key by one *", "1 start  "], await two.UntilAsync(2));
        Assert.Equal(["2 api admin_key by one *", "1 start  "], await one.UntilAsync(2));
        Assert.False(Directory.Exists(Path.Combine(_folder, "one", "edge", "config-versions")));
    }

    [Fact]
    public async Task Store_that_is_away_lets_nothing_be_changed_and_the_gateway_goes_on()
    {
        Dictionary<string, string> database = new() { ["ConnectionStrings:gatewaydb"] = "Host=127.0.0.1;Port=9;Username=x;Password=canary-password;Database=x" };
        var log = new LogLines();
        await using var edge = await ConfigEdge.StartAsync(_folder, database, log: log);

        Assert.Equal((503, "service_unavailable", null), KeysAnswer.RefusalOf(await edge.GetAsync("/versions")));
        Assert.Equal((503, "service_unavailable", null), KeysAnswer.RefusalOf(await edge.PutAsync(Other)));
        Assert.Equal(EdgeServer.Config, await File.ReadAllTextAsync(edge.File));
        var shown = await edge.GetAsync();
        Assert.Equal((200, System.Text.Json.JsonValueKind.Null), (shown.Status, shown.Body.GetProperty("version").ValueKind));
        Assert.Single(log.Lines, static line => line.StartsWith("The document in force could not be kept", StringComparison.Ordinal));
        Assert.DoesNotContain(log.Lines, static line => line.Contains("canary", StringComparison.Ordinal));
    }
}
