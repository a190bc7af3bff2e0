namespace Gateway.Usage.Budgets;

/// <summary>
/// Requests that a Router has begun and whose end has not come, as far as batches told it since this process started; and when the last batch came.
/// Bounded: of too many the oldest that have ended are forgotten first. Thread-safe by a short lock.
/// </summary>
internal sealed class DispatchedRequests(TimeProvider time, int capacity = DispatchedRequests.DefaultCapacity)
{
    public const int DefaultCapacity = 200_000;

    private readonly Lock _lock = new();
    private readonly HashSet<Guid> _open = [];
    private readonly Queue<Guid> _order = new();
    private long _lastBatch = time.GetTimestamp();

    /// <summary>Since any Router's last batch, or the start.</summary>
    public TimeSpan Silence => time.GetElapsedTime(Interlocked.Read(ref _lastBatch));

    public void BatchCame() => Interlocked.Exchange(ref _lastBatch, time.GetTimestamp());

    public void Began(Guid requestId)
    {
        lock (_lock)
        {
            // A further call of the same request has an intent of its own.
            if (!_open.Add(requestId))
            {
                return;
            }

            _order.Enqueue(requestId);
            for (var tries = _order.Count; _order.Count > capacity; tries--)
            {
                // Long ones go round as long as there is room for them.
                var oldest = _order.Dequeue();
                if (tries > 0 && _open.Count <= capacity && _open.Contains(oldest))
                {
                    _order.Enqueue(oldest);
                }
                else
                {
                    _open.Remove(oldest);
                }
            }
        }
    }

    public void Ended(Guid requestId)
    {
        lock (_lock)
        {
            _open.Remove(requestId);
        }
    }

    public bool Contains(Guid requestId)
    {
        lock (_lock)
        {
            return _open.Contains(requestId);
        }
    }
}
