using System.Security.Cryptography;
using System.Text;
using Gateway.Core.Context;
using Gateway.Core.Tests;
using Gateway.Edge.Tests.Rig;
using Gateway.Edge.VirtualKeys;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Edge.Tests.VirtualKeys.Runtime;

/// <summary>Keys made at run time as requests know them.</summary>
public sealed class RuntimeKeyTests : DataFolder
{
    [Fact]
    public async Task What_a_key_is_made_with_holds_for_its_requests()
    {
        await using var edge = await KeysEdge.StartAsync(Data);
        var made = await edge.MakeAsync("""{"models":["gpt-4o-mini","slow"],"providers":["openai"],"team":"research","moderation":"own","priority":"batch","requires":{},"may_steer":false}""");

        Assert.Equal(403, await edge.ChatAsync(made.Secret));
        Assert.Equal(200, (await edge.ChatAnswerAsync(made.Secret, """{"model":"gpt-4o-mini","messages":[{"role":"user","content":"hi"}]}""")).Status);
        var claims = EdgeServer.Tokens().Verify((await edge.Router.NextAsync()).Headers["x-gateway-context"], ContextAudience.Router, EdgeServer.Chat)!;
        Assert.Equal(made.Id, claims.KeyId);
        Assert.Equal("research", claims.Team);
        Assert.Equal("own", claims.ModerationPolicy);
        Assert.Equal(["gpt-4o-mini", "slow"], claims.AllowedModels);
        Assert.Equal(["openai"], claims.AllowedProviders);
        Assert.Equal("Batch", claims.Priority.ToString());
        Assert.False(claims.MaySteer);
    }

    [Fact]
    public async Task A_key_that_has_expired_is_refused_as_such()
    {
        var time = new ManualTime();
        await using var edge = await KeysEdge.StartAsync(Data, time: time);
        var made = await edge.MakeAsync($$"""{"models":["*"],"expires":"{{time.GetUtcNow().AddHours(1):yyyy-MM-ddTHH:mm:ssZ}}"}""");
        Assert.Equal(200, await edge.ChatAsync(made.Secret));

        time.Advance(TimeSpan.FromHours(1));

        Assert.Equal("expired_api_key", (await edge.ChatAnswerAsync(made.Secret)).Code);
    }

    [Fact]
    public async Task After_a_rotation_the_old_secret_goes_on_for_as_long_as_was_said()
    {
        var time = new ManualTime();
        await using var edge = await KeysEdge.StartAsync(Data, time: time);
        var first = await edge.MakeAsync();

        var second = await edge.RotateAsync(first.Id, """{"overlap":"24h"}""");

        Assert.NotEqual(first.Secret, second.Secret);
        Assert.Equal(time.GetUtcNow().AddHours(24), second.Body.GetProperty("previous_secret_until").GetDateTimeOffset());
        Assert.Equal(200, await edge.ChatAsync(first.Secret));
        Assert.Equal(200, await edge.ChatAsync(second.Secret));
        time.Advance(TimeSpan.FromHours(24) - TimeSpan.FromMilliseconds(1));
        Assert.Equal(200, await edge.ChatAsync(first.Secret));
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal("expired_api_key", (await edge.ChatAnswerAsync(first.Secret)).Code);
        Assert.Equal(200, await edge.ChatAsync(second.Secret));
    }

    [Fact]
    public async Task At_most_two_secrets_live()
    {
        await using var edge = await KeysEdge.StartAsync(Data);
        var first = await edge.MakeAsync();
        var second = await edge.RotateAsync(first.Id, """{"overlap":"1h"}""");
        var third = await edge.RotateAsync(first.Id, """{"overlap":"1h"}""");

        Assert.Equal(401, await edge.ChatAsync(first.Secret));
        Assert.Equal(200, await edge.ChatAsync(second.Secret));
        Assert.Equal(200, await edge.ChatAsync(third.Secret));

        var fourth = await edge.RotateAsync(first.Id);
        Assert.False(fourth.Has("previous_secret_until"));
        foreach (var (secret, status) in new[] { (first.Secret, 401), (second.Secret, 401), (third.Secret, 401), (fourth.Secret, 200) })
        {
            Assert.Equal(status, await edge.ChatAsync(secret));
        }
    }

