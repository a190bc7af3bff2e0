using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Gateway.EndToEnd.Tests;

/// <summary>
/// Services die under load. For each request whose end the client saw, the ledger must hold exactly the tokens that the
/// Simulator's meter counted, once.
/// </summary>
public sealed class KillTests
{
    private const int Requests = 20_000;
    private const int Clients = 16;
    private const int KillsOfEach = 5;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(6);

    [Fact]
    public async Task UsageAndRouterKilledFiveTimesEach_LedgerEqualsTheMeter_WithoutDuplicates()
    {
        using var deadline = new CancellationTokenSource(Limit);
        await using var rig = await GatewayRig.StartAsync();
        using var admin = rig.Admin();
        using var meter = rig.Meter();

        var seenByClient = new ConcurrentDictionary<string, string>(); // gateway request id -> the Simulator's id
        var sent = 0;
        var failed = 0;
        async Task ClientAsync(int number)
        {
            using var client = rig.Client();
            using var patience = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
            while (Interlocked.Increment(ref sent) is var i && i <= Requests)
            {
                var (gatewayId, simulatorId) = await SendAsync(client, streamed: i % 2 == 0, $"request {i} of client {number}", deadline.Token);
                if (gatewayId is null)
                {
                    // As a client that minds retry-after: refusals are cheap, and 20,000 of them would test nothing.
                    Interlocked.Increment(ref failed);
                    await patience.WaitForNextTickAsync(deadline.Token);
                }
                else
                {
                    Assert.True(seenByClient.TryAdd(gatewayId, simulatorId!), $"The id {gatewayId} was given twice.");
                }
            }
        }

        var clients = Enumerable.Range(0, Clients).Select(number => Task.Run(() => ClientAsync(number))).ToArray();

        // Spread over the run by progress, not by the clock, so that a slow machine kills as often.
        for (var kill = 1; kill <= KillsOfEach * 2; kill++)
        {
            var at = Requests / ((KillsOfEach * 2) + 1) * kill;
            await UntilAsync(() => Volatile.Read(ref sent) >= at, deadline.Token);
            var victim = kill % 2 == 0 ? rig.Routers[0] : rig.Usage;
            await victim.KillAsync();
            await victim.StartAndWaitAsync();
        }

        await Task.WhenAll(clients);
        Assert.True(seenByClient.Count > Requests * 9 / 10, $"Only {seenByClient.Count} of {Requests} requests ended well, {failed} did not.");

        var metered = await MeteredAsync(meter);
        var ledger = await SettledAsync(admin, seenByClient, deadline.Token);

        // No duplicate, whatever was shipped twice.
        Assert.Equal(ledger.Count, ledger.Select(row => row.GetProperty("id").GetString()).Distinct().Count());
        var byId = ledger.ToDictionary(row => row.GetProperty("id").GetString()!);
        foreach (var (gatewayId, simulatorId) in seenByClient)
        {
            Assert.True(byId.TryGetValue(gatewayId, out var row), $"{gatewayId} is not in the ledger.");
            Assert.Equal(metered[simulatorId], (row.GetProperty("input_tokens").GetInt64(), row.GetProperty("output_tokens").GetInt64()));
            Assert.False(row.GetProperty("estimated").GetBoolean());
        }

        // The totals are the sum of the rows, after five restarts of Usage as before.
        var total = (await admin.GetFromJsonAsync<JsonElement>("/admin/v1/usage?group=key", deadline.Token)).GetProperty("total");
        Assert.Equal(ledger.Count, total.GetProperty("requests").GetInt64());
        Assert.Equal(ledger.Sum(row => row.GetProperty("output_tokens").GetInt64()), total.GetProperty("output_tokens").GetInt64());
        Assert.Equal(ledger.Sum(row => row.GetProperty("cost_nano_usd").GetInt64()), total.GetProperty("cost_nano_usd").GetInt64());
    }

    /// <returns>The ids of both sides when the client saw the end; nulls otherwise.</returns>
    private static async Task<(string? GatewayId, string? SimulatorId)> SendAsync(HttpClient client, bool streamed, string text, CancellationToken cancellationToken)
    {
        var body = $$"""{"model":"gpt-4o","stream":{{(streamed ? "true" : "false")}},"messages":[{"role":"user","content":"{{text}}"}]}""";
        try
        {
            using var content = new StringContent(body, Encoding.UTF8, "application/json");
            using var response = await client.PostAsync("/v1/chat/completions", content, cancellationToken);
            var answer = await response.Content.ReadAsStringAsync(cancellationToken);
            if (!response.IsSuccessStatusCode || (streamed && !answer.EndsWith("data: [DONE]\n\n", StringComparison.Ordinal)))
            {
                return (null, null);
            }

            var start = answer.IndexOf("\"id\":\"", StringComparison.Ordinal) + 6;
            return (response.Headers.GetValues("x-gateway-request-id").Single(), answer[start..answer.IndexOf('"', start)]);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return (null, null);
        }
    }

    private static async Task<Dictionary<string, (long Input, long Output)>> MeteredAsync(HttpClient meter)
    {
        var rows = new Dictionary<string, (long, long)>();
        long since = 0;
        while (true)
        {
            var page = await meter.GetFromJsonAsync<JsonElement>($"/meter/requests?since={since}");
            var any = false;
            foreach (var row in page.GetProperty("requests").EnumerateArray())
            {
                any = true;
                since = Math.Max(since, row.GetProperty("seq").GetInt64());
                rows[row.GetProperty("id").GetString()!] = (row.GetProperty("prompt_tokens").GetInt64(), row.GetProperty("tokens_generated").GetInt64());
            }

            if (!any)
            {
                return rows;
            }
        }
    }

    /// <summary>The ledger once everything that the clients saw has been shipped.</summary>
    private static async Task<List<JsonElement>> SettledAsync(HttpClient admin, ConcurrentDictionary<string, string> seen, CancellationToken cancellationToken)
    {
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(500));
        var patience = 60;
        while (true)
        {
            var ledger = await Ledger.AllRequestsAsync(admin);
            var missing = seen.Keys.Except(ledger.Select(row => row.GetProperty("id").GetString()!)).Count();
            if (missing == 0 || patience-- == 0)
            {
                return ledger;
            }

            await tick.WaitForNextTickAsync(cancellationToken);
        }
    }

    private static async Task UntilAsync(Func<bool> condition, CancellationToken cancellationToken)
    {
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!condition())
        {
            await tick.WaitForNextTickAsync(cancellationToken);
        }
    }
}
