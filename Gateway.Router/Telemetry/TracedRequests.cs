using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace Gateway.Router.Telemetry;

/// <summary>
/// Where the requests were traced whose records are not shipped yet: the journal says nothing of traces, since they are no part of what a request cost. Holds
/// <see cref="Most"/>; beyond that, as while Usage is away, the oldest are forgotten. Thread-safe by a short lock.
/// </summary>
internal sealed class TracedRequests
{
    public const int Most = 4096;

    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, ActivityContext> _traces = [];
    private readonly Queue<Guid> _order = new();
    private volatile bool _isEmpty = true;

    public bool IsEmpty => _isEmpty;

    public void Add(Guid requestId, in ActivityContext trace)
    {
        lock (_lock)
        {
            if (_order.Count >= Most)
            {
                _traces.Remove(_order.Dequeue());
            }

            if (_traces.TryAdd(requestId, trace))
            {
                _order.Enqueue(requestId);
            }

            _isEmpty = false;
        }
    }

    public bool TryTake(Guid requestId, [MaybeNullWhen(false)] out ActivityContext trace)
    {
        lock (_lock)
        {
            var found = _traces.Remove(requestId, out trace);
            if (_traces.Count == 0)
            {
                _order.Clear();
                _isEmpty = true;
            }

            return found;
        }
    }
}
