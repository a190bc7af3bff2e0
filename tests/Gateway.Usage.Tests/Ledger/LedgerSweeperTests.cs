using Gateway.Core.Configuration;
using Gateway.Core.Journal;
using Gateway.Core.Tests;
using Gateway.Usage.Ledger;
using Gateway.Usage.Ledger.Corrections;
using Microsoft.Extensions.Logging;

namespace Gateway.Usage.Tests.Ledger;

/// <summary>The job that carries, and what others see of it.</summary>
public sealed class LedgerSweeperTests
{
    private const int Carried = 5030;
    private const int ClockIsBehind = 5031;
    private const int Failed = 5032;

    private readonly ManualTime _time = new();
    private readonly FixedConfig _config = new();
    private readonly LogLines _log = new();
    private readonly SweptStore _store = new();

    [Fact]
    public async Task It_carries_what_is_older_than_the_setting_at_the_start_and_every_hour_and_reads_it_each_time()
    {
        Keep(90);
        using var sweeper = Sweeper();
        await sweeper.StartAsync(default);
        await _store.SweptAsync(1);
        Keep(7);
        _time.Advance(TimeSpan.FromHours(1));
        await _store.SweptAsync(2);
        await sweeper.StopAsync(default);

        var start = _time.GetUtcNow() - TimeSpan.FromHours(1);
        Assert.Equal([start - TimeSpan.FromDays(90), start + TimeSpan.FromHours(1) - TimeSpan.FromDays(7)], _store.Cuts);
        Assert.Equal(2, _log.Of(Carried).Length);
        Assert.Contains("12 requests", _log.Of(Carried)[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1, true)]
    [InlineData(59, true)]
    [InlineData(61, false)]
    [InlineData(60 * 24 * 400, false)]
    public async Task It_carries_nothing_by_a_clock_that_is_behind_the_ledger(int minutes, bool carries)
    {
        _store.Newest = FakeJournal.Final(time: (_time.GetUtcNow() + TimeSpan.FromMinutes(minutes)).ToUnixTimeMilliseconds());
        using var sweeper = Sweeper();

        await sweeper.SweepAsync(default);

        Assert.Equal(carries, _store.Cuts.Count == 1);
        Assert.Equal(carries ? 0 : 1, _log.Of(ClockIsBehind).Length);
    }

    [Fact]
    public async Task A_store_that_fails_is_asked_again_an_hour_later()
    {
        using var sweeper = Sweeper();
        _store.Failing = true;
        await sweeper.StartAsync(default);
        await _store.SweptAsync(1);
        _store.Failing = false;
        _time.Advance(TimeSpan.FromHours(1));
        await _store.SweptAsync(2);
        await sweeper.StopAsync(default);

        Assert.Contains("IOException", Assert.Single(_log.Of(Failed)), StringComparison.Ordinal);
        Assert.Single(_log.Of(Carried));
    }

    [Fact]
    public void Requests_are_kept_for_ninety_days_unless_the_document_says_otherwise()
    {
        Assert.Equal(TimeSpan.FromDays(90), new UsageConfig().Retention);
    }

    private void Keep(int days) => _config.Change(config => config with { Usage = new UsageConfig { Retention = TimeSpan.FromDays(days) } });

    private LedgerSweeper Sweeper() => new(_store, _config, _time, new Logger<LedgerSweeper>(new LoggerFactory([_log])));

    private sealed class SweptStore : ILedgerStore
    {
        private readonly SemaphoreSlim _swept = new(0);
        private int _seen;

        public List<DateTimeOffset> Cuts { get; } = [];

        public UsageFinal? Newest { get; set; }

        public bool Failing { get; set; }

        public long Requests => 0;

        public bool IsWritable => true;

        public Exception? Failure => null;

        public DateTimeOffset KeptFrom => DateTimeOffset.UnixEpoch;

        public async Task SweptAsync(int times)
        {
            for (; _seen < times; _seen++)
            {
                Assert.True(await _swept.WaitAsync(TimeSpan.FromSeconds(30)));
            }
        }

        public Task<long> CarryAsync(DateTimeOffset before, CancellationToken cancellationToken)
        {
            // Before the test hears of it, which then changes what comes next.
            var fails = Failing;
            Cuts.Add(before);
            _swept.Release();
            return fails ? throw new IOException("no") : Task.FromResult(12L);
        }

        public ValueTask<RequestPage> ListAsync(RequestQuery query, CancellationToken cancellationToken) => ValueTask.FromResult(
            new RequestPage(Newest is { } final && final.Intent.TimeUnixMs >= query.FromUnixMs ? [new LedgerEntry(final, default)] : [], null));

        public Task<IngestResult> IngestAsync(UsageBatchHead head, ReadOnlyMemory<byte> records, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<UsageSums> SumAsync(UsageQuery query, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<LedgerEntry?> FindAsync(Guid requestId, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<CorrectionResult>> CorrectAsync(IReadOnlyList<CostCorrection> corrections, CancellationToken cancellationToken) => throw new NotSupportedException();

        public IAsyncEnumerable<LedgerEntry> WalkAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
