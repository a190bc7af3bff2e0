using Gateway.Router.Cooldowns;

namespace Gateway.Router.Credentials;

/// <summary>
/// What is known of one credential at one deployment: its breaker, its rest after a 429, the quota that the provider reports. Times are ticks of the
/// <see cref="Pipeline.RouterClock"/>. Thread-safe by the short lock of its provider.
/// </summary>
internal sealed class CredentialLane
{
    /// <summary>A credential with nothing left is still asked now and then: what it said may be old.</summary>
    private const double LeastQuota = 0.01;

    /// <summary>A trial whose end nobody told is over by then.</summary>
    private static readonly TimeSpan LostTrial = TimeSpan.FromMinutes(5);

    private readonly CredentialMemory _memory;
    private readonly KeyMemory _key;
    private readonly LaneSet _set;
    private readonly LaneMemory _own;
    private readonly string? _deployment;

    /// <summary>One that shares nothing with others.</summary>
    public CredentialLane(Credential? credential)
        : this(credential, CredentialMemory.Alone(""), new KeyMemory(), new LaneSet(), new LaneMemory(), deployment: null, breaker: null)
    {
    }

    public CredentialLane(Credential? credential, CredentialMemory memory, KeyMemory key, LaneSet set, LaneMemory own, string? deployment, Breaker? breaker)
    {
        Credential = credential;
        _memory = memory;
        _key = key;
        _set = set;
        _own = own;
        _deployment = deployment;
        Breaker = breaker;
    }

    /// <summary>Null where the provider wants none.</summary>
    public Credential? Credential { get; }

    /// <summary>Null where the provider has one key only: the deployment's own breaker says the same.</summary>
    public Breaker? Breaker { get; }

    internal LimitMeters KeyLimits => _key.Limits;

    /// <summary>Nothing keeps calls from it. Without the lock; false may also mean that somebody has to look.</summary>
    internal bool IsClear => !_own.IsTroubled && !_key.IsTroubled && Breaker is null;

    private string Label => Credential?.Label ?? _memory.Provider;

    private string Fingerprint => Credential?.Fingerprint ?? "";

    /// <summary>What is left of the provider's quota, 0 to 1; 1 where nothing is known.</summary>
    public double QuotaLeftAt(long now) => _own.Quota?.LeftAt(now) ?? 1;

    /// <summary>The answer's head: providers report there what is left.</summary>
    public void Learn(HttpResponseMessage answer, long now, DateTimeOffset utcNow)
    {
        var told = QuotaHeaders.Read(answer.Headers, utcNow);
        if (told.IsEmpty)
        {
            return;
        }

        var quota = _own.Quota;
        if (quota is null)
        {
            lock (_memory.Lock)
            {
                quota = _own.Quota ??= new QuotaMemory();
            }
        }

        quota.Learn(in told, now);
        if (quota.ExhaustedUntil > now)
        {
            lock (_memory.Lock)
            {
                _own.IsTroubled = true;
            }
        }
    }

    /// <summary>A 429 that time mends.</summary>
    /// <param name="now">Ticks.</param>
    /// <param name="retryAfter">What the answer asked for (<see cref="Attempts.RetryAfter"/>); null when it said nothing.</param>
    public void RateLimited(long now, TimeSpan? retryAfter)
    {
        long until;
        lock (_memory.Lock)
        {
            var before = _own.Rest.Until;
            _own.Rest.RateLimited(now, retryAfter);
            _own.IsTroubled = true;
            EndTrial_NeedsLock();

            // Of many calls that are refused together each may say a little later than the one before.
            until = _own.Rest.Until - Math.Max(before, now) > TimeSpan.TicksPerSecond / 2 || before < now ? _own.Rest.Until : 0;
        }

        if (until != 0)
        {
            Tell(CredentialEventKind.Rested, StatusCodes.Status429TooManyRequests, until - now, isNew: true, _deployment);
        }
    }

