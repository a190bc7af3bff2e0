using System.Net.Http.Json;
using System.Text.Json;

namespace Gateway.EndToEnd.Tests;

/// <summary>Reads the reports as an operator does.</summary>
internal static class Ledger
{
    /// <summary>Every request of the ledger, newest first.</summary>
    public static async Task<List<JsonElement>> AllRequestsAsync(HttpClient admin, int pageSize = 1000)
    {
        var all = new List<JsonElement>();
        string? cursor = null;
        do
        {
            var page = await admin.GetFromJsonAsync<JsonElement>($"/admin/v1/requests?limit={pageSize}{(cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}")}");
            all.AddRange(page.GetProperty("requests").EnumerateArray());
            cursor = page.GetProperty("next").GetString();
        }
        while (cursor is not null);
        return all;
    }

    /// <summary>Waits until the ledger holds the request: the journal ships at least once a second, not at once.</summary>
    public static async Task<JsonElement> WaitForAsync(HttpClient admin, string requestId)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (true)
        {
            foreach (var row in (await AllRequestsAsync(admin)).Where(row => row.GetProperty("id").GetString() == requestId))
            {
                return row;
            }

            await tick.WaitForNextTickAsync(deadline.Token);
        }
    }
}
