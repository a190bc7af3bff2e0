using Gateway.Edge.Tests.Rig;
using Gateway.Edge.VirtualKeys;

namespace Gateway.Edge.Tests.VirtualKeys.Runtime;

/// <summary>A key is called wrong only when it is: what cannot be checked is our trouble.</summary>
public sealed class KeyStoreOutageTests : DataFolder
{
    private const string Broken = "{";

    [Fact]
    public async Task While_the_store_cannot_be_read_known_keys_go_on_and_unknown_ones_are_503()
    {
        var log = new LogLines();
        await using var edge = await KeysEdge.StartAsync(Data, log: log);
        var made = await edge.MakeAsync();
        var whole = await File.ReadAllTextAsync(KeysFile);
        var unknown = KeySecret.Make("somebody");
        Assert.Equal(401, await edge.ChatAsync(unknown));

        await File.WriteAllTextAsync(KeysFile, Broken);
        var answer = await edge.UntilAsync(unknown, 503);

        Assert.Equal("key_store_unavailable", answer.Code);
        Assert.Equal("1", answer.Headers.GetValues("retry-after").Single());
        Assert.Equal(200, await edge.ChatAsync(made.Secret));
        Assert.Equal(200, await edge.ChatAsync(EdgeServer.Key));
        Assert.Equal(401, await edge.ChatAsync("gw_somebody_with-a-typing-error"));
        Assert.Equal(401, await edge.ChatAsync(unknown[..^1] + (unknown[^1] == '0' ? '1' : '0')));
        Assert.Contains("\"keys\":{\"status\":\"degraded", await ReadyAsync(edge), StringComparison.Ordinal);
        Assert.Equal((503, "key_store_unavailable"), await RefusalAsync(edge.PostAsync("""{"models":["*"]}""")));
        Assert.Equal((503, "key_store_unavailable"), await RefusalAsync(edge.PatchAsync(made.Id, """{"disabled":true}""")));
        Assert.Equal((503, "key_store_unavailable"), await RefusalAsync(edge.DeleteAsync(made.Id)));
        Assert.Equal((503, "key_store_unavailable"), await RefusalAsync(edge.RotateAsync(made.Id)));
        Assert.Equal(200, (await edge.GetAsync($"/{made.Id}")).Status);
        Assert.Single(log.Lines, static line => line.Contains("(file) does not answer", StringComparison.Ordinal));

        await File.WriteAllTextAsync(KeysFile, whole);
        await edge.UntilAsync(unknown, 401);
        Assert.Equal(200, await edge.ChatAsync(made.Secret));
        Assert.Equal(2, log.Lines.Count(static line => line.Contains("The store of keys (file) is read", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_store_that_is_away_does_not_stop_the_start()
    {
        await using var edge = await KeysEdge.StartAsync(Data, new() { ["ConnectionStrings:gatewaydb"] = "Host=127.0.0.1;Port=9;Username=x;Database=x" });

        Assert.Equal(200, await edge.ChatAsync(EdgeServer.Key));
        Assert.Equal("key_store_unavailable", (await edge.UntilAsync(KeySecret.Make("somebody"), 503)).Code);
    }

    [Fact]
    public async Task A_connection_string_that_is_none_is_refused_at_the_start()
    {
        var refused = await Assert.ThrowsAsync<KeyConfigurationException>(() => KeysEdge.StartAsync(Data, new() { ["ConnectionStrings:gatewaydb"] = "canary-password" }));

        Assert.DoesNotContain("canary-password", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_are_known_after_a_restart()
    {
        string secret;
        await using (var before = await KeysEdge.StartAsync(Data))
        {
            secret = (await before.MakeAsync()).Secret;
        }

        await using var after = await KeysEdge.StartAsync(Data);

        Assert.Equal(200, await after.ChatAsync(secret));
    }

    [Fact]
    public async Task Under_another_pepper_a_key_is_503_until_it_is_rotated()
    {
        KeysAnswer made;
        await using (var before = await KeysEdge.StartAsync(Data))
        {
            made = await before.MakeAsync();
        }

        var log = new LogLines();
        await using var after = await KeysEdge.StartAsync(Data, new() { [KeyPepper.Variable] = "another-pepper-0123456789abcdefghij" }, log: log);

        Assert.Equal("key_store_unavailable", (await after.UntilAsync(made.Secret, 503)).Code);
        Assert.Equal(401, await after.ChatAsync(KeySecret.Make("somebody")));
        Assert.Single(log.Lines, line => line.Contains($"Key {made.Id} cannot be used", StringComparison.Ordinal));
        var rotated = await after.RotateAsync(made.Id);
        Assert.Equal(200, await after.ChatAsync(rotated.Secret));
        Assert.Equal(401, await after.ChatAsync(made.Secret));
    }

    [Fact]
    public async Task Without_a_pepper_keys_that_may_be_there_are_503_and_none_are_made()
    {
        KeysAnswer made;
        await using (var before = await KeysEdge.StartAsync(Data))
        {
            made = await before.MakeAsync();
        }

        var log = new LogLines();
        await using var after = await KeysEdge.StartAsync(Data, new() { [KeyPepper.Variable] = "" }, log: log);

        Assert.Equal(503, await after.ChatAsync(made.Secret));
        Assert.Equal(200, await after.ChatAsync(EdgeServer.Key));
        Assert.Single(log.Lines, static line => line.Contains("GATEWAY_KEY_PEPPER is not set", StringComparison.Ordinal));
        var refused = await after.PostAsync("""{"models":["*"]}""");
        Assert.Equal((404, "unknown_endpoint"), (refused.Status, refused.Code));
        Assert.Contains("GATEWAY_KEY_PEPPER", refused.Message, StringComparison.Ordinal);
        Assert.Equal(404, (await after.DeleteAsync(made.Id)).Status);
        Assert.Equal(6, (await after.GetAsync()).Body.GetProperty("keys").GetArrayLength());
    }

    [Fact]
    public async Task Without_a_pepper_and_without_keys_an_unknown_key_is_401()
    {
        await using var edge = await KeysEdge.StartAsync(Data, new() { [KeyPepper.Variable] = "" });

        Assert.Equal(401, await edge.ChatAsync(KeySecret.Make("somebody")));
        Assert.Contains("off (only keys of the document)", await ReadyAsync(edge), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_of_a_newer_gateway_is_503_rather_than_more_than_was_said()
    {
        await using var edge = await KeysEdge.StartAsync(Data);
        var made = await edge.MakeAsync();
        var text = await File.ReadAllTextAsync(KeysFile);

        await File.WriteAllTextAsync(KeysFile, text.Replace("\"revision\": 1", "\"revision\": 2", StringComparison.Ordinal)
            .Replace("\"version\": 1", "\"version\": 2", StringComparison.Ordinal).Replace("\"models\"", "\"only_on_sundays\":true,\"models\"", StringComparison.Ordinal));

        Assert.Equal("key_store_unavailable", (await edge.UntilAsync(made.Secret, 503)).Code);
        Assert.Equal(503, (await edge.GetAsync($"/{made.Id}")).Status);
        Assert.Equal(200, (await edge.DeleteAsync(made.Id)).Status);
        Assert.Equal(401, await edge.ChatAsync(made.Secret));
    }

    [Fact]
    public async Task A_store_that_was_restored_counts_as_it_is()
    {
        await using var edge = await KeysEdge.StartAsync(Data);
        var kept = await edge.MakeAsync("""{"id":"kept","models":["*"]}""");
        var backup = await File.ReadAllTextAsync(KeysFile);
        var lost = await edge.MakeAsync("""{"id":"lost","models":["*"]}""");
        var rotated = await edge.RotateAsync("kept");

        await File.WriteAllTextAsync(KeysFile, backup);

        await edge.UntilAsync(kept.Secret, 200);
        Assert.Equal(401, await edge.ChatAsync(lost.Secret));
        Assert.Equal(401, await edge.ChatAsync(rotated.Secret));
    }

    private static async Task<(int Status, string? Code)> RefusalAsync(Task<KeysAnswer> answer) => ((await answer).Status, (await answer).Code);

    private static async Task<string> ReadyAsync(KeysEdge edge)
    {
        using var client = edge.Edge.Client(key: null);
        using var response = await client.GetAsync(new Uri("/ready", UriKind.Relative));
        return await response.Content.ReadAsStringAsync();
    }
}
