using System.Collections;
using System.Text.Json;
using Gateway.Core.Journal;
using Gateway.Core.Money;
using Gateway.Usage.Ledger;

namespace Gateway.Usage.Tests.Ledger;

public sealed class LedgerTests
{
    [Fact]
    public async Task Restart_KeepsTotalsRequestsAndMarks()
    {
        await using var usage = await UsageHost.StartAsync(segmentBytes: 4096);
        var journal = new FakeJournal();
        for (var i = 0; i < 100; i++)
        {
            journal.Add(FakeJournal.Final(input: 100 + i));
            await usage.PostAsync(journal.Batch(i + 1, i + 1));
        }

        var (total, requests) = (await usage.TotalAsync(), await usage.AllRequestsAsync());
        Assert.True(Directory.GetFiles(usage.LedgerFolder, "*.seg").Length > 3);
        await usage.StartAgainAsync(4096);

        Assert.Equal(total.ToString(), (await usage.TotalAsync()).ToString());
        Assert.Equal(requests.Select(static r => r.ToString()), (await usage.AllRequestsAsync()).Select(static r => r.ToString()));
        Assert.Equal((200, 100), await usage.PostAsync(journal.All()));
        Assert.Equal(100, (await usage.TotalAsync()).GetProperty("requests").GetInt64());
    }

    [Fact]
    public async Task Restart_AfterABatchOfIntentsOnly_StillKnowsThatItHasThem()
    {
        await using var usage = await UsageHost.StartAsync();
        var journal = new FakeJournal().Add(FakeJournal.Final().Intent).Add(FakeJournal.Final().Intent);
        Assert.Equal((200, 2), await usage.PostAsync(journal.All()));
        await usage.StartAgainAsync();
        journal.Add(FakeJournal.Final());

        Assert.Equal((200, 3), await usage.PostAsync(journal.Batch(3, 3)));
    }

    [Fact]
    public async Task Sums_TooLargeForALong_StandAtTheGreatestNumberAndTheLedgerStartsAgain()
    {
        await using var usage = await UsageHost.StartAsync();
        var journal = new FakeJournal();
        for (var i = 0; i < 3; i++)
        {
            journal.Add(FakeJournal.Final() with { CostNanoUsd = (long.MaxValue / 2) + 1 });
        }

        Assert.Equal((200, 3), await usage.PostAsync(journal.All()));
        await usage.StartAgainAsync();

        var total = await usage.TotalAsync();
        Assert.Equal(3, total.GetProperty("requests").GetInt64());
        Assert.Equal(300, total.GetProperty("input_tokens").GetInt64());
        Assert.Equal(long.MaxValue, total.GetProperty("cost_nano_usd").GetInt64());
    }

