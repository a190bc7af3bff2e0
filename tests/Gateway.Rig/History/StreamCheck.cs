namespace Gateway.Rig.History;

/// <summary>
/// I10: what the client read is an exact prefix of what one upstream wrote, whole when it ended well; and there is exactly one end marker or
/// exactly one error frame.
/// </summary>
internal static class StreamCheck
{
    public static void Check(RequestView request, List<string> found)
    {
        var client = request.Client;
        CheckEnd(request, found);
        if (client.Text.Length == 0 || request.Meter.All(row => row.Text is null))
        {
            return;
        }

        var best = request.Meter.MaxBy(row => Common(row.Text, client.Text));
        if (best?.Text is not { } said || Common(said, client.Text) is var common && common < client.Text.Length)
        {
            found.Add($"I10 {request.Name}: the client read {client.Text.Length} characters, of which only the first {Common(best?.Text, client.Text)} are those of {best?.Name ?? "any provider"}.");
        }
        else if (client is { IsGood: true, Left: false } && said.Length != client.Text.Length && !request.Meter.Any(row => row.Text == client.Text))
        {
            found.Add($"I10 {request.Name}: the answer ended well with {client.Text.Length} characters, {best.Name} wrote {said.Length}.");
        }
    }

    private static void CheckEnd(RequestView request, List<string> found)
    {
        var client = request.Client;
        if (client.SpokeAfterEnd)
        {
            found.Add($"I10 {request.Name}: something came after the end.");
        }

        if (client.BadFrames > 0)
        {
            found.Add($"I10 {request.Name}: {client.BadFrames} frames are nothing of the protocol.");
        }

        if (client.IsGood && client.FinishReason.Length == 0)
        {
            found.Add($"I10 {request.Name}: ended well without a reason to finish.");
        }

        if (client.Terminals + client.Errors is var ends && (ends > 1 || (ends == 0 && !client.Left)))
        {
            found.Add($"I10 {request.Name}: status {client.Status} with {client.Terminals} end markers and {client.Errors} error frames; there must be one of one.");
        }
    }

    private static int Common(string? said, string read)
    {
        if (said is null)
        {
            return 0;
        }

        var length = Math.Min(said.Length, read.Length);
        var same = said.AsSpan(0, length).CommonPrefixLength(read.AsSpan(0, length));
        return same;
    }
}
