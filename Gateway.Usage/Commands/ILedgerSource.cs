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

    /// <summary>Everything, in the order in which it was taken.</summary>
    /// <exception cref="CommandException">It cannot be read.</exception>
    IAsyncEnumerable<LedgerRecord> ReadAsync(CancellationToken cancellationToken);
}