    [Fact]
    public async Task The_document_goes_before_a_key_made_at_run_time()
    {
        var log = new LogLines();
        await using var edge = await KeysEdge.StartAsync(Data, log: log);
        var made = await edge.MakeAsync("""{"id":"taken","models":["*"]}""");

        await edge.Edge.ReconfigureAsync(EdgeServer.Config + "\n  - { id: taken, secret: gw-document-key, models: [\"*\"] }");
        await edge.UntilAsync("gw-document-key", 200);

        Assert.Equal("invalid_api_key", (await edge.ChatAnswerAsync(made.Secret)).Code);
        var shown = await edge.GetAsync("/taken");
        Assert.Equal("document", shown.Body.GetProperty("source").GetString());
        Assert.True(shown.Body.GetProperty("hides_runtime_key").GetBoolean());
        await LoggedAsync(log, "Key taken made at run time is not used");

        // The one that is in the way can be deleted, and the document's cannot.
        Assert.Equal(200, (await edge.DeleteAsync("taken")).Status);
        Assert.Equal(409, (await edge.DeleteAsync("taken")).Status);
        Assert.Equal(200, await edge.ChatAsync("gw-document-key"));
    }

    [Fact]
    public async Task A_key_that_the_document_gives_back_is_good_again()
    {
        const string Taken = EdgeServer.Config + "\n  - { id: taken, secret: gw-document-key, models: [\"*\"] }";
        await using var edge = await KeysEdge.StartAsync(Data);
        var made = await edge.MakeAsync("""{"id":"taken","models":["*"]}""");
        await edge.Edge.ReconfigureAsync(Taken);
        await edge.UntilAsync(made.Secret, 401);

        await edge.Edge.ReconfigureAsync(EdgeServer.Config);

        await edge.UntilAsync(made.Secret, 200);
    }

    [Fact]
    public async Task A_key_outlives_what_it_refers_to()
    {
        await using var edge = await KeysEdge.StartAsync(Data);
        var made = await edge.MakeAsync("""{"models":["gpt-4o","slow"],"providers":["openai","other"]}""");

        await edge.Edge.ReconfigureAsync(EdgeServer.Config
            .Replace("  slow: { deployments: [ { provider: other, model: slow } ] }\n", "", StringComparison.Ordinal)
            .Replace("- { id: full,", "- { id: newcomer, secret: gw-second-key, models: [\"*\"] }\n  - { id: full,", StringComparison.Ordinal));
        await edge.UntilAsync("gw-second-key", 200);

        Assert.Equal(200, await edge.ChatAsync(made.Secret));

        // What was wrong before is no reason to refuse a change of something else; what is wrong anew is.
        Assert.Equal(400, (await edge.PatchAsync(made.Id, """{"models":["gpt-4o","slow","nowhere"]}""")).Status);
        var disabled = await edge.PatchAsync(made.Id, """{"disabled":true}""");
        Assert.True(disabled.Status == 200, disabled.Text);
        Assert.Equal(401, await edge.ChatAsync(made.Secret));
    }

    [Fact]
    public async Task Weights_of_teams_are_those_of_the_document_in_force()
    {
        await using var edge = await KeysEdge.StartAsync(Data);
        var made = await edge.MakeAsync("""{"models":["*"],"team":"research"}""");
        Assert.Equal(200, await edge.ChatAsync(made.Secret));
        Assert.Equal(1, await WeightAsync(edge));

        await edge.Edge.ReconfigureAsync(EdgeServer.Config + "\n  - { id: newcomer, secret: gw-second-key, models: [\"*\"] }\nteams: { research: { weight: 7 } }");
        await edge.UntilAsync("gw-second-key", 200);
        while (edge.Router.Waiting > 0)
        {
            await edge.Router.NextAsync();
        }

        Assert.Equal(200, await edge.ChatAsync(made.Secret));
        Assert.Equal(7, await WeightAsync(edge));
    }

