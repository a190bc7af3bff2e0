using Microsoft.Extensions.ObjectPool;

namespace Gateway.Router.Attempts;

/// <summary>Why an attempt was cancelled.</summary>
internal enum CancelReason
{
    None,
    ClientGone,
    Deadline,
    Timeout,

    /// <summary>Another call of the same request answered first.</summary>
    Superseded,
}

/// <summary>
/// The one clock of an attempt: a pooled cancellation source whose single timer is set forward for each phase, so that a
/// read costs no timer. It is also cancelled when the client leaves.
/// </summary>
internal sealed class AttemptTimer(TimeProvider time) : IDisposable
{
    private readonly CancellationTokenSource _source = new(Timeout.InfiniteTimeSpan, time);
    private CancellationTokenRegistration _clientGone;
    private CancellationToken _client;
    private long _started;
    private TimeSpan _total;
    private bool _endsAtDeadline;
    private bool _isIdle;
    private volatile bool _isSuperseded;
    private long _idleSince;

    public CancellationToken Token => _source.Token;

    public CancelReason Reason =>
        // The client first: what waits for it may see it leave before the source does.
        _client.IsCancellationRequested ? CancelReason.ClientGone
        : _isSuperseded ? CancelReason.Superseded
        : !_source.IsCancellationRequested ? CancelReason.None
        : _endsAtDeadline ? CancelReason.Deadline
        : CancelReason.Timeout;

    /// <param name="total">Time left for the whole request.</param>
    /// <param name="client">Cancelled when the client leaves.</param>
    public void Start(TimeSpan total, CancellationToken client)
    {
        _client = client;
        _total = total;
        _isIdle = false;
        _isSuperseded = false;
        _started = time.GetTimestamp();
        _clientGone = client.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), _source);
    }

    /// <summary>Gives the phase that begins now so much time, but never more than is left of the whole.</summary>
    public void Limit(TimeSpan phase)
    {
        _isIdle = false;
        Set(phase);
    }

    /// <summary>
    /// The same for a wait that begins again with each piece of an answer: setting the timer takes a lock that all timers
    /// share, so it is set 1/16 further and left alone for that long. Never early, at most 1/16 late.
    /// </summary>
    public void LimitIdle(TimeSpan phase)
    {
        var now = time.GetTimestamp();
        if (_isIdle && time.GetElapsedTime(_idleSince, now) < phase / 16)
        {
            return;
        }

        _isIdle = true;
        _idleSince = now;
        Set(phase * 17 / 16);
    }

    private void Set(TimeSpan phase)
    {
        var left = Left();
        _endsAtDeadline = left <= phase;
        _source.CancelAfter(_endsAtDeadline ? left : phase);
    }

    /// <summary>Only the deadline of the whole request counts now.</summary>
    public void LimitToDeadline()
    {
        _isIdle = false;
        _endsAtDeadline = true;
        _source.CancelAfter(Left());
    }

    /// <summary>Gives the call up because another one answered first. From any thread.</summary>
    public void Supersede()
    {
        _isSuperseded = true;
        _source.Cancel();
    }

    public void Dispose() => _source.Dispose();

    /// <returns>Whether the timer may be used again.</returns>
    private bool TryStop()
    {
        // Unregister, not Dispose: that would wait for a callback which may be running right now. One that did run has
        // cancelled the source, and then it is not used again.
        var quiet = !_client.CanBeCanceled || _clientGone.Unregister();
        _client = default;
        if (quiet && _source.TryReset())
        {
            return true;
        }

        // Nor disposed while that callback may be in it; its timer ends by itself.
        if (quiet)
        {
            _source.Dispose();
        }

        return false;
    }

    private TimeSpan Left()
    {
        var left = _total - time.GetElapsedTime(_started);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    /// <summary>Makes timers and takes back those that did not fire.</summary>
    internal sealed class Policy(TimeProvider time) : IPooledObjectPolicy<AttemptTimer>
    {
        public AttemptTimer Create() => new(time);

        public bool Return(AttemptTimer obj) => obj.TryStop();
    }
}
