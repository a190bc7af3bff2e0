using Gateway.Core.Configuration;
using Gateway.Core.Tests.Journal;

namespace Gateway.Core.Tests.Configuration;

public sealed class ConfigChangesTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public async Task Wait_ReturnsForTheDocumentInForce_ThenOnceForAllThatCameMeanwhile()
    {
        var store = new Store();
        using var changes = new ConfigChanges(store, new JournalTime());

        Assert.True(changes.WaitAsync(Hour, CancellationToken.None).IsCompletedSuccessfully);
        store.Change();
        store.Change();
        Assert.True(changes.WaitAsync(Hour, CancellationToken.None).IsCompletedSuccessfully);
        var next = changes.WaitAsync(Hour, CancellationToken.None);
        Assert.False(next.IsCompleted);

        store.Change();
        await next.WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Wait_WithoutAChange_EndsWithItsInterval()
    {
        var time = new JournalTime();
        using var changes = new ConfigChanges(new Store(), time);
        await changes.WaitAsync(Hour, CancellationToken.None);

        var next = changes.WaitAsync(Hour, CancellationToken.None);
        time.Advance(Hour - TimeSpan.FromSeconds(1));
        Assert.False(next.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(2));

        await next.WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Wait_OfACallerThatStops_Throws()
    {
        using var changes = new ConfigChanges(new Store(), new JournalTime());
        await changes.WaitAsync(Hour, CancellationToken.None);
        using var stop = new CancellationTokenSource();

        var next = changes.WaitAsync(Timeout.InfiniteTimeSpan, stop.Token);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
    }

    private sealed class Store : IConfigStore
    {
        private Action<ConfigSnapshot> _build = static _ => { };

        public ConfigSnapshot Current => null!;

        public string? Problem => null;

        public IDisposable OnChange(Action<ConfigSnapshot> build)
        {
            _build = build;
            Change();
            return new CancellationTokenSource();
        }

        public void Change() => _build(Current);
    }
}
