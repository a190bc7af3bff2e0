using System.Collections.Concurrent;
using Gateway.Rig.History;

namespace Gateway.EndToEnd.Tests.Ledgers;

/// <summary>Requests at all Edges of a rig, plain and streamed, each with a tag of its own, and what became of them. Thread-safe.</summary>
internal sealed class LedgerLoad : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(10);

    private readonly ConcurrentBag<ClientObservation> _seen = [];
    private readonly bool _breaks;
    private readonly HttpClient[] _http;
    private readonly ScenarioClient[] _edges;
    private int _sent;
    private int _others;

    /// <param name="breaks">Some of the streams are broken off by their provider.</param>
    public LedgerLoad(GatewayRig rig, bool breaks = false)
    {
        _breaks = breaks;
        _http = [.. Enumerable.Range(0, rig.Edges.Count).Select(edge => rig.Client(edge: edge))];
        _edges = [.. _http.Select(static http => new ScenarioClient(http))];
    }

    /// <summary>Microseconds of Unix time.</summary>
    public long StartedUs { get; } = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * 1000;

    public int Sent => Volatile.Read(ref _sent);

    public IReadOnlyCollection<ClientObservation> Seen => _seen;

    /// <summary>A number for a request that somebody else sends, and then adds.</summary>
    public int Next() => Interlocked.Increment(ref _others);

    public void Add(ClientObservation seen) => _seen.Add(seen);

    /// <summary>So many clients, each with one request at a time, as long as there is something to do.</summary>
    /// <param name="isWanted">Asked before each request with its number, from 1.</param>
    /// <param name="isDue">Whether it may be sent already; null for always.</param>
    public Task RunAsync(int clients, Func<int, bool> isWanted, CancellationToken limit, Func<int, bool>? isDue = null) =>
        Task.WhenAll(Enumerable.Range(0, clients).Select(number => Task.Run(() => ClientAsync(number, isWanted, isDue, limit), limit)));

    /// <summary>One request for each interval that has passed, whether or not the earlier ones are answered, until told to stop.</summary>
    public async Task PaceAsync(TimeSpan interval, CancellationToken stop, CancellationToken limit)
    {
        var running = new List<Task>();
        var started = TimeProvider.System.GetTimestamp();
        using var tick = new PeriodicTimer(interval);
        try
        {
            while (await tick.WaitForNextTickAsync(stop))
            {
                // As many as are due by now: ticks that a busy machine has lost are made up for.
                while (running.Count < TimeProvider.System.GetElapsedTime(started) / interval)
                {
                    var number = Interlocked.Increment(ref _sent);
                    running.Add(SendAsync(number, number % _edges.Length, limit));
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Enough.
        }

        await Task.WhenAll(running);
    }

    public void Dispose()
    {
        foreach (var http in _http)
        {
            http.Dispose();
        }
    }

    private async Task ClientAsync(int client, Func<int, bool> isWanted, Func<int, bool>? isDue, CancellationToken limit)
    {
        var edge = client % _edges.Length;
        for (var number = Interlocked.Increment(ref _sent); isWanted(number); number = Interlocked.Increment(ref _sent))
        {
            while (isDue?.Invoke(number) == false)
            {
                await Task.Delay(LookEvery, limit);
            }

            if (!(await SendAsync(number, edge, limit)).IsGood)
            {
                // As a client that minds retry-after and knows more than one address: refusals are cheap, and thousands of them would test nothing.
                edge = (edge + 1) % _edges.Length;
                await Task.Delay(Patience, limit);
            }
        }

        Interlocked.Decrement(ref _sent);
    }

    private async Task<ClientObservation> SendAsync(int number, int edge, CancellationToken limit)
    {
        // One in a hundred may be a stream that its provider breaks off; one in sixteen is so slow that whatever dies meets some of them.
        var directives = _breaks && number % 100 == 8 ? "tokens=8 cut_after=3" : number % 16 == 2 ? "tokens=20 gap=5ms" : "tokens=8";
        var seen = await _edges[edge].SendAsync(
            new ScenarioRequest($"load:{number:000000}", LedgerDocument.Chat) { Prompt = $"[sim {directives}] request {number}", Stream = number % 2 == 0 }, limit);
        _seen.Add(seen);
        return seen;
    }
}
