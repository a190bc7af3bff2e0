namespace Gateway.Rig.History;

/// <summary>Which upstream call of a meter is which attempt of the ledger.</summary>
internal static class AttemptMatch
{
    /// <summary>
    /// Pairs in the order of the calls. The ledger may have attempts that no provider saw (they did not get through), so the calls are
    /// looked for as a part of the attempts in the same order; a call without an attempt comes with null.
    /// </summary>
    public static IEnumerable<(MeterEntry Row, LedgerAttempt? Attempt)> Pairs(RequestView request, HistoryRules rules)
    {
        var attempts = (request.Ledger is [{ Attempts: { } list }] ? list : []).Where(attempt => attempt.Failure != "unreachable").OrderBy(attempt => attempt.Number).ToArray();
        var next = 0;
        for (var call = 0; call < request.Meter.Count; call++)
        {
            var row = request.Meter[call];
            var spare = attempts.Length - next - (request.Meter.Count - call);
            LedgerAttempt? match = null;
            for (var skip = 0; skip <= spare && next + skip < attempts.Length; skip++)
            {
                var attempt = attempts[next + skip];
                if ((attempt.UpstreamStatus == 0 || attempt.UpstreamStatus == row.Status) && rules.Deployments.TryGetValue(attempt.Deployment, out var known) && known.Serves(row))
                {
                    (match, next) = (attempt, next + skip + 1);
                    break;
                }
            }

            // Nothing fits: take the next one, so that what is wrong with it is named.
            if (match is null && next < attempts.Length)
            {
                match = attempts[next++];
            }

            yield return (row, match);
        }
    }
}
