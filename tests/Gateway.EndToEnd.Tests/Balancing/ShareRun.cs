using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Gateway.Rig.History;
using Xunit.Abstractions;

namespace Gateway.EndToEnd.Tests.Balancing;

/// <summary>The requests of one measurement, by one key, and what the providers' meters have of them.</summary>
internal sealed class ShareRun : IDisposable
{
    private static readonly TimeSpan BetweenSends = TimeSpan.FromMilliseconds(10);

    private static int _runs;

    private readonly ConcurrentBag<ClientObservation> _seen = [];
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromMinutes(2));
    private readonly GatewayRig _rig;
    private readonly ITestOutputHelper _output;
    private readonly string _name;
    private readonly HttpClient _http;
    private readonly ScenarioClient _client;
    private int _sent;

    public ShareRun(BalancingRig balancing, string name, ITestOutputHelper output, string key = GatewayRig.DemoKey)
    {
        // A measurement that is made again shall not see the one before.
        (_rig, _output, _name) = (balancing.Rig, output, $"{name}-{Interlocked.Increment(ref _runs)}");
        _http = _rig.Client(key);
        _client = new ScenarioClient(_http);
    }

    public CancellationToken Limit => _limit.Token;

    public IReadOnlyCollection<ClientObservation> Seen => _seen;

    /// <summary>Requests that were sent, answered or not.</summary>
    public int Sent => Volatile.Read(ref _sent);

    /// <param name="mark">To be found again in the meter's row; see <see cref="MarkOf"/>.</param>
    public async Task<ClientObservation> SendAsync(string model, string directives, string rest = "", string prompt = "", bool stream = false, string mark = "")
    {
        var tag = $"{_name}:{Interlocked.Increment(ref _sent).ToString("00000", CultureInfo.InvariantCulture)}:{mark}";
        var seen = await _client.SendAsync(new ScenarioRequest(tag, model) { Prompt = $"{prompt}{tag} [sim {directives}]", Rest = rest, Stream = stream }, _limit.Token);
        _seen.Add(seen);
        return seen;
    }

    /// <summary>So many requests, so many at once.</summary>
    public Task SendAsync(int count, int concurrency, Func<int, Task> send)
    {
        var next = -1;
        return Task.WhenAll(Enumerable.Range(0, concurrency).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Increment(ref next) is var index && index < count)
            {
                await send(index);
            }
        })));
    }

    /// <summary>Always so many at once, until told to stop.</summary>
    public static Task KeepAsync(int concurrency, Func<Task> send, CancellationToken stop) => Task.WhenAll(Enumerable.Range(0, concurrency).Select(_ => Task.Run(async () =>
    {
        while (!stop.IsCancellationRequested)
        {
            await send();
        }
    })));

    /// <summary>So many a second, whether or not the earlier ones are answered, until told to stop.</summary>
    public static async Task PaceAsync(double perSecond, Func<Task> send, CancellationToken stop)
    {
        var running = new List<Task>();
        var clock = Stopwatch.StartNew();
        using var tick = new PeriodicTimer(BetweenSends);
        try
        {
            do
            {
                while (running.Count < clock.Elapsed.TotalSeconds * perSecond)
                {
                    running.Add(send());
                }
            }
            while (await tick.WaitForNextTickAsync(stop));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Enough.
        }

        await Task.WhenAll(running);
    }

    /// <summary>What the providers saw of this run, by time.</summary>
    public async Task<IReadOnlyList<MeterEntry>> MeterAsync() =>
        [.. (await HistoryReader.MetersAsync(_rig, _limit.Token)).Where(row => row.User.StartsWith(_name + ":", StringComparison.Ordinal)).OrderBy(row => row.StartedUs)];

    public static string MarkOf(MeterEntry row) => row.User[(row.User.LastIndexOf(':') + 1)..];

    public void AssertAllGood()
    {
        var bad = _seen.Where(seen => !seen.IsGood).ToList();
        Assert.True(bad.Count == 0, $"{bad.Count} of {_seen.Count} requests failed, the first: {bad.FirstOrDefault()}");
    }

    public void Say(string text) => _output.WriteLine($"{_name}: {text}");

    public void Dispose()
    {
        _http.Dispose();
        _limit.Dispose();
    }
}
