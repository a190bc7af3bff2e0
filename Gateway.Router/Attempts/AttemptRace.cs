namespace Gateway.Router.Attempts;

/// <summary>Two calls for one request: the first that has content to show is the one that answers. Thread-safe.</summary>
internal sealed class AttemptRace
{
    private Attempt? _winner;

    /// <summary>The call that answers, once there is one.</summary>
    public Attempt? Winner => Volatile.Read(ref _winner);

    /// <summary>The two, in order of their dispatch.</summary>
    public Attempt? First { get; set; }

    public Attempt? Second { get; set; }

    /// <exception cref="SupersededException">The other one was quicker.</exception>
    public void Commit(Attempt attempt)
    {
        if (Interlocked.CompareExchange(ref _winner, attempt, null) is { } winner && !ReferenceEquals(winner, attempt))
        {
            throw new SupersededException();
        }

        (ReferenceEquals(attempt, First) ? Second : First)?.Timer.Supersede();
    }
}

/// <summary>Another call answered first.</summary>
internal sealed class SupersededException() : OperationCanceledException("Another call answered first.");
