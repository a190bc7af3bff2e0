using System.Text.Json;
using Gateway.Edge.Admin.Audit;
using Gateway.Edge.Tests.Rig;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Edge.Tests.Admin;

public sealed class AdminDoorTests : IAsyncLifetime
{
    private readonly ManualTime _time = new();
    private readonly LogLines _log = new();
    private readonly string _data = Directory.CreateTempSubdirectory("edge-audit-").FullName;
    private FakeService _inner = null!;
    private EdgeServer _edge = null!;

    public async Task InitializeAsync()
    {
        _inner = await FakeService.StartAsync();
        _edge = await EdgeServer.StartAsync(
            [_inner.Url],
            new() { ["Services:usage:http:0"] = _inner.Url.ToString(), ["GATEWAY_DATA"] = _data, ["GATEWAY_KEY_PEPPER"] = "pepper-pepper-pepper-pepper-pepper-0123" },
            time: _time, log: _log);
    }

    public async Task DisposeAsync()
    {
        await _edge.DisposeAsync();
        await _inner.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }

    [Fact]
    public async Task WrongAdminKeys_LockTheAddressOut_TheRightKeyToo_UntilTheTimeIsOver()
    {
        using var wrong = _edge.Client("guess");
        using var right = _edge.Client(EdgeServer.AdminKey);
        for (var i = 0; i < 5; i++)
        {
            using var refused = await wrong.GetAsync("/admin/v1/usage");
            await EdgeServer.AssertErrorAsync(refused, 401, "admin_key_required");
        }

        using var locked = await right.GetAsync("/admin/v1/usage");
        await EdgeServer.AssertErrorAsync(locked, 429, "admin_locked");
        Assert.Equal(TimeSpan.FromMinutes(1), locked.Headers.RetryAfter?.Delta);
        Assert.Contains(_log.Lines, static line => line.Contains("locked out of the admin endpoints for 1 min", StringComparison.Ordinal));

        _time.Advance(TimeSpan.FromMinutes(1));
        using var open = await right.GetAsync("/admin/v1/usage");
        Assert.Equal(200, (int)open.StatusCode);
    }

    [Fact]
    public async Task RequestsWithoutAnAdminKey_GuessNothing_AndDoNotLock()
    {
        using var nobody = _edge.Client(key: null);
        using var right = _edge.Client(EdgeServer.AdminKey);
        for (var i = 0; i < 20; i++)
        {
            using var refused = await nobody.GetAsync("/admin/v1/usage");
            Assert.Equal(401, (int)refused.StatusCode);
        }

        using var open = await right.GetAsync("/admin/v1/usage");
        Assert.Equal(200, (int)open.StatusCode);
    }

    [Fact]
    public async Task ChangesAndRefusals_AreAudited_InLogAndFile_WithoutSecrets()
    {
        using var right = _edge.Client(EdgeServer.AdminKey);
        using var wrong = _edge.Client("guess-of-a-key");
        using var make = EdgeServer.Json("""{"id":"made","models":["*"]}""");
        using var made = await right.PostAsync("/admin/v1/keys", make);
        Assert.Equal(201, (int)made.StatusCode);
        using var answer = JsonDocument.Parse(await made.Content.ReadAsStringAsync());
        var secret = answer.RootElement.GetProperty("secret").GetString()!;
        using var read = await right.GetAsync("/admin/v1/keys/made?x=canary");
        using var bySecret = await right.DeleteAsync(new Uri($"/admin/v1/keys/{secret}", UriKind.Relative));
        using var deleted = await right.DeleteAsync("/admin/v1/keys/made?x=canary");
        using var refused = await wrong.GetAsync("/admin/v1/usage");
        await _edge.StopAsync();

        var text = await File.ReadAllTextAsync(Path.Combine(_data, "edge", "audit.jsonl"));
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonDocument.Parse(line).RootElement).ToArray();
        Assert.Equal(
            ["POST /admin/v1/keys 201 made", "DELETE /admin/v1/keys/made 200 made", "GET /admin/v1/usage 401 "],
            lines.Select(static line => $"{line.GetProperty("method")} {line.GetProperty("path")} {line.GetProperty("status")} {line.GetProperty("key_id")}"));
        Assert.All(lines, static line => Assert.Equal("127.0.0.1", line.GetProperty("address").GetString()!.Replace("::ffff:", "", StringComparison.Ordinal)));
        Assert.All(lines, line => Assert.Equal(_time.GetUtcNow().UtcDateTime, line.GetProperty("time").GetDateTime()));
        Assert.All(lines, static line => Assert.True(Guid.TryParse(line.GetProperty("request_id").GetString(), out _)));
        foreach (var hidden in new[] { secret, EdgeServer.AdminKey, "guess-of-a-key", "canary" })
        {
            Assert.DoesNotContain(hidden, text, StringComparison.Ordinal);
            Assert.DoesNotContain(_log.Lines, line => line.Contains(hidden, StringComparison.Ordinal));
        }