    [Fact]
    public async Task Secrets_are_nowhere_but_in_the_answers_that_made_them()
    {
        var log = new LogLines();
        await using var edge = await KeysEdge.StartAsync(Data, log: log);
        var made = await edge.MakeAsync("""{"id":"demo","models":["*"]}""");
        var rotated = await edge.RotateAsync("demo", """{"overlap":"1h"}""");
        Assert.Equal(200, await edge.ChatAsync(made.Secret));
        Assert.Equal(401, await edge.ChatAsync(made.Secret + "x"));
        var answers = new[]
        {
            await edge.GetAsync(), await edge.GetAsync("/demo"), await edge.PatchAsync("demo", """{"weight":2}"""), await edge.GetAsync("?prefix=gw_"), await edge.PostAsync("""{"id":"demo","models":["*"]}"""),
            await edge.ChatAnswerAsync(made.Secret + "x"), await edge.DeleteAsync("demo"), await edge.ChatAnswerAsync(made.Secret),
        };

        var digests = new[] { made.Secret, rotated.Secret }.Select(static secret => Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(KeysEdge.Pepper), Encoding.UTF8.GetBytes(secret)))).ToArray();
        var told = string.Join('\n', answers.Select(static answer => answer.Text + answer.Headers)) + string.Join('\n', log.Lines);
        Assert.Contains("Key demo was rotated (version 2)", told, StringComparison.Ordinal);
        foreach (var secret in new[] { made.Secret, rotated.Secret, KeysEdge.Pepper })
        {
            Assert.DoesNotContain(secret, told, StringComparison.Ordinal);
            Assert.DoesNotContain(secret[^30..], told, StringComparison.Ordinal);
        }

        Assert.All(digests, digest => Assert.DoesNotContain(digest, told, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task The_file_holds_digests_and_no_secrets()
    {
        await using var edge = await KeysEdge.StartAsync(Data);
        var made = await edge.MakeAsync("""{"id":"demo","models":["*"]}""");
        var rotated = await edge.RotateAsync("demo", """{"overlap":"1h"}""");

        var written = string.Join('\n', await Task.WhenAll(Directory.GetFiles(Data, "*", SearchOption.AllDirectories).Select(static file => File.ReadAllTextAsync(file))));

        Assert.Contains(Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(KeysEdge.Pepper), Encoding.UTF8.GetBytes(made.Secret))), written, StringComparison.Ordinal);
        Assert.All([made.Secret, rotated.Secret, KeysEdge.Pepper], secret => Assert.DoesNotContain(secret[^30..], written, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_million_made_up_keys_leave_nothing_behind()
    {
        const int Half = 500_000;
        await using var edge = await KeysEdge.StartAsync(Data);
        await edge.MakeAsync();
        var keys = edge.Edge.Services.GetRequiredService<EdgeSnapshots>().Current.Keys;
        var now = TimeProvider.System.GetUtcNow();
        Guess(keys, 1000, now);

        // What is never made cannot be kept. A few bytes are the runtime's own: a collection in between shifts its count, to either side.
        Assert.InRange(Guess(keys, Half, now), -64 * 1024, 64 * 1024);
    }

    [Fact]
    public async Task To_look_up_a_key_allocates_nothing_known_or_not()
    {
        await using var edge = await KeysEdge.StartAsync(Data);
        var known = (await edge.MakeAsync()).Secret;
        var unknown = KeySecret.Make("somebody");
        var keys = edge.Edge.Services.GetRequiredService<EdgeSnapshots>().Current.Keys;
        var now = TimeProvider.System.GetUtcNow();
        for (var i = 0; i < 100; i++)
        {
            Assert.Null(keys.Authenticate(known, now, out _));
            Assert.NotNull(keys.Authenticate(unknown, now, out _));
        }

        Assert.Equal(0, Allocated.By(() =>
        {
            keys.Authenticate(known, now, out _);
            keys.Authenticate(unknown, now, out _);
            keys.Authenticate("gw_somebody_with-a-typing-error", now, out _);
        }));
    }

    [Fact]
    public async Task Explain_knows_keys_made_at_run_time()
    {
        await using var edge = await KeysEdge.StartAsync(Data);
        await edge.MakeAsync("""{"id":"demo","models":["slow"]}""");
        using var client = edge.Edge.Client(EdgeServer.AdminKey);
        using var content = EdgeServer.Json($$"""{"key":"demo","request":{{EdgeServer.ChatBody}}}""");

        using var response = await client.PostAsync("/admin/v1/explain", content);

        Assert.Contains("model_forbidden", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    // Half of them with a right checksum, half with a wrong one. Returns the bytes that looking them up took.
    private static long Guess(VirtualKeySnapshot keys, int count, DateTimeOffset now)
    {
        var taken = 0L;
        for (var i = 0; i < count; i++)
        {
            var right = KeySecret.Make("guess");
            var wrong = $"{right[..^1]}{(right[^1] == '0' ? '1' : '0')}";
            var before = GC.GetAllocatedBytesForCurrentThread();
            var isRefused = keys.Authenticate(right, now, out _) is not null & keys.Authenticate(wrong, now, out _) is not null;
            taken += GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(isRefused);
        }

        return taken;
    }

    private static async Task<int> WeightAsync(KeysEdge edge) =>
        EdgeServer.Tokens().Verify((await edge.Router.NextAsync()).Headers["x-gateway-context"], ContextAudience.Router, EdgeServer.Chat)!.Weight;

    private static async Task LoggedAsync(LogLines log, string part)
    {
        using var deadline = new CancellationTokenSource(EdgeServer.Patience);
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!log.Lines.Any(line => line.Contains(part, StringComparison.Ordinal)))
        {
            await tick.WaitForNextTickAsync(deadline.Token);
        }
    }
}
