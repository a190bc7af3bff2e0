namespace Gateway.Router.Cooldowns;

internal enum BreakerState : byte
{
    /// <summary>Serves; perhaps with less than its weight, see <see cref="Breaker.RampAt"/>.</summary>
    Closed,

    /// <summary>May be tried by one request at a time.</summary>
    HalfOpen,

    /// <summary>Is left alone until <see cref="Breaker.OpenUntil"/>.</summary>
    Open,
}

/// <summary>
/// Decides from what happened whether something is worth asking: a deployment, one credential at it, or a provider's address. Times are ticks of the
/// <see cref="Pipeline.RouterClock"/>. Thread-safe by a short lock; the states are read without it.
/// </summary>
/// <remarks>
/// Two rules open it: failures in a row, for little traffic, and a share of failures, for much. It stays open for 5 s x 2^k, where k says how often it
/// opened without a healthy minute between. Then one call at a time tries it; the first success closes it, and its weight grows back in steps.
/// </remarks>
/// <param name="seed">Of the jitter: Routers that lost the same deployment must not try it again at the same moment.</param>
/// <param name="observer">Hears of each change.</param>
internal sealed class Breaker(ulong seed = 0, IBreakerObserver? observer = null)
{
    private const int OpenAfter = 5;
    private const int OpenAfterWhileRecovering = 3;    // fewer, yet not one: whoever just came back may stumble
    private const int LeastCallsForShare = 20;
    private const int MostTimesInARow = 7;

    private const long Second = TimeSpan.TicksPerSecond;
    private const long FirstDuration = 5 * Second;
    private const long LongestDuration = 300 * Second;
    private const long RampStep = 5 * Second;
    private const long HealthyMinute = 60 * Second;
    private const long LostProbe = 60 * Second;
    private const long HintPause = 30 * Second;

    /// <summary>A success this long after the opening counts as a probe. Sooner, what answers now and then would open and close all the time.</summary>
    private const long LeastOpen = 2 * Second;

    private readonly Lock _lock = new();
    private readonly CallWindow _window = new();
    private ulong _random = seed;

    // Read without the lock. 0 is closed; past is half-open.
    private long _openUntil;
    private long _rampSince;
    private long _probeSince;
    private volatile bool _isSoft;

    private long _changedAt;
    private long _outSince;
    private long _healthySince;
    private long _resumeUntil;
    private long _noHintsUntil;
    private int _failuresInARow;
    private int _timesInARow;
    private bool _isHinted;
    private bool _wasTried;
    private BreakerReason _reason;

    /// <summary>When it may be tried again: past when it is half-open, 0 while it is closed.</summary>
    public long OpenUntil => Volatile.Read(ref _openUntil);

    /// <summary>Opened by the ratio rule, by slowness or by a hint, not by a row of failures: soft ejections are capped.</summary>
    public bool IsSoft => _isSoft;

    public BreakerState StateAt(long now)
    {
        var until = OpenUntil;
        return until == 0 ? BreakerState.Closed : now < until ? BreakerState.Open : BreakerState.HalfOpen;
    }

    /// <summary>Share of its weight that it may have: below 1 while it recovers, never 0.</summary>
    public double RampAt(long now)
    {
        if (OpenUntil != 0)
        {
            return Share(0);
        }

        var since = Volatile.Read(ref _rampSince);
        return since == 0 ? 1 : Share((now - since) / RampStep);
    }

    /// <summary>Whether nobody tries it now.</summary>
    public bool IsProbeFree(long now)
    {
        var since = Volatile.Read(ref _probeSince);
        return since == 0 || now - since >= LostProbe;
    }

    /// <summary>Takes the one probe of a half-open breaker. A closed one needs none, and lets everybody.</summary>
    public bool TryBeginProbe(long now)
    {
        BreakerEvent change = default;
        lock (_lock)
        {
            if (_openUntil == 0)
            {
                return true;
            }

            if (now < _openUntil || !IsProbeFree(now))
            {
                return false;
            }

            Volatile.Write(ref _probeSince, now);
            if (!_wasTried)
            {
                _wasTried = true;
                change = new BreakerEvent(BreakerState.HalfOpen, BreakerReason.TimeOver, Since(_outSince, now), 0, _isSoft);
            }
        }

        Tell(change);
        return true;
    }

