using Gateway.Core.Admission.Shared;

namespace Gateway.Edge.Admission;

/// <summary>What Usage knows of money that this Edge decides on by itself. Thread-safe; does not throw for Usage's sake.</summary>
internal interface IUsageSettlements
{
    /// <returns>Nano-USD of each slot in the order of the query; null for no answer.</returns>
    ValueTask<IReadOnlyList<long>?> SpentAsync(SpentQuery query, CancellationToken cancellationToken);

    /// <returns>Those of the query that are final; null for no answer.</returns>
    ValueTask<IReadOnlyList<SettledRequest>?> SettledAsync(SettledQuery query, CancellationToken cancellationToken);
}