    [Fact]
    public async Task Reports_AskedForOnASocketsThread_DoTheirWorkOnThePool()
    {
        await using var usage = await UsageHost.StartAsync();
        await usage.PostAsync(new FakeJournal().Add(FakeJournal.Final()).All());
        var groups = new ThreadWatch();
        Task? sum = null;
        Task<RequestPage>? list = null;
        Exception? thrown = null;
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        // A thread of its own, as a socket's is: none of the pool's.
        var socket = new Thread(() =>
        {
            sum = usage.Ledger.SumAsync(new UsageQuery(groups), default).AsTask();
            try
            {
                // Found and cancelled when it comes to the reading: thrown at once only where it is read at once.
                list = usage.Ledger.ListAsync(new RequestQuery(10), cancelled.Token).AsTask();
            }
            catch (OperationCanceledException exception)
            {
                thrown = exception;
            }
        });
        socket.Start();
        socket.Join();
        await sum!;

        Assert.NotEmpty(groups.WerePool);
        Assert.DoesNotContain(false, groups.WerePool);
        Assert.Null(thrown);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => list!);
    }

    [Fact]
    public async Task Start_FolderHeldByAnotherProcess_IsRefusedByName()
    {
        await using var first = await UsageHost.StartAsync();

        var refused = await Assert.ThrowsAsync<JournalConfigurationException>(() => UsageHost.StartAsync(first.Folder));

        Assert.Contains(Path.GetFullPath(first.LedgerFolder), refused.Message, StringComparison.Ordinal);
        Assert.Contains("GATEWAY_DATA", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_DamagedClosedSegment_NamesTheGapAndServesTheRest()
    {
        await using var usage = await UsageHost.StartAsync(segmentBytes: 4096);
        var journal = new FakeJournal();
        for (var i = 0; i < 100; i++)
        {
            journal.Add(FakeJournal.Final());
        }

        for (var i = 0; i < 100; i += 10)
        {
            await usage.PostAsync(journal.Batch(i + 1, i + 10));
        }

        await usage.StopAsync();
        var segment = Directory.GetFiles(usage.LedgerFolder, "*.seg").Order().ElementAt(1);
        var bytes = File.ReadAllBytes(segment);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(segment, bytes);
        await usage.StartAgainAsync(4096);

        Assert.Equal(99, (await usage.TotalAsync()).GetProperty("requests").GetInt64());
        Assert.Equal(99, (await usage.AllRequestsAsync()).Count);
        Assert.Single(usage.Log.Of(5002));
        Assert.Single(usage.Log.Of(5003));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task AnyHistory_OfSendsLossesRepeatsAndRestarts_LeavesTheLedgerEqualToTheModel(int seed)
    {
        var random = new Random(seed);
        await using var usage = await UsageHost.StartAsync(segmentBytes: 8192);
        var model = new Dictionary<string, (long Cost, long Output)>();
        var costs = new Dictionary<string, long> { ["openai/gpt-4o"] = 0, ["a/x"] = 0, ["b/y"] = 0 };
        var journals = Enumerable.Range(0, 3).Select(static _ => new FakeJournal()).ToArray();
        var acknowledged = new long[journals.Length];
        for (var step = 0; step < 150; step++)
        {
            var at = random.Next(journals.Length);
            var journal = journals[at];
            switch (random.Next(10))
            {
                case < 4:
                    for (var i = random.Next(1, 30); i > 0; i--)
                    {
                        var final = FakeJournal.Final(input: random.Next(10, 1000), output: random.Next(1000), time: FakeJournal.Noon + random.Next(10_000_000));
                        journal.Add(final.Intent);
                        costs[final.Intent.Deployment] += final.CostNanoUsd;
                        if (random.Next(3) == 0)
                        {
                            var (a, b) = (random.Next(1000), random.Next(1000));
                            final = FakeJournal.After(final, ("a/x", new TokenUsage(a, 0, 0, 1, 0), 7 * a), ("b/y", new TokenUsage(b, 0, 0, 2, 0), 5 * b));
                            journal.Add(final.Intent);
                            costs["a/x"] += 7 * a;
                            costs["b/y"] += 5 * b;
                        }

                        journal.Add(final);
                        model.Add(final.Intent.RequestId.ToString(), (final.CostNanoUsd, final.Usage.Output));
                    }

                    break;
                case < 5:
                    journal.Epoch++;
                    break;
                case < 6 when random.Next(3) == 0:
                    await usage.StartAgainAsync(8192);
                    break;
                default:
                    // Any part, also what was sent before or is not due yet; half of the answers get lost.
                    if (journal.LastSeq > 0)
                    {
                        var from = random.NextInt64(Math.Max(1, acknowledged[at] - 20), Math.Min(journal.LastSeq, acknowledged[at] + 3) + 1);
                        var to = random.NextInt64(from, Math.Min(journal.LastSeq, from + 60) + 1);
                        var (status, seq) = await usage.PostAsync(journal.Batch(from, to));
                        Assert.Contains(status, new[] { 200, 409 });
                        acknowledged[at] = random.Next(2) == 0 ? acknowledged[at] : Math.Max(acknowledged[at], status == 200 ? seq : seq - 1);
                    }

                    break;
            }
        }

        for (var at = 0; at < journals.Length; at++)
        {
            var next = acknowledged[at] + 1;
            while (next <= journals[at].LastSeq)
            {
                var (status, seq) = await usage.PostAsync(journals[at].Batch(next, Math.Min(next + 99, journals[at].LastSeq)));
                next = status == 200 ? seq + 1 : seq;
            }
        }

        var rows = await usage.AllRequestsAsync(limit: 37);
        Assert.Equal(model.Keys.Order(), rows.Select(Id).Order());
        Assert.All(rows, row => Assert.Equal(model[Id(row)], (row.GetProperty("cost_nano_usd").GetInt64(), row.GetProperty("output_tokens").GetInt64())));
        var total = await usage.TotalAsync();
        Assert.Equal(model.Count, total.GetProperty("requests").GetInt64());
        Assert.Equal(model.Values.Sum(static value => value.Cost), total.GetProperty("cost_nano_usd").GetInt64());
        var groups = (await usage.GetAsync("/admin/v1/usage?group=deployment")).Body.GetProperty("groups").EnumerateArray();
        Assert.Equal(costs.OrderBy(static cost => cost.Key), groups.Select(static group => KeyValuePair.Create(group.GetProperty("deployment").GetString()!, group.GetProperty("cost_nano_usd").GetInt64())).OrderBy(static cost => cost.Key));
    }

    [Fact]
    public void Price_OfTheFakeJournal_IsWhatItsPriceMakesOfItsTokens()
    {
        var final = FakeJournal.Final();
        Assert.Equal(final.CostNanoUsd, final.Intent.Price!.Cost(new TokenUsage(100, 10, 0, 40, 5)));
    }

    /// <summary>Dimensions that note on which kind of thread they are looked at.</summary>
    private sealed class ThreadWatch : IReadOnlyList<UsageDimension>
    {
        public List<bool> WerePool { get; } = [];

        public int Count
        {
            get
            {
                WerePool.Add(Thread.CurrentThread.IsThreadPoolThread);
                return 1;
            }
        }

        public UsageDimension this[int index] => UsageDimension.Key;

        public IEnumerator<UsageDimension> GetEnumerator()
        {
            yield return UsageDimension.Key;
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }

    private static string Id(JsonElement row) => row.GetProperty("id").GetString()!;
}
