namespace Gateway.Bench;

/// <summary>Something the reader can act on; printed without a stack trace.</summary>
internal sealed class BenchException(string message) : Exception(message);
