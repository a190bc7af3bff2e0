namespace Gateway.Core.Admission.Local;

/// <summary>What was decided or became of a request.</summary>
internal enum DecisionKind : byte
{
    Admitted,
    Denied,
    Voided,
    Settled,
}

/// <param name="Binding">Of a denial: which budget did not suffice.</param>
/// <param name="HeldNanoUsd">Of an admission.</param>
/// <param name="OutputCap">Of an admission.</param>
/// <param name="At">Of an admission: when, in microseconds.</param>
internal readonly record struct Decision(DecisionKind Kind, int Binding = -1, long HeldNanoUsd = 0, long OutputCap = 0, long At = 0);

/// <summary>The last decisions, so many at most; the oldest is forgotten first. Not thread-safe.</summary>
internal sealed class LocalDecisions(int capacity)
{
    private readonly Dictionary<RequestPart, Decision> _decisions = [];
    private readonly Queue<RequestPart> _order = new();

    public int Count => _decisions.Count;

    public bool TryGet(RequestPart request, out Decision decision) => _decisions.TryGetValue(request, out decision);

    public void Set(RequestPart request, Decision decision)
    {
        if (_decisions.TryAdd(request, decision))
        {
            _order.Enqueue(request);
            if (_order.Count > capacity)
            {
                _decisions.Remove(_order.Dequeue());
            }

            return;
        }

        _decisions[request] = decision;
    }
}
