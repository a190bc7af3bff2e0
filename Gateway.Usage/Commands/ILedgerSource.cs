using Gateway.Usage.Ledger;
using Gateway.Usage.Ledger.Corrections;

namespace Gateway.Usage.Commands;

/// <summary>A ledger that commands read, record by record.</summary>
internal interface ILedgerSource : IAsyncDisposable
{
    /// <summary>Which one it is, fit to be shown.</summary>
    string Name { get; }

    /// <summary>What is wrong with records that cannot be read; complete after the last record.</summary>
    IReadOnlyList<string> Problems { get; }

    /// <summary>What is worth saying and not wrong.</summary>
    string? Note { get; }

    /// <summary>What is kept as sums only, being older than the ledger keeps requests; null while nothing is.</summary>
    /// <exception cref="CommandException">It cannot be read.</exception>
    Task<CarriedSums?> CarriedAsync(CancellationToken cancellationToken) => Task.FromResult<CarriedSums?>(null);

    /// <summary>The sums that are kept of requests that are gone, for another store.</summary>
    /// <exception cref="CommandException">They cannot be read.</exception>
    IAsyncEnumerable<CarriedPart> PartsAsync(CancellationToken cancellationToken) => throw new CommandException($"{Name} keeps some days as sums only, and this build cannot move those.");

    /// <summary>Everything, in the order in which it was taken.</summary>
    /// <exception cref="CommandException">It cannot be read.</exception>
    IAsyncEnumerable<LedgerRecord> ReadAsync(CancellationToken cancellationToken);

    /// <summary>What corrected requests cost by now: requests come before their corrections. Those that cannot be read are left out; <see cref="ReadAsync"/> has them.</summary>
    /// <exception cref="CommandException">It cannot be read.</exception>
    async Task<CorrectedCosts> CostsAsync(CancellationToken cancellationToken)
    {
        var costs = new CorrectedCosts();
        await foreach (var record in CorrectionsAsync(cancellationToken))
        {
            try
            {
                costs.Take(record.OpenCorrection());
            }
            catch (InvalidDataException)
            {
                // Its request keeps the cost of the one before.
            }
        }

        return costs;
    }

    /// <summary>Corrections only, in the order in which they were taken.</summary>
    /// <exception cref="CommandException">It cannot be read.</exception>
    IAsyncEnumerable<LedgerRecord> CorrectionsAsync(CancellationToken cancellationToken);
}
