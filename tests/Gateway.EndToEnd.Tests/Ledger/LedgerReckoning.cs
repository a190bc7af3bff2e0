using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Gateway.Rig.History;
using Xunit.Abstractions;

namespace Gateway.EndToEnd.Tests.Ledgers;

/// <summary>
/// Ledger minus meter, where anything may have died meanwhile. A call that reached a provider is in the ledger, once. What is not flagged there is exactly what the meter counted and at the price of the
/// deployment that made it; what is flagged belongs to a client that saw no end, says how it ended, and lies within what the meter knows.
/// </summary>
internal sealed class LedgerReckoning
{
    /// <summary>Endings whose cost nobody can know: a Router that died, a client or an Edge that went, a provider that broke off.</summary>
    private static readonly HashSet<string> Unknowable = new(StringComparer.Ordinal) { "recovered", "client_gone", "upstream_failed" };

    private readonly List<string> _violations;
    private readonly HistoryRules _rules;
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);
    private (long Requests, long Input, long Output, long NanoUsd) _difference;
    private int _counted;

    private LedgerReckoning(RunHistory history, HistoryRules rules)
    {
        _rules = rules;
        foreach (var request in RequestView.Join(history, out _violations))
        {
            Check(request);
        }
    }

    public IReadOnlyList<string> Violations => _violations;

    /// <summary>Requests whose cost is flagged, by how they ended.</summary>
    public Dictionary<string, int> Flagged { get; } = new(StringComparer.Ordinal);

    public static LedgerReckoning Of(RunHistory history, HistoryRules rules) => new(history, rules);

    /// <summary>Fails unless all differences are 0 and nothing else is off.</summary>
    public void Assert(ITestOutputHelper output)
    {
        var flagged = string.Join(", ", Flagged.OrderBy(static pair => pair.Key, StringComparer.Ordinal).Select(static pair => $"{pair.Value} {pair.Key}"));
        var said = string.Create(CultureInfo.InvariantCulture, $"ledger minus meter of {_counted} requests: {_difference.Requests} requests, {_difference.Input} + {_difference.Output} tokens, {_difference.NanoUsd} nano-USD; flagged: {(flagged.Length > 0 ? flagged : "none")}");
        output.WriteLine(said);
        Xunit.Assert.True(_violations.Count == 0 && _difference == default, $"{said}; {_violations.Count} violations:\n{string.Join('\n', _violations.Take(30))}");
    }

    /// <summary>I12: what the reports sum up is the sum of the rows, whatever it is split by.</summary>
    public static async Task AssertSumsAsync(HttpClient admin, IReadOnlyList<LedgerEntry> rows, CancellationToken limit)
    {
        foreach (var group in (string[])["key", "user", "model,status", "deployment,hour"])
        {
            var report = await admin.GetFromJsonAsync<JsonElement>($"/admin/v1/usage?group={group}", limit);
            var expected = (rows.Count, rows.Sum(static row => row.InputTokens), rows.Sum(static row => row.OutputTokens), rows.Sum(static row => row.CostNanoUsd));
            Xunit.Assert.Equal(expected, Sums([report.GetProperty("total")]));
            var groups = Sums([.. report.GetProperty("groups").EnumerateArray()]);

            // At a deployment each request counts that it answered.
            Xunit.Assert.Equal((expected.Item2, expected.Item3, expected.Item4), (groups.Input, groups.Output, groups.NanoUsd));
        }
    }

    private static (int Requests, long Input, long Output, long NanoUsd) Sums(JsonElement[] of) =>
        ((int)of.Sum(static one => one.GetProperty("requests").GetInt64()), of.Sum(static one => one.GetProperty("input_tokens").GetInt64()),
            of.Sum(static one => one.GetProperty("output_tokens").GetInt64()), of.Sum(static one => one.GetProperty("cost_nano_usd").GetInt64()));

    private void Check(RequestView request)
    {
        if (request.Ledger.Count != 1)
        {
            if (request.Ledger.Count > 1 || request.Meter.Count > 0 || request.Client.IsGood)
            {
                _violations.Add($"I2 {request.Name}: status {request.Client.Status}, {request.Meter.Count} calls at the provider, and {request.Ledger.Count} entries in the ledger.");
                Count(request);
            }

            return;
        }

        ModelCheck.Check(request, _rules, _violations);
        var entry = request.Ledger[0];
        if (!_ids.Add(entry.Id) || (request.Client.RequestId.Length > 0 && request.Client.RequestId != entry.Id))
        {
            _violations.Add($"I2 {request.Name}: in the ledger as {entry.Id}, which is another request.");
        }

        if (entry.Attempts is { } attempts && attempts.Sum(static attempt => attempt.CostNanoUsd) != entry.CostNanoUsd)
        {
            _violations.Add($"I12 {request.Name}: costs {entry.CostNanoUsd} nano-USD, its attempts {attempts.Sum(static attempt => attempt.CostNanoUsd)}.");
        }

        if (entry.Estimated || entry.Incomplete)
        {
            CheckFlagged(request, entry);
        }
        else
        {
            CheckExact(request, entry);
        }
    }

    private void CheckExact(RequestView request, LedgerEntry entry)
    {
        if (Count(request) != default)
        {
            _violations.Add($"I1 {request.Name}, {entry.Ending}: the ledger has {entry.InputTokens} + {entry.OutputTokens} tokens for {entry.CostNanoUsd} nano-USD, which is not what the meter has.");
        }
    }

    /// <summary>Ledger minus meter of one request, added to that of all.</summary>
    private (long Requests, long Input, long Output, long NanoUsd) Count(RequestView request)
    {
        var charged = request.Meter.Where(static row => row.Ending == "completed" && row.Status < 400).ToList();
        var nanoUsd = charged.Sum(row =>
        {
            var known = _rules.Deployments.Values.Single(known => known.Serves(row));
            return (row.PromptTokens * known.InputNanoUsd) + (row.TokensGenerated * known.OutputNanoUsd);
        });
        var difference = (
            Requests: request.Ledger.Count - 1L, Input: request.Ledger.Sum(static entry => entry.InputTokens) - charged.Sum(static row => row.PromptTokens),
            Output: request.Ledger.Sum(static entry => entry.OutputTokens) - charged.Sum(static row => row.TokensGenerated), NanoUsd: request.Ledger.Sum(static entry => entry.CostNanoUsd) - nanoUsd);
        _counted++;
        _difference = (_difference.Requests + difference.Requests, _difference.Input + difference.Input, _difference.Output + difference.Output, _difference.NanoUsd + difference.NanoUsd);
        return difference;
    }

    private void CheckFlagged(RequestView request, LedgerEntry entry)
    {
        Flagged[entry.Ending] = Flagged.GetValueOrDefault(entry.Ending) + 1;
        if (request.Client.IsGood || !Unknowable.Contains(entry.Ending))
        {
            _violations.Add($"I1 {request.Name}: ended '{entry.Ending}' and the client saw status {request.Client.Status} with {request.Client.Terminals} end markers, but the ledger flags its cost.");
        }

        // One token of each call may have been on its way when the provider noticed.
        if (request.Meter.Sum(static row => row.TokensGenerated + 1) is var made && entry.OutputTokens > made)
        {
            _violations.Add($"I1 {request.Name}: the ledger has {entry.OutputTokens} output tokens, the provider made {made - request.Meter.Count}.");
        }
    }
}
