namespace Gateway.Router.Queueing;

/// <summary>One request in the room. All but the task is guarded by the room's lock.</summary>
/// <param name="deadline">Ticks at which its wait is over.</param>
/// <param name="placeAt">Ticks at which a limit may have a place for it; 0 when only the end of another call has.</param>
/// <param name="isReturning">It has had its turn, and paid for it.</param>
internal sealed class Waiter(WaitingRoom room, in Visitor visitor, long deadline, long placeAt, bool isReturning)
{
    // Not on the thread that frees a place: that one has an answer to deliver.
    private readonly TaskCompletionSource<WaitResult> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public WaitingRoom Room { get; } = room;

    public Visitor Visitor { get; } = visitor;

    public long Deadline { get; } = deadline;

    public long PlaceAt { get; } = placeAt;

    /// <summary>What it costs its tenant, in tokens for a weight of 1.</summary>
    public double Cost => isReturning ? 0 : Visitor.Cost;

    /// <summary>Where it stands; null when it is out.</summary>
    public LinkedListNode<Waiter>? Node { get; set; }

    public TenantQueue? Queue { get; set; }

    public Task<WaitResult> Task => _done.Task;

    /// <summary>A limit refills for it by itself, and has.</summary>
    public bool IsDue(long now) => PlaceAt != 0 && PlaceAt <= now;

    /// <summary>It is known that nothing is free for it yet.</summary>
    public bool IsEarly(long now) => PlaceAt > now;

    public void Complete(WaitResult result) => _done.TrySetResult(result);

    public void Cancel(CancellationToken cancellationToken) => _done.TrySetCanceled(cancellationToken);
}
