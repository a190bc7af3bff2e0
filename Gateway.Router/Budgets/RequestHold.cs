using Gateway.Core.Admission.Shared;

namespace Gateway.Router.Budgets;

/// <summary>What one request holds of limits and budgets: what the Edge got for it, and what the Router asked for beyond. One flow writes it; the money may be read by others.</summary>
internal sealed class RequestHold(Guid requestId, AdmissionTicket ticket)
{
    private List<Hold>? _extras;
    private long _held = ticket.HeldNanoUsd;
    private int _parts = ticket.Part;

    public Guid RequestId { get; } = requestId;

    public AdmissionTicket Ticket { get; } = ticket;

    /// <summary>The hold of the request itself.</summary>
    public Hold Main => new(RequestId, Ticket.Part, Ticket);

    /// <summary>What was added to it.</summary>
    public IReadOnlyList<Hold> Extras => _extras ?? [];

    /// <summary>Money that is held over all parts. Nano-USD.</summary>
    public long HeldNanoUsd => Volatile.Read(ref _held);

    /// <summary>Number of the next part. None is used twice: a denial is remembered for its number.</summary>
    public int NextPart() => ++_parts;

    public void Add(Hold extra)
    {
        (_extras ??= []).Add(extra);
        Interlocked.Add(ref _held, extra.Ticket.HeldNanoUsd);
    }
}
