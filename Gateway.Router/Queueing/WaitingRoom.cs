using Gateway.Core.Configuration;
using Gateway.Router.Pipeline;

namespace Gateway.Router.Queueing;

/// <summary>Who waits.</summary>
/// <param name="Tenant">The team, else the key.</param>
/// <param name="Weight">Its share.</param>
/// <param name="Priority">Its class.</param>
/// <param name="Tokens">Estimated tokens of the request, input and output.</param>
internal readonly record struct Visitor(string Tenant, int Weight, RequestPriority Priority, long Tokens);

internal enum WaitResult : byte
{
    /// <summary>It is this one's turn: a place may be free.</summary>
    Turn,

    /// <summary>There is no room to wait.</summary>
    Full,

    /// <summary>The longest wait is over.</summary>
    TooLong,
}

/// <summary>Where requests of one model group wait for a place. Thread-safe.</summary>
internal sealed class WaitingRoom(QueueConfig config, RouterClock clock)
{
    /// <summary>Requests that wait. Newcomers queue behind them.</summary>
    public int Count => 0;

    public QueueConfig Config { get; } = config;

    public RouterClock Clock { get; } = clock;

    /// <param name="visitor">Who.</param>
    /// <param name="limit">Longest wait that its deadline allows.</param>
    /// <param name="placeAt">Ticks at which a place becomes free by itself (a limit refills); 0 when only the end of another call frees one.</param>
    /// <param name="returning">It had its turn and somebody else was quicker: it goes to the front of its tenant.</param>
    /// <exception cref="OperationCanceledException">The client left.</exception>
    public ValueTask<WaitResult> WaitAsync(in Visitor visitor, TimeSpan limit, long placeAt, bool returning, CancellationToken cancellationToken) => new(WaitResult.Full);

    /// <summary>A place became free: the next one has its turn. Cheap when nobody waits.</summary>
    public void Pulse()
    {
    }
}
