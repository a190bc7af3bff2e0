using System.Collections.Concurrent;
using Gateway.Rig.History;
using Xunit.Abstractions;

namespace Gateway.EndToEnd.Tests.Scenarios;

/// <summary>The requests of one scenario and what became of them. Its name is the beginning of each tag.</summary>
internal sealed class ScenarioRun : IAsyncDisposable
{
    private static readonly TimeSpan LedgerPatience = TimeSpan.FromSeconds(60);

    private readonly ConcurrentBag<ClientObservation> _seen = [];
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromMinutes(2));
    private readonly ScenarioRig _scenarios;
    private readonly ITestOutputHelper _output;
    private readonly string _name;
    private readonly HttpClient _http;
    private readonly ScenarioClient _client;
    private int _sent;

    public ScenarioRun(ScenarioRig scenarios, string name, ITestOutputHelper output, string key = GatewayRig.DemoKey)
    {
        (_scenarios, _name, _output) = (scenarios, name, output);
        _http = scenarios.Rig.Client(key);
        _client = new ScenarioClient(_http);
        output.WriteLine($"{name}: seed {ScenarioRig.Seed} (environment variable {ScenarioRig.SeedVariable})");
    }

    public GatewayRig Rig => _scenarios.Rig;

    public CancellationToken Limit => _limit.Token;

    public IReadOnlyCollection<ClientObservation> Seen => _seen;

    /// <summary>What both providers do from now on: rules as in docs/simulator.md; texts are kept for the checks.</summary>
    public async Task ControlAsync(string rulesOfFirst, string rulesOfSecond)
    {
        await Rig.ControlAsync(0, $$"""{"keep_text":20000,"rules":[{{rulesOfFirst}}]}""");
        await Rig.ControlAsync(1, $$"""{"keep_text":20000,"rules":[{{rulesOfSecond}}]}""");
    }

    /// <summary>A request of this run; it says something that no other says.</summary>
    public ScenarioRequest Request(string model, string directives = "")
    {
        var tag = $"{_name}:{Interlocked.Increment(ref _sent):00000}";
        return new ScenarioRequest(tag, model) { Prompt = $"{tag} {(directives.Length > 0 ? $"[sim {directives}]" : "")}" };
    }

    public async Task<ClientObservation> SendAsync(ScenarioRequest request)
    {
        var seen = await _client.SendAsync(request, _limit.Token);
        _seen.Add(seen);
        return seen;
    }

    /// <summary>So many requests, so many at once.</summary>
    public async Task<IReadOnlyList<ClientObservation>> SendAsync(int count, int concurrency, Func<int, ScenarioRequest> make)
    {
        var seen = new ClientObservation[count];
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, concurrency).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Increment(ref next) is var index && index < count)
            {
                seen[index] = await SendAsync(make(index));
            }
        })));
        return seen;
    }

    /// <summary>One request in each interval, whether or not the earlier ones are answered, until told to stop.</summary>
    public async Task<IReadOnlyList<ClientObservation>> PaceAsync(TimeSpan interval, Func<ScenarioRequest> make, CancellationToken stop)
    {
        var running = new List<Task<ClientObservation>>();
        using var tick = new PeriodicTimer(interval);
        try
        {
            do
            {
                running.Add(SendAsync(make()));
            }
            while (await tick.WaitForNextTickAsync(stop));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Enough.
        }

        return await Task.WhenAll(running);
    }

    /// <summary>What the providers saw of this run, by time.</summary>
    public async Task<IReadOnlyList<MeterEntry>> MeterAsync() =>
        [.. (await HistoryReader.MetersAsync(Rig, _limit.Token)).Where(row => row.User.StartsWith(_name + ":", StringComparison.Ordinal)).OrderBy(row => row.StartedUs)];

    /// <summary>Holds the run against the invariants.</summary>
    public async Task<RunHistory> CheckAsync()
    {
        var meter = await MeterAsync();
        var called = meter.Select(row => row.User).ToHashSet(StringComparer.Ordinal);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(_limit.Token);
        patience.CancelAfter(LedgerPatience);
        using var admin = Rig.Admin();
        var ids = _seen.Where(seen => seen.RequestId.Length > 0 && called.Contains(seen.Tag)).Select(seen => seen.RequestId).ToList();
        var ledger = await HistoryReader.LedgerAsync(admin, ids, _seen.Min(seen => seen.SentUs), patience.Token);
        var history = new RunHistory([.. _seen], meter, [.. ledger.Where(entry => entry.User.StartsWith(_name + ":", StringComparison.Ordinal))]);
        var violations = HistoryCheck.Violations(history, _scenarios.Document.Rules);
        _output.WriteLine($"{_name}: {history.Clients.Count} requests, {history.Meter.Count} upstream calls, {history.Ledger.Count} ledger entries, {violations.Count} violations");
        Assert.True(violations.Count == 0, $"seed {ScenarioRig.Seed}, {violations.Count} violations:\n{string.Join('\n', violations.Take(30))}");
        return history;
    }

    /// <summary>Fails with the first of those requests that did not end well.</summary>
    public Task AssertAllGoodAsync(IEnumerable<ClientObservation> seen) => AssertAllAsync(seen, static one => one.IsGood);

    /// <summary>Fails with those that are otherwise, and with what the providers saw of them.</summary>
    public async Task AssertAllAsync(IEnumerable<ClientObservation> seen, Func<ClientObservation, bool> holds)
    {
        var bad = seen.Where(one => !holds(one)).ToList();
        if (bad.Count > 0)
        {
            var calls = (await MeterAsync()).ToLookup(row => row.User, StringComparer.Ordinal);
            var lines = bad.Take(20).Select(one => $"{Describe(one)}; calls: {string.Join(", ", calls[one.Tag].Select(row => $"[{row.Status} {row.Ending} at {row.Simulator}: {row.Directives}]"))}");
            Assert.Fail($"seed {ScenarioRig.Seed}, {bad.Count} client errors:\n{string.Join('\n', lines)}");
        }
    }

    public void Say(string text) => _output.WriteLine($"{_name}: {text}");

    public static string Describe(ClientObservation seen) =>
        $"{seen.Name} status {seen.Status} code '{seen.Code}' after {seen.Took.TotalMilliseconds:0} ms at '{seen.Deployment}', {seen.Text.Length} characters, {seen.Terminals} end markers, {seen.Errors} error frames, {seen.BadFrames} bad frames";

    /// <summary>The value below which so large a share lies.</summary>
    public static TimeSpan Percentile(IEnumerable<TimeSpan> values, double share)
    {
        var sorted = values.Order().ToArray();
        return sorted[Math.Min(sorted.Length - 1, (int)Math.Ceiling(share * sorted.Length) - 1)];
    }

    public async ValueTask DisposeAsync()
    {
        for (var simulator = 0; simulator < Rig.Simulators.Count; simulator++)
        {
            await Rig.ControlAsync(simulator, "{}");
            Rig.Links[simulator].Use(Gateway.Rig.Faults.LinkFaults.None);
        }

        _http.Dispose();
        _limit.Dispose();
    }
}
