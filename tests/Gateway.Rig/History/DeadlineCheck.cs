namespace Gateway.Rig.History;

/// <summary>I6: no upstream byte is sent for a denied request, nor after the request's deadline.</summary>
internal static class DeadlineCheck
{
    public static void Check(RequestView request, HistoryRules rules, List<string> found)
    {
        var client = request.Client;
        if ((client.MustBeDenied || client.Status is 401 or 403) && request.Meter.Count > 0)
        {
            found.Add($"I6 {request.Name}: denied with {client.Status}, and {request.Meter.Count} upstream calls were made.");
        }

        if (client.MustBeDenied && client.Status is >= 200 and < 400)
        {
            found.Add($"I6 {request.Name}: must be denied, and was answered with {client.Status}.");
        }

        if (client.DeadlineUs is not { } deadline)
        {
            return;
        }

        // From its arrival at the Router, which is later than the client's clock: if that is too late, it is too late by any clock.
        foreach (var attempt in request.Ledger is [{ Attempts: { } attempts }] ? attempts : [])
        {
            if (attempt.StartMs * 1000 > deadline - client.SentUs)
            {
                found.Add($"I6 {request.Name}: attempt {attempt.Number} was sent after {attempt.StartMs} ms, and the request has {(deadline - client.SentUs) / 1000} ms.");
            }
        }

        foreach (var row in request.Meter)
        {
            if (Late(row.StartedUs, deadline) is var begun && begun > rules.Slack)
            {
                found.Add($"I6 {request.Name}: {row.Name} began {begun.TotalMilliseconds:0} ms after the deadline.");
            }
            else if (Late(row.EndedUs, deadline) is var ended && ended > rules.HangUp)
            {
                found.Add($"I6 {request.Name}: {row.Name} still ran {ended.TotalMilliseconds:0} ms after the deadline.");
            }
        }
    }

    private static TimeSpan Late(long instantUs, long deadlineUs) => TimeSpan.FromMicroseconds(instantUs - deadlineUs);
}
