using System.Text.Json;
using Gateway.Core.Context;
using Gateway.Core.Tests;
using Gateway.Usage.Ledger;
using Gateway.Usage.Ledger.Corrections;
using Gateway.Usage.Reports;
using Microsoft.Extensions.Hosting;

namespace Gateway.Usage.Tests.Reports;

/// <summary>Requests as the ledger takes them.</summary>
public sealed class RequestTailTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Stream_tells_new_requests_oldest_first_and_none_of_before()
    {
        await using var usage = await UsageHost.StartAsync();
        await usage.PostAsync(new FakeJournal().Add(FakeJournal.Final(key: "before")).All());
        using var lines = await FollowAsync(usage, "");
        await usage.PostAsync(new FakeJournal().Add(FakeJournal.Final(key: "b", time: FakeJournal.Noon + 2)).Add(FakeJournal.Final(key: "a", time: FakeJournal.Noon + 1)).All());

        Assert.Equal("a", (await NextAsync(lines)).GetProperty("key").GetString());
        Assert.Equal("b", (await NextAsync(lines)).GetProperty("key").GetString());

        // One that ran long: it arrived at the Router before those, and at the ledger after them.
        await usage.PostAsync(new FakeJournal().Add(FakeJournal.Final(key: "late", time: FakeJournal.Noon - 1)).All());
        var late = await NextAsync(lines);
        Assert.Equal(("late", 1), (late.GetProperty("key").GetString(), late.GetProperty("attempts").GetArrayLength()));
    }

    [Fact]
    public async Task Stream_tells_what_passes_the_filters_only()
    {
        await using var usage = await UsageHost.StartAsync();
        using var lines = await FollowAsync(usage, "?key=mine&status=5xx");
        await usage.PostAsync(new FakeJournal()
            .Add(FakeJournal.Final(key: "mine"))
            .Add(FakeJournal.Final(key: "other", status: 503))
            .Add(FakeJournal.Final(key: "mine", status: 503, time: FakeJournal.Noon + 1)).All());

        Assert.Equal(("mine", 503), await NextAsync(lines) is var row ? (row.GetProperty("key").GetString(), row.GetProperty("status").GetInt32()) : default);
    }

    [Fact]
    public async Task Stream_ends_cleanly_when_the_service_stops()
    {
        await using var usage = await UsageHost.StartAsync();
        using var lines = await FollowAsync(usage, "");
        usage.Service<IHostApplicationLifetime>().StopApplication();

        var text = await lines.ReadToEndAsync().WaitAsync(Patience);
        Assert.EndsWith("event: end\ndata: {}\n\n", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("?limit=5", "limit")]
    [InlineData("?status=9xx", "status")]
    public async Task Stream_refuses_what_it_does_not_know(string query, string parameter)
    {
        await using var usage = await UsageHost.StartAsync();
        var (status, body) = await usage.GetAsync("/admin/v1/requests/stream" + query);

        Assert.Equal((400, parameter), (status, body.GetProperty("error").GetProperty("param").GetString()));
    }

    [Fact]
    public async Task Stream_is_for_operators_only()
    {
        await using var usage = await UsageHost.StartAsync();

        Assert.Equal(401, (await usage.GetAsync("/admin/v1/requests/stream", ContextRole.Client)).Status);
    }

    [Fact]
    public async Task More_readers_than_there_is_room_for_are_refused_and_room_is_given_back()
    {
        await using var usage = await UsageHost.StartAsync();
        var tail = usage.Service<RequestTail>();
        var listeners = new List<TailListener>();
        for (var i = 0; i < RequestTail.MostListeners; i++)
        {
            listeners.Add((await tail.JoinAsync(null, default))!);
        }

        var (status, body) = await usage.GetAsync("/admin/v1/requests/stream");
        Assert.Equal((429, "rate_limit_exceeded"), (status, body.GetProperty("error").GetProperty("code").GetString()));

        tail.Leave(listeners[0]);
        using var lines = await FollowAsync(usage, "");
    }

    [Fact]
    public void Slow_reader_loses_the_oldest_and_hears_how_many()
    {
        var listener = new TailListener(filters: null, DateTimeOffset.MaxValue);
        for (var i = 0; i < TailListener.Room + 10; i++)
        {
            listener.Offer(new LedgerEntry(FakeJournal.Final(time: FakeJournal.Noon + i), default));
        }

        Assert.True(listener.News.TryRead(out var oldest));
        Assert.Equal(FakeJournal.Noon + 10, oldest!.Final.Intent.TimeUnixMs);
        Assert.Equal([10L, 0L], [listener.TakeDropped(), listener.TakeDropped()]);
    }

    [Fact]
    public async Task Store_is_not_asked_while_nobody_listens_and_old_streams_end()
    {
        var time = new ManualTime();
        var store = new CountingStore();
        using var tail = new RequestTail(store, time, new NeverStopping(), Microsoft.Extensions.Logging.Abstractions.NullLogger<RequestTail>.Instance);
        await tail.PollAsync(default);
        Assert.Equal(0, store.Asked);

        var listener = (await tail.JoinAsync(null, default))!;
        time.Advance(TimeSpan.FromSeconds(15));
        await tail.PollAsync(default);
        Assert.Equal(2, store.Asked);
        Assert.True(listener.News.TryRead(out var ping));
        Assert.Null(ping);

        time.Advance(RequestTail.MaxAge);
        await tail.PollAsync(default);
        Assert.True(listener.News.Completion.IsCompleted);
        Assert.Equal(2, store.Asked);
    }

    private static async Task<StreamReader> FollowAsync(UsageHost usage, string query)
    {
        var answer = await usage.OpenAsync("/admin/v1/requests/stream" + query);
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.ToString());
        var lines = new StreamReader(await answer.Content.ReadAsStreamAsync());
        Assert.StartsWith(": ", await lines.ReadLineAsync().WaitAsync(Patience), StringComparison.Ordinal);
        return lines;
    }

    private static async Task<JsonElement> NextAsync(StreamReader lines)
    {
        while (true)
        {
            var line = await lines.ReadLineAsync().WaitAsync(Patience);
            Assert.NotNull(line);
            if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                return JsonDocument.Parse(line[6..]).RootElement;
            }

            Assert.True(line is "" or "event: request" || line[0] == ':', line);
        }
    }

    private sealed class CountingStore : ILedgerStore
    {
        public int Asked { get; private set; }

        public long Requests => 0;

        public bool IsWritable => true;

        public Exception? Failure => null;

        public DateTimeOffset KeptFrom => DateTimeOffset.MinValue;

        public Task<long> CarryAsync(DateTimeOffset before, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<RequestPage> ListAsync(RequestQuery query, CancellationToken cancellationToken)
        {
            Asked++;
            return ValueTask.FromResult(new RequestPage([], null));
        }

        public Task<IngestResult> IngestAsync(Gateway.Core.Journal.UsageBatchHead head, ReadOnlyMemory<byte> records, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<UsageSums> SumAsync(UsageQuery query, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<LedgerEntry?> FindAsync(Guid requestId, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<CorrectionResult>> CorrectAsync(IReadOnlyList<CostCorrection> corrections, CancellationToken cancellationToken) => throw new NotSupportedException();

        public IAsyncEnumerable<LedgerEntry> WalkAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
    }

    private sealed class NeverStopping : IHostApplicationLifetime
    {
        public CancellationToken ApplicationStarted => default;

        public CancellationToken ApplicationStopping => default;

        public CancellationToken ApplicationStopped => default;

        public void StopApplication()
        {
        }
    }
}
