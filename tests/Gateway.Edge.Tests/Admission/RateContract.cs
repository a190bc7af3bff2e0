namespace Gateway.Edge.Tests.Admission;

internal static class RateContract
{
    /// <summary>Holds the history against "in any interval of length W at most burst + W / interval".</summary>
    /// <param name="admitted">Times of admissions in microseconds, in order.</param>
    public static void AssertHolds(List<long> admitted, long burst, long intervalMicros, long lateMicros = 0)
    {
        // Over all pairs in one pass: n(from..to) - W / interval is greatest for the "from" with the greatest (time / interval - index).
        var best = decimal.MinValue;
        for (var to = 0; to < admitted.Count; to++)
        {
            best = Math.Max(best, ((decimal)admitted[to] / intervalMicros) - to);
            var most = to + 1 + best - ((decimal)admitted[to] / intervalMicros);
            Assert.True(most <= burst + ((decimal)lateMicros / intervalMicros), $"{most:0.00} instead of {burst} at admission {to} of {admitted.Count}");
        }
    }
}