    /// <summary>The account has no money or no quota left.</summary>
    public void QuotaExhausted(long now)
    {
        long length;
        bool began;
        var isNew = false;
        lock (_memory.Lock)
        {
            isNew = !_own.Rest.IsOutOfQuota;
            began = _own.Rest.QuotaExhausted(now);
            _own.IsTroubled = true;
            EndTrial_NeedsLock();
            length = _own.Rest.Until - now;
        }

        if (began)
        {
            Tell(CredentialEventKind.QuotaExhausted, StatusCodes.Status429TooManyRequests, length, isNew, _deployment);
        }
    }

    /// <summary>The provider refused the credential.</summary>
    /// <param name="now">Ticks.</param>
    /// <param name="status">
    /// 401: it is bad everywhere. 403: it may not do this. 0: it could not even be used, which is soon tried again. Other statuses that stand for a bad key count
    /// as a 401; give <see cref="Protocols.UpstreamError.Status"/>, which is corrected.
    /// </param>
    public void Refused(long now, int status)
    {
        var isEverywhere = status != StatusCodes.Status403Forbidden;
        bool isNew, began;
        long length;
        lock (_memory.Lock)
        {
            ref var quarantine = ref (isEverywhere ? ref _key.Quarantine : ref _own.Quarantine);
            isNew = !quarantine.IsActive;
            began = quarantine.Refuse(now, status == 0 ? Quarantine.Unusable : Quarantine.First);
            length = quarantine.Until - now;
            EndTrial_NeedsLock();
            if (isEverywhere)
            {
                _key.IsTroubled = true;
            }
            else
            {
                _own.IsTroubled = true;
            }
        }

        if (began)
        {
            Tell(CredentialEventKind.Quarantined, status, length, isNew, isEverywhere ? null : _deployment);
        }
    }

    /// <summary>The provider answered.</summary>
    public void Succeeded(long now)
    {
        Breaker?.Succeeded(now);
        if (!_own.IsTroubled && !_key.IsTroubled && Volatile.Read(ref _own.TrialSince) == 0)
        {
            return;
        }

        bool key, own;
        lock (_memory.Lock)
        {
            _own.Rest.Succeeded(now);

            // A call that was under way when the refusal came proves nothing.
            key = _key.Quarantine.IsActive && now >= _key.Quarantine.Until;
            own = _own.Quarantine.IsActive && now >= _own.Quarantine.Until;
            if (key)
            {
                _key.Quarantine.Release();
            }

            if (own)
            {
                _own.Quarantine.Release();
            }

            EndTrial_NeedsLock();
            Settle_NeedsLock(now);
        }

        if (key)
        {
            Tell(CredentialEventKind.Released, 0, 0, isNew: true, deployment: null);
        }

        if (own)
        {
            Tell(CredentialEventKind.Released, 0, 0, isNew: true, _deployment);
        }
    }

    /// <summary>The provider failed: a 5xx, a time-out, a broken answer.</summary>
    /// <returns>Whether it counts here, and so not at the deployment: where there are several keys, one of them alone may be at fault.</returns>
    public bool Failed(long now)
    {
        if (Breaker is null)
        {
            return false;
        }

        Breaker.Failed(now);
        lock (_memory.Lock)
        {
            EndTrial_NeedsLock();
        }

        return true;
    }

    /// <summary>A call that says nothing about it: another may be the trial.</summary>
    public void Abandoned(long now)
    {
        Breaker?.Abandoned(now);
        if (_own.IsTroubled || _key.IsTroubled || Breaker is not null)
        {
            lock (_memory.Lock)
            {
                EndTrial_NeedsLock();
            }
        }
    }

