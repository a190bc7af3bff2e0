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
    private long _exact;
    private long _input;
    private long _output;
    private long _nanoUsd;

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
        var said = string.Create(CultureInfo.InvariantCulture, $"ledger minus meter of {_exact} requests: {_input} + {_output} tokens, {_nanoUsd} nano-USD; flagged: {(flagged.Length > 0 ? flagged : "none")}");
        output.WriteLine(said);
        Xunit.Assert.True(_violations.Count == 0 && (_input, _output, _nanoUsd) == (0, 0, 0), $"{said}; {_violations.Count} violations:\n{string.Join('\n', _violations.Take(30))}");
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
            if (request.Ledger.Count > 1)
            {
                _violations.Add($"I2 {request.Name}: {request.Ledger.Count} entries in the ledger.");
            }
            else if (request.Meter.Count > 0 || request.Client.IsGood)
            {
                _violations.Add($"I2 {request.Name}: status {request.Client.Status}, {request.Meter.Count} calls at the provider, and no entry in the ledger.");
            }

            return;
        }

        ModelCheck.Check(request, _rules, _violations);
        var entry = request.Ledger[0];
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
        var charged = request.Meter.Where(static row => row.Ending == "completed" && row.Status < 400).ToList();
        var (input, output) = (charged.Sum(static row => row.PromptTokens), charged.Sum(static row => row.TokensGenerated));
        var nanoUsd = charged.Sum(row => _rules.Deployments.Values.Single(known => known.Serves(row)) is var known ? (row.PromptTokens * known.InputNanoUsd) + (row.TokensGenerated * known.OutputNanoUsd) : 0);
        if ((entry.InputTokens, entry.OutputTokens, entry.CostNanoUsd) != (input, output, nanoUsd))
        {
            _violations.Add($"I1 {request.Name}, {entry.Ending}: the ledger has {entry.InputTokens} + {entry.OutputTokens} tokens for {entry.CostNanoUsd} nano-USD, the meter {input} + {output} for {nanoUsd}.");
        }

        _exact++;
        _input += entry.InputTokens - input;
        _output += entry.OutputTokens - output;
        _nanoUsd += entry.CostNanoUsd - nanoUsd;
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
