using Gateway.Core.Admission;

namespace Gateway.Edge.Admission;

/// <summary>The limits that all Edges share. Thread-safe.</summary>
internal interface ISharedLimits
{
    /// <summary>False while limits are local although Redis is configured.</summary>
    bool IsUp { get; }

    /// <returns>Null when the decision must be local.</returns>
    ValueTask<RateGrant?> TryTakeAsync(RateLimit limit, RateTake take, CancellationToken cancellationToken);
}