    /// <summary>What keeps calls from it, but for limits of the document.</summary>
    /// <param name="usableAt">Ticks; 0 when not known.</param>
    internal CredentialBlock Check_NeedsLock(long now, out long usableAt)
    {
        if (_key.Quarantine.Blocks(now, out usableAt) || _own.Quarantine.Blocks(now, out usableAt))
        {
            return CredentialBlock.Quarantined;
        }

        if (now < _own.Rest.Until)
        {
            usableAt = _own.Rest.Until;
            return CredentialBlock.Resting;
        }

        if (Breaker is not null && Breaker.StateAt(now) is not BreakerState.Closed and var state)
        {
            var isOnTrial = _own.TrialSince != 0 && now - _own.TrialSince < LostTrial.Ticks;
            if (state == BreakerState.Open || isOnTrial)
            {
                usableAt = state == BreakerState.Open ? Breaker.OpenUntil : 0;
                return CredentialBlock.Open;
            }
        }

        if (_own.Quota is { } quota && now < quota.ExhaustedUntil)
        {
            usableAt = quota.ExhaustedUntil;
            return CredentialBlock.Limited;
        }

        Settle_NeedsLock(now);
        return CredentialBlock.None;
    }

    /// <summary>
    /// Whose turn it is: the lane with the smallest. A lane has had so and so many turns, each divided by its weight; the middle of its next one counts, so that
    /// the turns of a light one fall between those of a heavy one. One that was away does not catch up: its turn is not before the last that was taken.
    /// </summary>
    internal double TurnAt(long now) => Math.Max(_own.Turns + (0.5 / WeightAt(now)), _set.Turn);

    internal void Take_NeedsLock(long now)
    {
        _own.Running++;
        var weight = WeightAt(now);
        var turn = Math.Max(_own.Turns + (0.5 / weight), _set.Turn);
        _set.Turn = turn;
        _own.Turns = turn + (0.5 / weight);
        if (_key.Quarantine.IsActive)
        {
            _key.Quarantine.BeginTrial(now);
            _own.TrialSince = now;
        }

        if (_own.Quarantine.IsActive)
        {
            _own.Quarantine.BeginTrial(now);
            _own.TrialSince = now;
        }

        if (Breaker is not null && Breaker.StateAt(now) == BreakerState.HalfOpen)
        {
            _own.TrialSince = now;
        }
    }

    /// <summary>A call ended; if it was a trial that told nothing, another may try.</summary>
    /// <returns>False when no call runs: there is nothing to give back.</returns>
    internal bool Return_NeedsLock(long now)
    {
        if (_own.TrialSince != 0)
        {
            EndTrial_NeedsLock();
            Breaker?.Abandoned(now);
        }

        if (_own.Running == 0)
        {
            return false;
        }

        _own.Running--;
        return true;
    }

    internal CredentialReport Describe_NeedsLock(CredentialBlock block, long until, long now) =>
        new(Credential?.Label, block.Word(), until > now ? new TimeSpan(until - now) : null, QuotaLeftAt(now), _own.Running);

    private double WeightAt(long now) => Math.Max(1, Credential?.Config.Weight ?? 1) * Math.Max(LeastQuota, QuotaLeftAt(now)) * (Breaker?.RampAt(now) ?? 1);

    private void EndTrial_NeedsLock()
    {
        if (_own.TrialSince != 0)
        {
            _own.TrialSince = 0;
            _own.Quarantine.AbandonTrial();
            _key.Quarantine.AbandonTrial();
        }
    }

    /// <summary>Lets calls pass without the lock again when nothing is left to look at.</summary>
    private void Settle_NeedsLock(long now)
    {
        if (_key.IsTroubled && !_key.Quarantine.IsActive)
        {
            _key.IsTroubled = false;
        }

        if (_own.IsTroubled && !_own.Quarantine.IsActive && !_own.Rest.HasGrown && now >= _own.Rest.Until && now >= (_own.Quota?.ExhaustedUntil ?? 0))
        {
            _own.IsTroubled = false;
        }
    }

    private void Tell(CredentialEventKind kind, int status, long length, bool isNew, string? deployment) =>
        _memory.Events.Tell(new CredentialEvent(_memory.Provider, deployment, Label, Fingerprint, kind, status, new TimeSpan(length), isNew));
}