    /// <param name="now">Ticks.</param>
    /// <param name="began">
    /// Ticks at which the call was let through; 0 when not known. What began before the last change tells about the time before it, and is not counted.
    /// </param>
    public void Succeeded(long now, long began = 0)
    {
        BreakerEvent change = default;
        lock (_lock)
        {
            if (IsStale_NeedsLock(now, began))
            {
                return;
            }

            switch (StateAt(now))
            {
                case BreakerState.Closed:
                    _failuresInARow = 0;
                    _window.Add(now, failed: false);
                    return;

                case BreakerState.HalfOpen:
                    change = Close_NeedsLock(now);
                    break;

                // Asked in a panic, and it answered. A soft one is asked all the time where the cap keeps it: it waits for its time.
                case BreakerState.Open when !_isSoft && now - _changedAt >= LeastOpen:
                    change = began != 0 ? Close_NeedsLock(now) : HalfOpen_NeedsLock(now, BreakerReason.Answered);
                    break;
            }
        }

        Tell(change);
    }

    /// <param name="now">Ticks.</param>
    /// <param name="isSlow">It answered, too slowly: that counts for the share of failures, not for a row of them.</param>
    /// <param name="began">As for <see cref="Succeeded"/>.</param>
    public void Failed(long now, bool isSlow = false, long began = 0)
    {
        BreakerEvent change = default;
        lock (_lock)
        {
            if (IsStale_NeedsLock(now, began))
            {
                return;
            }

            switch (StateAt(now))
            {
                case BreakerState.Closed:
                    change = FailedWhileClosed_NeedsLock(now, isSlow);
                    break;

                case BreakerState.HalfOpen:
                    _failuresInARow = isSlow ? 0 : _failuresInARow + 1;
                    change = Reopen_NeedsLock(now, isSlow);
                    break;

                case BreakerState.Open:
                    break;    // asked in a panic: nothing new
            }
        }

        Tell(change);
    }

    /// <summary>A call that told nothing about the upstream: the client left, the request was wrong. Gives a probe back.</summary>
    /// <param name="now">Ticks.</param>
    /// <param name="began">As for <see cref="Succeeded"/>.</param>
    public void Abandoned(long now, long began = 0)
    {
        lock (_lock)
        {
            if (!IsStale_NeedsLock(now, began))
            {
                Volatile.Write(ref _probeSince, 0);
            }
        }
    }

    /// <summary>Another Router found it out of service: the next call tries it. Never more than that, since the other may have a trouble of its own.</summary>
    public void Hint(long now)
    {
        BreakerEvent change;
        lock (_lock)
        {
            if (_openUntil != 0 || now < _noHintsUntil)
            {
                return;
            }

            _isHinted = true;
            _isSoft = true;
            change = HalfOpen_NeedsLock(now, BreakerReason.Hint);
        }

        Tell(change);
    }

    /// <summary>There is reason to think that it serves again: it may be tried before its time. If that fails, its time runs on as if nothing had been.</summary>
    public void TryEarly(long now)
    {
        BreakerEvent change;
        lock (_lock)
        {
            if (now >= _openUntil)
            {
                return;
            }

            change = HalfOpen_NeedsLock(now, BreakerReason.AddressAnswers);
        }

        Tell(change);
    }

    /// <summary>What reports show.</summary>
    public BreakerView ViewAt(long now)
    {
        lock (_lock)
        {
            Decay_NeedsLock(now);
            _window.Advance(now);
            var (state, ramp) = (StateAt(now), RampAt(now));
            var reason = state == BreakerState.Closed && ramp >= 1 ? BreakerReason.None : _reason;
            return new BreakerView(state, _failuresInARow, _timesInARow, _openUntil, ramp, _window.Calls, _window.Failures, _isSoft, !IsProbeFree(now), reason);
        }
    }

    private static double Share(long step) => step switch
    {
        0 => 0.1,
        1 => 0.25,
        2 => 0.5,
        _ => 1,
    };

    private static TimeSpan Since(long then, long now) => TimeSpan.FromTicks(now - then);

