using System.Net.Http.Json;
using System.Text.Json;

namespace Gateway.Rig.History;

/// <summary>Reads what meters and ledger have, once they are done.</summary>
public static class HistoryReader
{
    /// <summary>Every ended call of every Simulator; waits until none is in flight.</summary>
    public static async Task<IReadOnlyList<MeterEntry>> MetersAsync(GatewayRig rig, CancellationToken cancellationToken)
    {
        var all = new List<MeterEntry>();
        for (var simulator = 0; simulator < rig.Simulators.Count; simulator++)
        {
            using var client = rig.Meter(simulator);
            await UntilAsync(async () => (await client.GetFromJsonAsync<JsonElement>("/meter", cancellationToken)).GetProperty("in_flight").GetInt64() == 0, cancellationToken);
            for (var since = 0L; ;)
            {
                var page = (await client.GetFromJsonAsync($"/meter/requests?since={since}", HistoryJson.Default.MeterPage, cancellationToken))!;
                if (page.Requests.Count == 0)
                {
                    break;
                }

                all.AddRange(page.Requests.Select(row => row with { Simulator = simulator }));
                since = page.Next;
            }
        }

        return all;
    }

    /// <summary>The requests of the ledger; waits until those of <paramref name="ids"/> are there, or the token says that they never will be.</summary>
    /// <param name="fromUs">Those that came at this instant or later, in microseconds of Unix time.</param>
    public static async Task<IReadOnlyList<LedgerEntry>> LedgerAsync(HttpClient admin, IReadOnlyCollection<string> ids, long fromUs, CancellationToken cancellationToken)
    {
        IReadOnlyList<LedgerEntry> all = [];
        try
        {
            await UntilAsync(
                async () =>
                {
                    all = await PagesAsync(admin, fromUs, cancellationToken);
                    return !ids.Except(all.Select(entry => entry.Id), StringComparer.Ordinal).Any();
                },
                cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // What is missing is for the check to name.
        }

        return all;
    }

    private static async Task<List<LedgerEntry>> PagesAsync(HttpClient admin, long fromUs, CancellationToken cancellationToken)
    {
        var all = new List<LedgerEntry>();
        string? cursor = null;
        do
        {
            var page = (await admin.GetFromJsonAsync(
                $"/admin/v1/requests?limit=1000&from={fromUs / 1_000_000}{(cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}")}", HistoryJson.Default.LedgerPage, cancellationToken))!;
            all.AddRange(page.Requests);
            cursor = page.Next;
        }
        while (cursor is not null);
        return all;
    }

    private static async Task UntilAsync(Func<Task<bool>> holds, CancellationToken cancellationToken)
    {
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (!await holds())
        {
            await tick.WaitForNextTickAsync(cancellationToken);
        }
    }
}
