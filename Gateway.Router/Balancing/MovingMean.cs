namespace Gateway.Router.Balancing;

/// <summary>A mean that forgets: after the time constant an old sample counts 1/e. Not thread-safe.</summary>
/// <param name="keep">Time constant in ticks.</param>
/// <param name="peaks">A sample above the mean becomes the mean.</param>
/// <remarks>
/// With peaks it is the estimate of Finagle's balancer: bad news at once, good news slowly. Unlike there the mean does not fall while nothing is
/// measured: with few requests every deployment would look fast again before the next one comes. <see cref="IsOldAt"/> says when to measure anew.
/// </remarks>
internal struct MovingMean(long keep, bool peaks)
{
    private long _at;

    public double Value { get; private set; }

    public readonly bool IsKnown => _at != 0;

    /// <summary>Known, but from so long ago that it may be wrong.</summary>
    public readonly bool IsOldAt(long now) => IsKnown && now - _at > keep + (keep / 2);

    /// <param name="now">Ticks, above 0.</param>
    public void Note(long now, double sample)
    {
        // What is old says nothing beside what is new.
        if (!IsKnown || (peaks && sample > Value) || IsOldAt(now))
        {
            Value = sample;
        }
        else
        {
            // Several at the same instant would not move it at all.
            var passed = Math.Max(now - _at, keep / 1000);
            Value += (sample - Value) * (1 - Math.Exp(-(double)passed / keep));
        }

        _at = Math.Max(now, 1);
    }
}
