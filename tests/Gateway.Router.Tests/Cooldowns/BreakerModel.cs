using Gateway.Router.Cooldowns;

namespace Gateway.Router.Tests.Cooldowns;

/// <summary>The rules of the breaker once more, plainly: everything is remembered, nothing is quick. Only the length of an opening is told to it, for the jitter.</summary>
internal sealed class BreakerModel
{
    private const long Second = TimeSpan.TicksPerSecond;

    private readonly List<(long At, bool Failed)> _calls = [];
    private long _until;
    private long _recoversSince = long.MinValue / 2;
    private long _closedAt;
    private long? _probe;
    private int _row;
    private int _times;

    public BreakerState StateAt(long now) => _until == 0 ? BreakerState.Closed : now < _until ? BreakerState.Open : BreakerState.HalfOpen;

    public double RampAt(long now) => _until != 0 ? 0.1 : (now - _recoversSince) switch
    {
        < 5 * Second => 0.1,
        < 10 * Second => 0.25,
        < 15 * Second => 0.5,
        _ => 1,
    };

    public int TimesAt(long now) => _until != 0 ? _times : Math.Max(0, _times - (int)((now - _closedAt) / (60 * Second)));

    public bool TryBeginProbe(long now)
    {
        if (StateAt(now) == BreakerState.Closed)
        {
            return true;
        }

        if (StateAt(now) == BreakerState.Open || now - _probe < 60 * Second)
        {
            return false;
        }

        _probe = now;
        return true;
    }

    public void Succeeded(long now)
    {
        if (StateAt(now) == BreakerState.Closed)
        {
            _row = 0;
            _calls.Add((now, false));
        }
        else if (StateAt(now) == BreakerState.HalfOpen)
        {
            (_until, _probe, _row, _recoversSince, _closedAt) = (0, null, 0, now, now);
            _calls.Clear();
        }
    }

    /// <returns>For how many seconds it opens, before the jitter; null when it does not.</returns>
    public int? Failed(long now, bool isSlow)
    {
        if (StateAt(now) == BreakerState.Open)
        {
            return null;
        }

        _row = isSlow ? 0 : _row + 1;
        if (StateAt(now) == BreakerState.Closed)
        {
            _calls.Add((now, true));
            var recent = _calls.Where(call => (now / Second) - (call.At / Second) < 30).ToList();
            if (_row < (RampAt(now) < 1 ? 3 : 5) && (recent.Count < 20 || recent.Count(static call => call.Failed) * 2 < recent.Count))
            {
                return null;
            }
        }

        return (int)Math.Min(300, 5 * Math.Pow(2, TimesAt(now)));
    }

    public void Open(long now, long until)
    {
        (_times, _until, _probe) = (Math.Min(TimesAt(now) + 1, 7), until, null);
        _calls.Clear();
    }

    public void Abandoned() => _probe = null;
}
