namespace Gateway.Router.Balancing;

/// <summary>How busy and how fast one deployment is, as this Router sees it. Thread-safe.</summary>
internal sealed class DeploymentLoad
{
    private int _inFlight;

    /// <summary>Calls that run now.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    public void Enter() => Interlocked.Increment(ref _inFlight);

    public void Leave() => Interlocked.Decrement(ref _inFlight);

    /// <summary>Notes an answer that began.</summary>
    /// <param name="firstToken">Dispatch to first content.</param>
    public void NoteFirstToken(long now, TimeSpan firstToken)
    {
    }

    /// <summary>Notes a call that is over.</summary>
    /// <param name="failed">Through a fault of the upstream.</param>
    /// <param name="outputTokens">Tokens of the answer; 0 where none came.</param>
    /// <param name="answering">First content to end.</param>
    public void NoteEnd(long now, bool failed, long outputTokens, TimeSpan answering)
    {
    }
}
