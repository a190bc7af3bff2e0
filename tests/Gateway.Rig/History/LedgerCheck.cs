namespace Gateway.Rig.History;

/// <summary>I1 and I2: the ledger has each dispatched request once, with the tokens that the meters counted.</summary>
internal static class LedgerCheck
{
    public static void Check(RequestView request, HistoryRules rules, List<string> found)
    {
        if (request.Ledger.Count > 1)
        {
            found.Add($"I2 {request.Name}: {request.Ledger.Count} final entries in the ledger, not 1.");
            return;
        }

        if (request.Ledger.Count == 0)
        {
            if (request.Meter.Count > 0)
            {
                found.Add($"I2 {request.Name}: {request.Meter.Count} upstream calls and no entry in the ledger.");
            }

            return;
        }

        var entry = request.Ledger[0];
        // A request that its client took back while it was on its way may have reached the provider: its input is charged as an estimate.
        var takenBack = request.Client.Left && entry is { Estimated: true, OutputTokens: 0 };
        if (request.Meter.Count == 0 && entry.CostNanoUsd > 0 && !takenBack)
        {
            found.Add($"I2 {request.Name}: no upstream call, and the ledger charges {entry.CostNanoUsd} nano-USD.");
        }

        if (entry.Attempts is not { } attempts)
        {
            CheckTotals(request, entry, found);
            return;
        }

        if (entry.AttemptCount is { } count && count != attempts.Count)
        {
            found.Add($"I2 {request.Name}: attempt_count is {count}, and there are {attempts.Count} attempts.");
        }

        if (attempts.Sum(attempt => attempt.CostNanoUsd) is var sum && sum != entry.CostNanoUsd)
        {
            found.Add($"I2 {request.Name}: the request costs {entry.CostNanoUsd} nano-USD, its attempts {sum}.");
        }

        // What the client read is of the last call, all others failed before.
        var answered = attempts.MaxBy(attempt => attempt.Number);
        foreach (var (row, attempt) in AttemptMatch.Pairs(request, rules))
        {
            if (attempt is not null)
            {
                CheckTokens(request, row, attempt.InputTokens, attempt.OutputTokens, attempt.Estimated, attempt.Failure.Length > 0, ReferenceEquals(attempt, answered), found);
            }
        }
    }

    /// <summary>Without attempts in the ledger: the last call is the one that is charged.</summary>
    private static void CheckTotals(RequestView request, LedgerEntry entry, List<string> found)
    {
        if (request.Meter.Count > 0)
        {
            CheckTokens(request, request.Meter[^1], entry.InputTokens, entry.OutputTokens, entry.Estimated, failed: false, answered: true, found);
        }
    }

    private static void CheckTokens(RequestView request, MeterEntry row, long input, long output, bool estimated, bool failed, bool answered, List<string> found)
    {
        // A provider may have written all that it had into a connection from which the gateway did not read it.
        if (row.Ending == "completed" && !estimated && !failed)
        {
            if ((input, output) != (row.PromptTokens, row.TokensGenerated))
            {
                found.Add($"I1 {request.Name}: the ledger has {input} + {output} tokens, {row.Name} has {row.PromptTokens} + {row.TokensGenerated}.");
            }

            return;
        }

        if (row.Ending == "completed" && !failed && request.Client is { IsGood: true, Left: false } && !row.Directives.Contains("no_usage", StringComparison.Ordinal))
        {
            found.Add($"I1 {request.Name}: the provider told its usage in {row.Name}, and the ledger estimates.");
        }

        // What the provider never told lies between what the client got and what was made. One token may be on its way in between.
        if (row.TokensGenerated < output - 1)
        {
            found.Add($"I1 {request.Name}: the ledger has {output} output tokens, {row.Name} made only {row.TokensGenerated}.");
        }

        if (answered && row.Status < 400 && row.TokensWritten > 0 && output == 0 && request.Client.Text.Length > 0 && row.Text?.StartsWith(request.Client.Text, StringComparison.Ordinal) == true)
        {
            found.Add($"I1 {request.Name}: the client read {request.Client.Text.Length} characters of {row.Name}, and the ledger has no output tokens.");
        }
    }
}
