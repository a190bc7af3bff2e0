namespace Gateway.Core.Admission.Redis;

/// <summary>
/// Counts this process's calls to one organisation's state, and remembers the greatest that was answered: if Redis knows of less, it went back in time. Thread-safe (short lock).
/// </summary>
internal sealed class EpochWatch
{
    private readonly Lock _lock = new();
    private long _epoch;
    private long _known;
    private long _call;

    /// <summary>The numbers of the next call.</summary>
    public (long Epoch, long Known, long Call) Next()
    {
        lock (_lock)
        {
            return (_epoch, _known, ++_call);
        }
    }

    /// <summary>A call was answered.</summary>
    /// <param name="epoch">As the answer says; 0 for none.</param>
    public void Answered(long epoch, long call)
    {
        lock (_lock)
        {
            if (epoch > _epoch)
            {
                (_epoch, _known) = (epoch, call);
            }
            else if (epoch == _epoch && call > _known)
            {
                _known = call;
            }
        }
    }
}
