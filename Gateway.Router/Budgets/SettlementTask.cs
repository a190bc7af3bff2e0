using System.Diagnostics;
using Gateway.Core.Admission.Shared;
using End = Gateway.Core.Admission.Shared.Settlement;

namespace Gateway.Router.Budgets;

/// <summary>What is still to be told to the shared state of one request that is over. One worker at a time has it.</summary>
internal sealed class SettlementTask
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private const int MostDoublings = 6;

    /// <summary>Null where something is only given back.</summary>
    public End? Settlement { get; set; }

    /// <summary>Given back after the settlement, in order.</summary>
    public required IReadOnlyList<Hold> Voids { get; init; }

    /// <summary>How many of them are done.</summary>
    public int Voided { get; set; }

    /// <summary>Timestamp at which it was added.</summary>
    public required long AddedAt { get; init; }

    public int Failures { get; set; }

    /// <summary>Where the request was traced; none when it was not.</summary>
    public ActivityContext Trace { get; init; }

    /// <summary>Time to the next try: doubled with each failure, up to 6.4 s, and spread a little so that not all come back at once.</summary>
    public TimeSpan Pause
    {
        get
        {
            var pause = FirstPause * (1 << Math.Clamp(Failures - 1, 0, MostDoublings));
            var id = Settlement?.RequestId ?? (Voids.Count > 0 ? Voids[0].RequestId : Guid.Empty);
            return pause * (0.8 + ((id.GetHashCode() & 0xFF) / 640.0));
        }
    }
}
