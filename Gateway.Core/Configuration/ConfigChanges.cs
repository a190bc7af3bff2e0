using System.Threading.Channels;

namespace Gateway.Core.Configuration;

/// <summary>Lets a background job wait for the next good document, or for some time. One waiter at a time.</summary>
public sealed class ConfigChanges : IDisposable
{
    // Room for one: several documents that nobody has seen yet are one change.
    private readonly Channel<bool> _changed = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly IDisposable _subscription;
    private readonly TimeProvider _time;

    public ConfigChanges(IConfigStore store, TimeProvider time)
    {
        _time = time;

        // The store calls at once: the document in force counts as a change that nobody has seen yet.
        _subscription = store.OnChange(_ => _changed.Writer.TryWrite(true));
    }

    public void Dispose() => _subscription.Dispose();

    /// <summary>Returns when a document came since the last call, or after <paramref name="interval"/>.</summary>
    /// <exception cref="OperationCanceledException">The caller stops.</exception>
    public async Task WaitAsync(TimeSpan interval, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var timer = _time.CreateTimer(static source => ((CancellationTokenSource)source!).Cancel(), over, interval, Timeout.InfiniteTimeSpan);
        try
        {
            await _changed.Reader.ReadAsync(over.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The interval is over.
        }
    }
}