        Assert.Equal(3, _log.Lines.Count(static line => line.StartsWith("Admin call ", StringComparison.Ordinal)));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_data, "edge", "audit.jsonl")));
        }
    }

    [Fact]
    public async Task Each_reading_of_content_is_audited_whatever_its_answer_and_no_other_reading()
    {
        const string Content = "/admin/v1/requests/019a0000-0000-7000-8000-000000000000/content";
        using var right = _edge.Client(EdgeServer.AdminKey);
        using var wrong = _edge.Client("guess");
        using var read = await right.GetAsync(Content);
        _inner.Answer = static context =>
        {
            context.Response.StatusCode = 404;
            return Task.CompletedTask;
        };
        using var missing = await right.GetAsync(Content);
        using var refused = await wrong.GetAsync(Content);
        using var other = await right.GetAsync("/admin/v1/requests/019a0000-0000-7000-8000-000000000000");
        await _edge.StopAsync();

        var lines = (await File.ReadAllLinesAsync(Path.Combine(_data, "edge", "audit.jsonl"))).Select(static line => JsonDocument.Parse(line).RootElement).ToArray();
        Assert.Equal(
            [$"GET {Content} 200 ", $"GET {Content} 404 ", $"GET {Content} 401 "],
            lines.Select(static line => $"{line.GetProperty("method")} {line.GetProperty("path")} {line.GetProperty("status")} {line.GetProperty("key_id")}"));
        Assert.Equal(3, _inner.Waiting);
    }

    [Fact]
    public async Task FloodOfRefusedCalls_CannotPushTheOthersOut()
    {
        using var wrong = _edge.Client("guess");
        for (var i = 0; i < 100; i++)
        {
            using var refused = await wrong.GetAsync("/admin/v1/usage");
        }

        _time.Advance(TimeSpan.FromMinutes(1));
        using var right = _edge.Client(EdgeServer.AdminKey);
        using var make = EdgeServer.Json("""{"id":"made","models":["*"]}""");
        using var made = await right.PostAsync("/admin/v1/keys", make);
        await _edge.StopAsync();

        var lines = await File.ReadAllLinesAsync(Path.Combine(_data, "edge", "audit.jsonl"));
        Assert.Equal(61, lines.Length);
        Assert.Contains("\"refused_and_not_noted\":40", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task SecretInThePlaceOfAnId_IsMasked()
    {
        var secret = Gateway.Edge.VirtualKeys.KeySecret.Make("leaked");
        using var wrong = _edge.Client("guess");
        using var refused = await wrong.DeleteAsync(new Uri($"/admin/v1/keys/{secret}", UriKind.Relative));
        using var typo = await wrong.DeleteAsync(new Uri($"/admin/v1/keys/{secret[..^1]}", UriKind.Relative));
        using var tricky = await wrong.DeleteAsync(new Uri("/admin/v1/keys/a%0Ab%22", UriKind.Relative));
        await _edge.StopAsync();

        var text = await File.ReadAllTextAsync(Path.Combine(_data, "edge", "audit.jsonl"));
        Assert.Contains("\"path\":\"/admin/v1/keys/gw_leaked_***\"", text.Replace("%2A", "*", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain(secret[10..40], text, StringComparison.Ordinal);
        Assert.Equal(3, text.Count(static character => character == '\n'));
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("OPTIONS")]
    public async Task AdminEndpoints_GiveBrowsersOfOtherSitesNothing(string method)
    {
        using var client = _edge.Client(EdgeServer.AdminKey);
        using var request = new HttpRequestMessage(new HttpMethod(method), "/admin/v1/keys");
        request.Headers.Add("Origin", "https://example.com");
        request.Headers.Add("Access-Control-Request-Method", "POST");

        using var response = await client.SendAsync(request);

        Assert.DoesNotContain(response.Headers, static header => header.Key.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase));
        Assert.Equal(method == "GET" ? 200 : 405, (int)response.StatusCode);
    }

    [Fact]
    public async Task AuditFile_Full_IsRotated_AndTheNewestFiveAreKept()
    {
        var folder = Path.Combine(_data, "rotated");
        using var file = new AuditFile(folder, TimeProvider.System, NullLogger<AuditFile>.Instance, maxBytes: 100);
        await file.StartAsync(CancellationToken.None);
        for (var i = 0; i < 60; i++)
        {
            file.Add(System.Text.Encoding.ASCII.GetBytes($"line number {i:00} of 60\n"));
            if (i % 2 == 1)
            {
                // A batch is never cut.
                await UntilAsync(() => Read(folder).Contains($"{i:00} of", StringComparison.Ordinal));
            }
        }

        await file.StopAsync(CancellationToken.None);

        var names = Directory.GetFiles(folder).Select(static path => Path.GetFileName(path)!).Order(StringComparer.Ordinal).ToArray();
        Assert.Equal(["audit.1.jsonl", "audit.2.jsonl", "audit.3.jsonl", "audit.4.jsonl", "audit.jsonl"], names);
        Assert.Contains("line number 59", await File.ReadAllTextAsync(Path.Combine(folder, "audit.jsonl")), StringComparison.Ordinal);
        Assert.DoesNotContain("line number 00", Read(folder), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AuditFile_SharedByTwoEdges_HasTheLinesOfBothWhole()
    {
        var folder = Path.Combine(_data, "shared");
        using var one = new AuditFile(folder, new Unhurried(), NullLogger<AuditFile>.Instance);
        using var other = new AuditFile(folder, new Unhurried(), NullLogger<AuditFile>.Instance);
        await Task.WhenAll(one.StartAsync(CancellationToken.None), other.StartAsync(CancellationToken.None));
        for (var i = 0; i < 200; i++)
        {
            one.Add("one of them\n"u8.ToArray());
            other.Add("the other of them\n"u8.ToArray());
            if (i % 20 == 0)
            {
                await Task.Yield();
            }
        }

        await Task.WhenAll(one.StopAsync(CancellationToken.None), other.StopAsync(CancellationToken.None));

        var lines = await File.ReadAllLinesAsync(Path.Combine(folder, "audit.jsonl"));
        Assert.Equal((200, 200, 400), (lines.Count(static line => line == "one of them"), lines.Count(static line => line == "the other of them"), lines.Length));
    }

    [Fact]
    public async Task AuditFile_HeldByAnother_IsWrittenWhenItIsFree()
    {
        var folder = Path.Combine(_data, "held");
        var path = Path.Combine(Directory.CreateDirectory(folder).FullName, AuditFile.Name);
        using var file = new AuditFile(folder, new Unhurried(), NullLogger<AuditFile>.Instance);
        await using (var other = new FileStream(path, new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, Share = FileShare.ReadWrite }))
        {
            await file.StartAsync(CancellationToken.None);
            file.Add("mine\n"u8.ToArray());
            using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
            for (var i = 0; i < 20; i++)
            {
                // Who does not wait for the other writes in this time.
                await tick.WaitForNextTickAsync();
                Assert.Equal(0, new FileInfo(path).Length);
            }

            await other.WriteAsync("the other's\n"u8.ToArray());
        }

        await UntilAsync(() => Read(folder) == "the other's\nmine\n");
        await file.StopAsync(CancellationToken.None);
    }

    /// <summary>Pauses are five times as long: a machine that stands still for two seconds is not another Edge that never ends.</summary>
    private sealed class Unhurried : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime > TimeSpan.Zero ? dueTime * 5 : dueTime, period);
    }

    private static string Read(string folder) => Directory.Exists(folder)
        ? string.Concat(Directory.GetFiles(folder).Order(StringComparer.Ordinal).Select(static path =>
        {
            try
            {
                return File.ReadAllText(path);
            }
            catch (IOException)
            {
                return "";
            }
        }))
        : "";

    private static async Task UntilAsync(Func<bool> isSo)
    {
        using var deadline = new CancellationTokenSource(EdgeServer.Patience);
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!isSo())
        {
            await tick.WaitForNextTickAsync(deadline.Token);
        }
    }
}
