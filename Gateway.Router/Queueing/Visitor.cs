using Gateway.Core.Configuration;

namespace Gateway.Router.Queueing;

/// <summary>Who waits.</summary>
/// <param name="Tenant">The team, else the key.</param>
/// <param name="Weight">Its share.</param>
/// <param name="Priority">Its class.</param>
/// <param name="Tokens">Estimated tokens of the request, input and output.</param>
internal readonly record struct Visitor(string Tenant, int Weight, RequestPriority Priority, long Tokens)
{
    /// <summary>
    /// <see cref="WaitingRoom.Pulses"/> as it was before places were looked for: a place that became free since then is not missed. 0 when nobody looked.
    /// </summary>
    public long Seen { get; init; }
}

internal enum WaitResult : byte
{
    /// <summary>It is this one's turn: a place may be free.</summary>
    Turn,

    /// <summary>There is no room to wait.</summary>
    Full,

    /// <summary>The longest wait is over.</summary>
    TooLong,
}
