namespace Gateway.Rig.History;

/// <summary>I7: upstream attempts &lt;= 1.1 x requests + floor, for each pool; the floor counts for each minute that the run touches.</summary>
internal static class AttemptCheck
{
    private const long MinuteUs = 60_000_000;

    public static void Check(IReadOnlyList<RequestView> requests, HistoryRules rules, List<string> found)
    {
        foreach (var pool in requests.GroupBy(request => request.Client.Model, StringComparer.Ordinal))
        {
            var asked = pool.Where(request => !request.Client.MustBeDenied && request.Client.Status is not (401 or 403)).ToArray();
            var instants = asked.SelectMany(Instants).ToArray();
            if (instants.Length == 0)
            {
                continue;
            }

            var minutes = ((instants.Max() - instants.Min()) / MinuteUs) + 1;
            var most = (1.1 * asked.Length) + (rules.AttemptFloor * minutes);
            Report("the meters", pool.Sum(request => (long)request.Meter.Count));
            Report("the ledger", pool.Sum(request => request.Ledger.Sum(entry => (long)(entry.AttemptCount ?? entry.Attempts?.Count ?? 0))));

            void Report(string who, long attempts)
            {
                if (attempts > most)
                {
                    found.Add($"I7 pool '{pool.Key}': {who} counted {attempts} attempts for {asked.Length} requests in {minutes} started minutes; at most {most:0} are allowed.");
                }
            }
        }
    }

    private static IEnumerable<long> Instants(RequestView request) => request.Meter.Select(row => row.StartedUs).Append(request.Client.SentUs);
}
