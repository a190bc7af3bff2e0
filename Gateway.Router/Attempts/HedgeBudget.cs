namespace Gateway.Router.Attempts;

/// <summary>Keeps hedges to a share of a group's requests. Thread-safe by a short lock.</summary>
internal sealed class HedgeBudget
{
    /// <summary>Hedges that may come at once after many requests without one.</summary>
    private const double Most = 10;

    private readonly Lock _lock = new();
    private double _earned;

    /// <summary>A request came that may be hedged.</summary>
    /// <param name="percent">Most hedges, in percent of requests.</param>
    public void Earn(double percent)
    {
        lock (_lock)
        {
            _earned = Math.Min(Most, _earned + (percent / 100));
        }
    }

    /// <summary>Gives one back that was not made.</summary>
    public void GiveBack()
    {
        lock (_lock)
        {
            _earned = Math.Min(Most, _earned + 1);
        }
    }

    /// <summary>Takes one.</summary>
    public bool TrySpend()
    {
        lock (_lock)
        {
            if (_earned < 1)
            {
                return false;
            }

            _earned--;
            return true;
        }
    }
}
