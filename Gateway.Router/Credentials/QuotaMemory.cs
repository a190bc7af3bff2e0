namespace Gateway.Router.Credentials;

/// <summary>What a provider last said of each of its own limits at one credential. Times are ticks. Thread-safe by a short lock.</summary>
internal sealed class QuotaMemory
{
    /// <summary>Nothing that a header says keeps a credential back for longer.</summary>
    private static readonly long Longest = Attempts.RetryAfter.Longest.Ticks;

    private readonly Lock _lock = new();
    private readonly (double Limit, double Remaining, long ResetAt)[] _said = new (double, double, long)[QuotaHeaders.Dimensions];
    private long _exhaustedUntil;

    /// <summary>Until then nothing is left of one of them; past or 0 when there is. Read without the lock.</summary>
    public long ExhaustedUntil => Volatile.Read(ref _exhaustedUntil);

    /// <summary>The smallest share of what is left, 0 to 1. A limit whose reset is past is whole.</summary>
    public double LeftAt(long now)
    {
        var left = 1.0;
        lock (_lock)
        {
            foreach (ref readonly var said in _said.AsSpan())
            {
                if (now < said.ResetAt && said.Limit > 0)
                {
                    left = Math.Min(left, said.Remaining / said.Limit);
                }
            }
        }

        return left;
    }

    public void Learn(in QuotaHeaders quota, long now)
    {
        lock (_lock)
        {
            var exhausted = 0L;
            for (var i = 0; i < _said.Length; i++)
            {
                var told = quota[i];
                if (!double.IsNaN(told.Remaining) && told.HasReset)
                {
                    // Azure tells what is left and not of how much: the most that was seen stands for it.
                    var limit = double.IsNaN(told.Limit) ? Math.Max(_said[i].Limit, told.Remaining) : told.Limit;
                    _said[i] = (limit, Math.Min(told.Remaining, limit), now + Math.Min(told.Reset.Ticks, Longest));
                }

                if (_said[i].Remaining <= 0 && _said[i].ResetAt > now)
                {
                    exhausted = Math.Max(exhausted, _said[i].ResetAt);
                }
            }

            Volatile.Write(ref _exhaustedUntil, exhausted);
        }
    }
}
