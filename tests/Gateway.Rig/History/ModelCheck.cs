namespace Gateway.Rig.History;

/// <summary>I9: for each attempt, model authorised = model sent upstream = model priced = model in the ledger.</summary>
internal static class ModelCheck
{
    public static void Check(RequestView request, HistoryRules rules, List<string> found)
    {
        if (request.Ledger is not [{ Attempts: { } attempts } entry])
        {
            return;
        }

        if (entry.Model != request.Client.Model)
        {
            found.Add($"I9 {request.Name}: the client asked for '{request.Client.Model}', the ledger says '{entry.Model}'.");
        }

        if (!rules.Groups.TryGetValue(request.Client.Model, out var allowed))
        {
            allowed = [];
        }

        foreach (var attempt in attempts)
        {
            if (!rules.Deployments.TryGetValue(attempt.Deployment, out var known))
            {
                found.Add($"I9 {request.Name} attempt {attempt.Number}: '{attempt.Deployment}' is no deployment of this run.");
                continue;
            }

            if (!allowed.Contains(known.Group, StringComparer.Ordinal))
            {
                found.Add($"I9 {request.Name} attempt {attempt.Number}: '{attempt.Deployment}' serves '{known.Group}', and '{request.Client.Model}' may only be served by {string.Join(", ", allowed)}.");
            }

            if (attempt.Model.Length > 0 && attempt.Model != known.Model)
            {
                found.Add($"I9 {request.Name} attempt {attempt.Number}: '{attempt.Deployment}' is '{known.Model}', the ledger says '{attempt.Model}' answered.");
            }

            var cost = ((attempt.InputTokens - attempt.CachedTokens) * known.InputNanoUsd)
                + (attempt.CachedTokens * (known.CachedNanoUsd ?? known.InputNanoUsd)) + (attempt.OutputTokens * known.OutputNanoUsd);
            if (cost != attempt.CostNanoUsd)
            {
                found.Add($"I9 {request.Name} attempt {attempt.Number}: {attempt.InputTokens} + {attempt.OutputTokens} tokens of '{attempt.Deployment}' cost {cost} nano-USD, the ledger says {attempt.CostNanoUsd}.");
            }
        }

        CheckCalls(request, rules, found);
    }

    private static void CheckCalls(RequestView request, HistoryRules rules, List<string> found)
    {
        foreach (var (row, attempt) in AttemptMatch.Pairs(request, rules))
        {
            if (attempt is null)
            {
                found.Add($"I9 {request.Name}: {row.Name} served '{row.Model}', and the ledger has no attempt for it.");
            }
            else if (rules.Deployments.TryGetValue(attempt.Deployment, out var known))
            {
                if (!known.Serves(row))
                {
                    found.Add($"I9 {request.Name} attempt {attempt.Number}: '{attempt.Deployment}' is '{known.Model}' of simulator {known.Simulator}, what was sent is '{row.Model}' in {row.Name}.");
                }

                if (known.Credentials.Count > 0 && !known.Credentials.Contains(row.Credential, StringComparer.Ordinal))
                {
                    found.Add($"I9 {request.Name} attempt {attempt.Number}: {row.Name} saw the credential {row.Credential}, which is none of '{attempt.Deployment}'.");
                }
            }
        }
    }
}
