namespace Gateway.Edge.Admission;

/// <summary>Counts the requests of the last <see cref="RateLease.LengthMicros"/>, in two halves of a sliding window.</summary>
internal struct Arrivals
{
    private long _since;
    private long _last;
    private long _before;
    private long _count;

    /// <summary>Requests in the last L but the latest.</summary>
    public readonly long Seen => Math.Max(_before, _count - 1);

    public long Add(long now)
    {
        if (now - _last >= RateLease.LengthMicros)
        {
            (_since, _before, _count) = (now, 0, 0);
        }
        else if (now - _since >= RateLease.LengthMicros)
        {
            (_before, _since, _count) = (_count * RateLease.LengthMicros / (now - _since), now, 0);
        }

        _last = now;
        _count++;
        return Seen;
    }
}
