namespace Gateway.Usage.Ledger.PostgreSql;

/// <summary>The ledger's database did not do what was asked. Nothing of a batch is in the ledger, or all of it: sending it again is safe either way.</summary>
internal sealed class LedgerUnavailableException(string message, Exception? inner = null) : IOException(message, inner);
