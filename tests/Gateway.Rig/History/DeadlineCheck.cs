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