    private BreakerEvent FailedWhileClosed_NeedsLock(long now, bool isSlow)
    {
        _window.Add(now, failed: true);
        _failuresInARow = isSlow ? 0 : _failuresInARow + 1;
        var recovers = RampAt(now) < 1;
        if (_failuresInARow >= (recovers ? OpenAfterWhileRecovering : OpenAfter))
        {
            return Open_NeedsLock(now, recovers ? BreakerReason.RecoveryFailed : BreakerReason.FailuresInARow, isSoft: false);
        }

        return _window.Calls >= LeastCallsForShare && _window.Failures * 2 >= _window.Calls
            ? Open_NeedsLock(now, isSlow ? BreakerReason.TooSlow : BreakerReason.FailureShare, isSoft: true)
            : default;
    }

    /// <summary>A call let through before the last change, or one that is not the probe that runs.</summary>
    private bool IsStale_NeedsLock(long now, long began)
    {
        var since = _changedAt;
        if (_openUntil != 0 && now >= _openUntil)
        {
            since = Math.Max(since, _probeSince != 0 ? _probeSince : _openUntil);
        }

        return began != 0 && began < since;
    }

    private BreakerEvent Open_NeedsLock(long now, BreakerReason reason, bool isSoft)
    {
        Decay_NeedsLock(now);
        if (_openUntil == 0)
        {
            _outSince = now;
        }

        var duration = Math.Min(FirstDuration << _timesInARow, LongestDuration);
        duration = (long)(duration * (0.8 + (0.4 * NextDouble_NeedsLock())));
        _timesInARow = Math.Min(_timesInARow + 1, MostTimesInARow);
        _window.Clear();
        _resumeUntil = 0;
        return Open_NeedsLock(now, now + duration, reason, isSoft);
    }

    private BreakerEvent Open_NeedsLock(long now, long until, BreakerReason reason, bool isSoft)
    {
        _reason = reason;
        _changedAt = now;
        _isHinted = _wasTried = false;
        _isSoft = isSoft;
        Volatile.Write(ref _probeSince, 0);
        Volatile.Write(ref _openUntil, until);
        return new BreakerEvent(BreakerState.Open, reason, TimeSpan.FromTicks(until - now), until, isSoft);
    }

    private BreakerEvent Reopen_NeedsLock(long now, bool isSlow)
    {
        if (_resumeUntil <= now)
        {
            return Open_NeedsLock(now, BreakerReason.ProbeFailed, isSlow);
        }

        var until = _resumeUntil;
        _resumeUntil = 0;
        return Open_NeedsLock(now, until, BreakerReason.ProbeFailed, isSlow || _isSoft);
    }

    private BreakerEvent HalfOpen_NeedsLock(long now, BreakerReason reason)
    {
        if (_openUntil == 0)
        {
            _outSince = now;
            _reason = reason;
        }

        _resumeUntil = _openUntil;
        _changedAt = now;
        _wasTried = true;    // told now, not when it is tried
        Volatile.Write(ref _probeSince, 0);
        Volatile.Write(ref _openUntil, now);
        return new BreakerEvent(BreakerState.HalfOpen, reason, Since(_outSince, now), 0, _isSoft);
    }

    private BreakerEvent Close_NeedsLock(long now)
    {
        var change = new BreakerEvent(BreakerState.Closed, BreakerReason.Answered, Since(_outSince, now), 0, _isSoft);

        // Who was out only by hearsay has shown to be well: nothing to recover from, and no more hearsay for a while.
        Volatile.Write(ref _rampSince, _isHinted ? 0 : now);
        _noHintsUntil = _isHinted ? now + HintPause : _noHintsUntil;
        _isHinted = _isSoft = false;
        _failuresInARow = 0;
        _changedAt = _healthySince = now;
        _resumeUntil = 0;
        _window.Clear();
        Volatile.Write(ref _probeSince, 0);
        Volatile.Write(ref _openUntil, 0);
        return change;
    }

    private void Decay_NeedsLock(long now)
    {
        if (_openUntil != 0 || _timesInARow == 0)
        {
            return;
        }

        var minutes = (now - _healthySince) / HealthyMinute;
        _timesInARow = (int)Math.Max(0, _timesInARow - minutes);
        _healthySince += minutes * HealthyMinute;
    }

    private double NextDouble_NeedsLock()
    {
        _random += 0x9E3779B97F4A7C15;
        var value = _random;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        value ^= value >> 31;
        return (value >> 11) * (1.0 / (1UL << 53));
    }

    private void Tell(in BreakerEvent change)
    {
        if (change.Reason != BreakerReason.None)
        {
            observer?.Changed(in change);
        }
    }
}
