namespace Gateway.Router.Attempts;

/// <summary>Two calls for one request: the first that has content to show is the one that answers. Thread-safe.</summary>
/// <param name="first">The call that is silent so far.</param>
internal sealed class AttemptRace(Attempt first)
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _secondIsMade;
    private Attempt? _second;
    private Attempt? _winner;

    /// <summary>The call that answers, once there is one.</summary>
    public Attempt? Winner => Volatile.Read(ref _winner);

    /// <summary>Announces a second call, before its record is written: from here on the first one settles only after it.</summary>
    /// <returns>False when the first one answers already.</returns>
    public bool TryAnnounce()
    {
        lock (_lock)
        {
            if (_winner is not null)
            {
                return false;
            }

            _secondIsMade = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return true;
        }
    }

    /// <summary>The second call is ready to be made; null when it could not be.</summary>
    public void SetSecond(Attempt? second)
    {
        bool isLate;
        lock (_lock)
        {
            _second = second;
            isLate = _winner is not null;
        }

        if (isLate)
        {
            second?.Timer.Supersede();
        }

        _secondIsMade!.SetResult();
    }

    /// <summary>Makes a call the one that answers, and gives the other up.</summary>
    /// <returns>Whether there is another one that may still be sending the client's bytes, and gives them back at its end.</returns>
    /// <exception cref="SupersededException">The other one was quicker.</exception>
    public bool Commit(Attempt attempt)
    {
        Attempt? other;
        bool isMade;
        lock (_lock)
        {
            if (_winner is not null && !ReferenceEquals(_winner, attempt))
            {
                throw new SupersededException();
            }

            _winner = attempt;
            other = Other(attempt);
            isMade = _secondIsMade is null or { Task.IsCompleted: true };
        }

        if (other is null)
        {
            return !isMade;
        }

        if (other.Ended.IsCompleted)
        {
            // Its clock may be another request's by now.
            return false;
        }

        // Outside the lock: what waits for the clock of the other may go on right here.
        other.Timer.Supersede();
        return true;
    }

    /// <summary>Completed when the other call is over, and what it is charged for is known.</summary>
    public Task OtherEnded(Attempt attempt)
    {
        lock (_lock)
        {
            return _secondIsMade is null ? Task.CompletedTask
                : _secondIsMade.Task.IsCompleted ? Other(attempt)?.Ended ?? Task.CompletedTask
                : WaitAsync(_secondIsMade.Task, attempt);
        }
    }

    private async Task WaitAsync(Task made, Attempt attempt)
    {
        await made;
        await OtherEnded(attempt);
    }

    private Attempt? Other(Attempt attempt) => ReferenceEquals(attempt, first) ? _second : first;
}

/// <summary>Another call answered first.</summary>
internal sealed class SupersededException() : OperationCanceledException("Another call answered first.");
