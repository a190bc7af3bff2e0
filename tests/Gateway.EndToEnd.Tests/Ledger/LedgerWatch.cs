using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gateway.Rig.History;

namespace Gateway.EndToEnd.Tests.Ledgers;

/// <summary>What an operator sees of the ledger and of the journals that feed it.</summary>
internal static class LedgerWatch
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);

    /// <summary>Sum of the series of a metric of one process; null without any, and while the process does not answer.</summary>
    public static async Task<double?> MetricAsync(RigProcess process, string name, CancellationToken limit)
    {
        try
        {
            using var client = Client(process);
            var page = await client.GetStringAsync("/metrics", limit);
            var lines = page.Split('\n').Where(line => line.StartsWith(name, StringComparison.Ordinal) && line.Length > name.Length && line[name.Length] is ' ' or '{').ToList();
            return lines.Count == 0 ? null : lines.Sum(line => double.Parse(line[Math.Max(name.Length, line.LastIndexOf('}') + 1)..].Trim().Split(' ')[0], CultureInfo.InvariantCulture));
        }
        catch (Exception error) when (error is HttpRequestException || (error is TaskCanceledException && !limit.IsCancellationRequested))
        {
            return null;
        }
    }

    /// <summary>Status of <c>/ready</c>, and of one of its checks with what it says.</summary>
    public static async Task<(int Code, string Status, string Detail)> ReadyAsync(RigProcess process, string check, CancellationToken limit)
    {
        using var client = Client(process);
        using var response = await client.GetAsync("/ready", limit);
        var entry = (await response.Content.ReadFromJsonAsync<JsonElement>(limit)).GetProperty("checks").GetProperty(check);
        return ((int)response.StatusCode, entry.GetProperty("status").GetString()!, entry.TryGetProperty("detail", out var detail) ? detail.GetString() ?? "" : "");
    }

    /// <summary>Waits until the ledger has every record of every Router.</summary>
    public static Task CaughtUpAsync(GatewayRig rig, CancellationToken limit) => UntilAsync(
        async () =>
        {
            foreach (var router in rig.Routers)
            {
                // What still runs has no end yet that could wait.
                if (await MetricAsync(router, "llm_active_connections", limit) > 0 || await MetricAsync(router, "gateway_journal_waiting", limit) is not 0)
                {
                    return false;
                }
            }

            return true;
        },
        limit);

    /// <summary>Clients, meter and ledger of all that was sent.</summary>
    public static async Task<RunHistory> HistoryAsync(GatewayRig rig, HttpClient admin, LedgerLoad load, CancellationToken limit) => new(
        [.. load.Seen], await HistoryReader.MetersAsync(rig, limit), await HistoryReader.LedgerAsync(admin, [], load.Seen.Min(static seen => seen.SentUs) - 60_000_000, limit));

    /// <summary>Numbers that the lines of a process name, one of each line that has the words.</summary>
    /// <param name="pattern">Its first group is the number.</param>
    public static IEnumerable<long> Named(RigProcess process, string pattern) =>
        Regex.Matches(process.Output, pattern, RegexOptions.None, TimeSpan.FromSeconds(10)).Select(static match => long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));

    public static async Task UntilAsync(Func<Task<bool>> holds, CancellationToken limit)
    {
        using var tick = new PeriodicTimer(LookEvery);
        while (!await holds())
        {
            await tick.WaitForNextTickAsync(limit);
        }
    }

    /// <summary>Waits until a process has printed something: its log comes through a pipe, behind what its endpoints say.</summary>
    public static Task SaysAsync(RigProcess process, string text, CancellationToken limit) => UntilAsync(() => Task.FromResult(process.Output.Contains(text, StringComparison.Ordinal)), limit);

    private static HttpClient Client(RigProcess process) => new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = process.Url, Timeout = TimeSpan.FromSeconds(20) };
}
