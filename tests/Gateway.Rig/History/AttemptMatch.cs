namespace Gateway.Rig.History;

/// <summary>Which upstream call of a meter is which attempt of the ledger.</summary>
internal static class AttemptMatch
{
    /// <summary>
    /// Pairs in the order of the calls. The ledger may have attempts that no provider saw (they did not get through), so the calls are
    /// looked for as a part of the attempts in the same order; a call without an attempt comes with null.
    /// </summary>
    /// <param name="fits">Whether an attempt can be a call, beyond its status; null for no further condition.</param>
    public static IEnumerable<(MeterEntry Row, LedgerAttempt? Attempt)> Pairs(RequestView request, Func<MeterEntry, LedgerAttempt, bool>? fits = null)
    {
        var attempts = (request.Ledger is [{ Attempts: { } list }] ? list : []).OrderBy(attempt => attempt.Number).ToArray();
        var next = 0;
        for (var call = 0; call < request.Meter.Count; call++)
        {
            var row = request.Meter[call];
            var spare = attempts.Length - next - (request.Meter.Count - call);
            LedgerAttempt? match = null;
            for (var skip = 0; skip <= spare && next + skip < attempts.Length; skip++)
            {
                var attempt = attempts[next + skip];
                if ((attempt.UpstreamStatus is not { } status || status == 0 || status == row.Status) && fits?.Invoke(row, attempt) != false)
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
