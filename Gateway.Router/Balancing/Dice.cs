namespace Gateway.Router.Balancing;

/// <summary>As many random numbers as a choice needs, all made of its one: the same one gives the same row.</summary>
internal struct Dice(ulong roll)
{
    private ulong _state = roll;

    /// <summary>The next number in [0, 1).</summary>
    public double Next()
    {
        _state = StableHash.Mix(_state + 0x9E3779B97F4A7C15);
        return (_state >> 11) * (1.0 / (1UL << 53));
    }

    /// <summary>One place in proportion to the weights.</summary>
    /// <param name="weights">Above 0.</param>
    /// <param name="but">A place that is left out; -1 for none.</param>
    public int Next(ReadOnlySpan<double> weights, int but = -1)
    {
        double sum = 0;
        for (var i = 0; i < weights.Length; i++)
        {
            sum += i == but ? 0 : weights[i];
        }

        var at = Next() * sum;
        var last = 0;
        for (var i = 0; i < weights.Length; i++)
        {
            if (i == but)
            {
                continue;
            }

            last = i;
            at -= weights[i];
            if (at < 0)
            {
                break;
            }
        }

        return last;
    }

    /// <summary>One of those whose score is at most <paramref name="limit"/>, in proportion to the weights. At least one must be.</summary>
    public int NextUpTo(double limit, ReadOnlySpan<double> scores, ReadOnlySpan<double> weights)
    {
        double sum = 0;
        for (var i = 0; i < weights.Length; i++)
        {
            sum += scores[i] <= limit ? weights[i] : 0;
        }

        var at = Next() * sum;
        var last = -1;
        for (var i = 0; i < weights.Length; i++)
        {
            if (scores[i] > limit)
            {
                continue;
            }

            last = i;
            at -= weights[i];
            if (at < 0)
            {
                break;
            }
        }

        return last;
    }
}
