namespace Gateway.Usage.Tests.Ledger;

/// <summary>Keeps the exit code of the process as it was before any of the tests that run beside each other: a ledger whose disk dies asks to end the process with another. Thread-safe (short lock).</summary>
internal sealed class ExitCodeHold : IDisposable
{
    private static readonly Lock Gate = new();
    private static int _holds;
    private static int _before;

    public ExitCodeHold()
    {
        lock (Gate)
        {
            if (_holds++ == 0)
            {
                _before = Environment.ExitCode;
            }
        }
    }

    public void Dispose()
    {
        lock (Gate)
        {
            if (--_holds == 0)
            {
                Environment.ExitCode = _before;
            }
        }
    }
}
