using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Xunit.Abstractions;

namespace Gateway.EndToEnd.Tests.Budgets;

/// <summary>Keys made at run time, and credentials that nobody made.</summary>
[Collection(BudgetRig.Name)]
public sealed class KeyScenarios(BudgetRig shared, ITestOutputHelper output)
{
    /// <summary>Environment variable with the number of random keys and users; the suite takes fewer than an operator would.</summary>
    private const string FloodVariable = "RIG_FLOOD";

    [Fact]
    public async Task RevokedUnderLoad_StopsOnEveryEdgeWithinTwoSeconds()
    {
        using var admin = shared.Rig.Admin();
        for (var round = 0; round < 2; round++)
        {
            var (id, secret) = await MakeAsync(admin);
            using var enough = new CancellationTokenSource();
            var last = new ConcurrentDictionary<int, long>();
            var clients = Enumerable.Range(0, 4).Select(number => Task.Run(() => AskAsync(number % 2, secret, last, enough.Token))).ToArray();
            await BudgetEnd.UntilAsync(() => Task.FromResult(last.Count == 2), TimeSpan.FromSeconds(60), "the new key serves on both Edges");

            using var deleted = await admin.DeleteAsync($"/admin/v1/keys/{id}");
            var revoked = TimeProvider.System.GetTimestamp();
            Assert.True(deleted.IsSuccessStatusCode, await deleted.Content.ReadAsStringAsync());
            await Task.Delay(TimeSpan.FromSeconds(3));
            await enough.CancelAsync();
            await Task.WhenAll(clients);

            foreach (var (edge, at) in last)
            {
                var late = at > revoked ? TimeProvider.System.GetElapsedTime(revoked, at) : TimeSpan.Zero;
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Edge {edge}: last success {late.TotalMilliseconds:0} ms after the deletion"));
                Assert.True(late <= TimeSpan.FromSeconds(2), $"Edge {edge} served {late.TotalSeconds:0.0} s after the deletion.");
            }
        }
    }

    [Fact]
    public async Task RandomKeysAndUsers_GrowNeitherTheEdgeNorRedisWithoutBound()
    {
        var count = int.TryParse(Environment.GetEnvironmentVariable(FloodVariable), CultureInfo.InvariantCulture, out var wanted) ? wanted : 15_000;
        var edge = shared.Rig.Edges[0];

        // The same load by few users with one wrong key: what grows afterwards is by the others.
        await FloodAsync(count / 5, isSame: true);
        var before = ResidentKiB(edge);
        await FloodAsync(count, isSame: false);
        var after = ResidentKiB(edge);
        using var redis = new RedisAsk(shared.Rig.Redis!.Port);
        var keys = await redis.NumberAsync("DBSIZE");
        output.WriteLine($"{count} random keys and {count} users: the Edge grew by {(after - before) / 1024.0:0.0} MiB, Redis has {keys} keys");
        Assert.True(after - before <= 50 * 1024, $"The Edge grew by {(after - before) / 1024} MiB.");
        Assert.True(keys < 100_000, $"Redis has {keys} keys.");
    }

    private async Task FloodAsync(int count, bool isSame)
    {
        var next = 0;
        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(async () =>
        {
            using var client = shared.Rig.Client(key: null);
            int i;
            while ((i = Interlocked.Increment(ref next)) <= count)
            {
                var (one, other) = isSame ? (default, default) : (Guid.NewGuid(), Guid.NewGuid());
                var key = i % 2 == 0 ? $"gw_k{(isSame ? 0 : i)}_{one:N}{other:N}" : $"sk-{one:N}";
                using (var unknown = new HttpRequestMessage(HttpMethod.Get, "/v1/models"))
                {
                    unknown.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
                    using var response = await client.SendAsync(unknown);
                    Assert.Contains((int)response.StatusCode, (int[])[401, 429]);
                }

                using var known = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
                {
                    Content = JsonContent.Create(new { model = "cheap", max_tokens = 1, user = isSame ? $"user-{i % 1000}" : $"user-{other:N}", messages = new[] { new { role = "user", content = "[sim tokens=1]" } } }),
                };
                known.Headers.Authorization = new AuthenticationHeaderValue("Bearer", BudgetDocument.Secret("many"));
                using var served = await client.SendAsync(known);
                Assert.Equal(HttpStatusCode.OK, served.StatusCode);
            }
        })));
    }

    private static async Task<(string Id, string Secret)> MakeAsync(HttpClient admin)
    {
        using var response = await admin.PostAsJsonAsync("/admin/v1/keys", new { models = new[] { "*" } });
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.Created, body);
        using var json = JsonDocument.Parse(body);
        return (json.RootElement.GetProperty("id").GetString()!, json.RootElement.GetProperty("secret").GetString()!);
    }

    private async Task AskAsync(int edge, string secret, ConcurrentDictionary<int, long> last, CancellationToken enough)
    {
        using var client = shared.Rig.Client(secret, edge);
        while (!enough.IsCancellationRequested)
        {
            // When it was sent: what is answered late may have been decided long before.
            var sent = TimeProvider.System.GetTimestamp();
            using var response = await client.GetAsync("/v1/models", CancellationToken.None);
            if (response.IsSuccessStatusCode)
            {
                last[edge] = sent;
            }
        }
    }

    private static long ResidentKiB(RigProcess process)
    {
        var line = File.ReadLines($"/proc/{process.ProcessId}/status").First(static line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.AsSpan(6).Trim().TrimEnd("kB").Trim(), CultureInfo.InvariantCulture);
    }
}
