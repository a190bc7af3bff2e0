using System.Text.Json;
using Gateway.Edge.Tests.Rig;

namespace Gateway.Edge.Tests.Admin.ConfigVersions;

/// <summary>Operators replace the document.</summary>
public sealed class ConfigPutTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edge-config-").FullName;

    private static string Other => EdgeServer.Config.Replace("1MiB", "2MiB", StringComparison.Ordinal);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Good_document_is_written_in_force_and_a_version()
    {
        await using var edge = await ConfigEdge.StartAsync(_folder);
        await edge.UntilAsync(1);

        var answer = await edge.PutAsync(Other, await edge.ETagAsync(), "larger bodies, gr%C3%B6%C3%9Fer");

        Assert.True(answer.Status == 200, answer.Text);
        Assert.Equal((2, true, 2, "[]"), (answer.Body.GetProperty("version").GetInt32(), answer.Body.GetProperty("changed").GetBoolean(), answer.Body.GetProperty("generation").GetInt32(), answer.Body.GetProperty("warnings").GetRawText()));
        Assert.Equal(Other, await File.ReadAllTextAsync(edge.File));
        Assert.Equal(["2 api admin_key larger bodies, größer *", "1 start  "], await edge.VersionsAsync());
        var shown = await edge.GetAsync("?defaults=false");
        Assert.Contains("\"value\":\"2MiB\"", shown.Text, StringComparison.Ordinal);
        Assert.Equal((2, answer.Body.GetProperty("sha256").GetString(), answer.Headers.ETag?.Tag), (shown.Body.GetProperty("version").GetInt32(), shown.Body.GetProperty("sha256").GetString(), shown.Headers.ETag?.Tag));
    }

    [Fact]
    public async Task Bad_document_is_told_what_validation_says_and_changes_nothing()
    {
        await using var edge = await ConfigEdge.StartAsync(_folder);
        const string Bad = "version: 1\nproviderz: {}\nserver: { admin_key: \"${NOT_SET_ANYWHERE}\", max_body: many }\n";

        var put = await edge.PutAsync(Bad);
        var validated = await edge.SendAsync(HttpMethod.Post, "/validate", Bad);

        Assert.Equal((400, "config_invalid"), (put.Status, put.Code));
        Assert.Equal(3, put.Body.GetProperty("errors").GetArrayLength());
        Assert.Equal(validated.Body.GetProperty("errors").GetRawText(), put.Body.GetProperty("errors").GetRawText());
        Assert.Equal(EdgeServer.Config, await File.ReadAllTextAsync(edge.File));
        Assert.Single(await edge.UntilAsync(1));
    }

    [Fact]
    public async Task Which_document_is_replaced_must_be_said_and_be_true()
    {
        await using var edge = await ConfigEdge.StartAsync(_folder);
        var seen = await edge.ETagAsync();

        Assert.Equal((428, "config_precondition_required", "if-match"), KeysAnswer.RefusalOf(await edge.PutAsync(Other, ifMatch: null)));
        Assert.Equal(200, (await edge.PutAsync(Other, seen)).Status);
        Assert.Equal((412, "config_changed", "if-match"), KeysAnswer.RefusalOf(await edge.PutAsync(EdgeServer.Config, seen)));
        Assert.Equal((412, "config_changed", "if-match"), KeysAnswer.RefusalOf(await edge.SendAsync(HttpMethod.Post, "/versions/1/restore", ifMatch: seen)));
        Assert.Equal((428, "config_precondition_required", "if-match"), KeysAnswer.RefusalOf(await edge.SendAsync(HttpMethod.Post, "/versions/1/restore")));
        Assert.Equal(Other, await File.ReadAllTextAsync(edge.File));
    }

    [Fact]
    public async Task Broken_file_is_overwritten_only_by_who_says_so()
    {
        await using var edge = await ConfigEdge.StartAsync(_folder);
        var seen = await edge.ETagAsync();
        await File.WriteAllTextAsync(edge.File, "version: 1\nbroken: by hand\n");

        Assert.Equal((412, "config_changed", null), KeysAnswer.RefusalOf(await edge.PutAsync(Other, seen)));
        Assert.Equal(200, (await edge.PutAsync(Other)).Status);
        Assert.Equal(Other, await File.ReadAllTextAsync(edge.File));
    }

    [Fact]
    public async Task The_same_document_again_is_no_new_version()
    {
        await using var edge = await ConfigEdge.StartAsync(_folder);
        await edge.UntilAsync(1);

        var answer = await edge.PutAsync(EdgeServer.Config);

        Assert.Equal((200, false, 1), (answer.Status, answer.Body.GetProperty("changed").GetBoolean(), answer.Body.GetProperty("version").GetInt32()));
        Assert.Single(await edge.VersionsAsync());
    }

    [Fact]
    public async Task File_that_cannot_be_written_is_a_conflict_that_says_what_to_do()
    {
        await using var edge = await ConfigEdge.StartAsync(_folder);
        Directory.CreateDirectory(Path.Combine(_folder, ".gateway.yaml.new"));

        var answer = await edge.PutAsync(Other);

        Assert.Equal((409, "config_not_writable"), (answer.Status, answer.Code));
        Assert.Contains("ConfigMap or repository", answer.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(_folder, answer.Text, StringComparison.Ordinal);
        Assert.Single(await edge.UntilAsync(1));
    }

    [Fact]
    public async Task Masked_document_can_be_changed_and_sent_back_with_its_secrets()
    {
        await using var edge = await ConfigEdge.StartAsync(_folder);
        var shown = await edge.TextAsync();
        Assert.DoesNotContain("gw-", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("upstream-secret", shown, StringComparison.Ordinal);
        var changed = shown.Replace("1MiB", "2MiB", StringComparison.Ordinal);

        Assert.Equal("""{"valid":true,"errors":[]}""", (await edge.SendAsync(HttpMethod.Post, "/validate", changed)).Text);
        Assert.Equal(200, (await edge.PutAsync(changed, await edge.ETagAsync())).Status);

        Assert.Equal(Other, await File.ReadAllTextAsync(edge.File));
        using var client = edge.Edge.Client();
        Assert.Equal(200, (int)(await client.GetAsync("/v1/models")).StatusCode);
    }

    [Fact]
    public async Task Hidden_secret_that_is_nobodys_is_an_error_with_its_line()
    {
        await using var edge = await ConfigEdge.StartAsync(_folder);

        var answer = await edge.PutAsync("version: 1\nserver:\n  admin_key: \"***0123456789\"\n");

        var error = Assert.Single(answer.Body.GetProperty("errors").EnumerateArray());
        Assert.Equal((400, 3, "server.admin_key"), (answer.Status, error.GetProperty("line").GetInt32(), error.GetProperty("path").GetString()));
    }

    [Fact]
    public async Task Document_without_an_admin_key_is_taken_with_a_warning()
    {
        await using var edge = await ConfigEdge.StartAsync(_folder);

        var answer = await edge.PutAsync(Other.Replace("admin_key: gw-test-admin-key, ", "", StringComparison.Ordinal));

        Assert.Contains("/admin and /console are off", Assert.Single(answer.Body.GetProperty("warnings").EnumerateArray()).GetString(), StringComparison.Ordinal);
        using var client = edge.Edge.Client(EdgeServer.AdminKey);
        Assert.Equal(404, (int)(await client.GetAsync(ConfigEdge.Path)).StatusCode);
    }

    [Fact]
    public async Task Comment_is_one_short_line()
    {
        await using var edge = await ConfigEdge.StartAsync(_folder);

        Assert.Equal((400, "invalid_request", "x-gateway-comment"), KeysAnswer.RefusalOf(await edge.PutAsync(Other, "*", "two%0Alines")));
        Assert.Equal((400, "invalid_request", "x-gateway-comment"), KeysAnswer.RefusalOf(await edge.PutAsync(Other, "*", new string('x', 501))));
        Assert.Equal(EdgeServer.Config, await File.ReadAllTextAsync(edge.File));
    }

    [Fact]
    public async Task Changes_are_audited_and_nobody_else_may()
    {
        var log = new LogLines();
        string[] lines;
        await using (var edge = await ConfigEdge.StartAsync(_folder, log: log))
        {
            await edge.UntilAsync(1);
            await edge.PutAsync(Other, comment: "said-by-the-operator");
            await edge.SendAsync(HttpMethod.Post, "/versions/1/restore", ifMatch: "*");
            using var nobody = edge.Edge.Client();
            using var body = new StringContent(EdgeServer.Config);
            using var put = await nobody.PutAsync(ConfigEdge.Path, body);
            await EdgeServer.AssertErrorAsync(put, 401, "admin_key_required");
            foreach (var path in (string[])["/versions", "/versions/1", "/versions/1/diff"])
            {
                using var shown = await nobody.GetAsync(ConfigEdge.Path + path);
                await EdgeServer.AssertErrorAsync(shown, 401, "admin_key_required");
            }

            await edge.Edge.StopAsync();
            lines = await File.ReadAllLinesAsync(Path.Combine(_folder, "data", "edge", "audit.jsonl"));
        }

        Assert.Equal(
            ["PUT /admin/v1/config 200", "POST /admin/v1/config/versions/1/restore 200", "PUT /admin/v1/config 401"],
            lines.Take(3).Select(static line => JsonDocument.Parse(line).RootElement).Select(static line => $"{line.GetProperty("method")} {line.GetProperty("path")} {line.GetProperty("status")}"));
        Assert.DoesNotContain(lines.Concat(log.Lines), static line => line.Contains("said-by", StringComparison.Ordinal) || line.Contains("gw-test", StringComparison.Ordinal) || line.Contains("upstream-secret", StringComparison.Ordinal));
    }
}
