namespace Gateway.Rig.History;

/// <summary>One request from its three sides.</summary>
/// <param name="Meter">Its upstream calls as the providers saw them, by their start.</param>
internal sealed record RequestView(ClientObservation Client, IReadOnlyList<MeterEntry> Meter, IReadOnlyList<LedgerEntry> Ledger)
{
    public string Name => Client.RequestId.Length > 0 || Ledger.Count == 0 ? Client.Name : $"{Ledger[0].Id} ({Client.Tag})";

    /// <summary>Puts the three sides together by the client's tag; what nobody asked for is a violation.</summary>
    public static List<RequestView> Join(RunHistory history, out List<string> found)
    {
        found = [];
        var meter = history.Meter.ToLookup(entry => entry.User, StringComparer.Ordinal);
        var ledger = history.Ledger.ToLookup(entry => entry.User, StringComparer.Ordinal);
        var views = new List<RequestView>();
        var tags = new HashSet<string>(StringComparer.Ordinal);
        foreach (var client in history.Clients)
        {
            if (!tags.Add(client.Tag))
            {
                throw new ArgumentException($"Two requests have the tag {client.Tag}.", nameof(history));
            }

            views.Add(new RequestView(client, [.. meter[client.Tag].OrderBy(entry => entry.StartedUs).ThenBy(entry => entry.Seq)], [.. ledger[client.Tag]]));
        }

        foreach (var stray in history.Meter.Where(entry => !tags.Contains(entry.User)))
        {
            found.Add($"I2 {stray.Name}: a provider was asked for '{stray.Model}' with the tag '{stray.User}' that no client sent.");
        }

        foreach (var stray in history.Ledger.Where(entry => !tags.Contains(entry.User)))
        {
            found.Add($"I2 {stray.Id}: the ledger has a request with the tag '{stray.User}' that no client sent.");
        }

        return views;
    }
}
