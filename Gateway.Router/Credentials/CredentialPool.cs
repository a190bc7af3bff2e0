using Gateway.Core.Configuration;
using Gateway.Router.Cooldowns;

namespace Gateway.Router.Credentials;

/// <summary>The keys of one provider, and the limits of all of them together. Kept when the document changes and the keys do not. Thread-safe by one short lock.</summary>
internal sealed class CredentialPool
{
    private readonly CredentialMemory _memory;
    private readonly UpstreamLimits _limits;
    private readonly bool _isPlain;

    /// <param name="limits">Of all keys together.</param>
    /// <param name="memory">What is known of the keys; null to know nothing.</param>
    public CredentialPool(string provider, IReadOnlyList<Credential> credentials, UpstreamLimits? limits = null, CredentialMemory? memory = null)
    {
        Provider = provider;
        Credentials = credentials;
        _limits = limits ?? UpstreamLimits.None;
        _memory = memory ?? CredentialMemory.Alone(provider);
        _isPlain = credentials.Count <= 1 && _limits.IsEmpty && credentials.All(static credential => credential.Config.Limits.IsEmpty);
        lock (_memory.Lock)
        {
            _memory.Keep_NeedsLock(credentials);
        }
    }

    public string Provider { get; }

    public IReadOnlyList<Credential> Credentials { get; }

    /// <summary>Whether the document limits what may be sent with the keys.</summary>
    public bool HasLimits => !_limits.IsEmpty || Credentials.Any(static credential => !credential.Config.Limits.IsEmpty);

    /// <summary>Whether it limits sessions.</summary>
    public bool LimitsSessions => Limits(_limits) || Credentials.Any(static credential => Limits(credential.Config.Limits));

    /// <summary>Calls that run with any of the keys; 0 where nothing is limited.</summary>
    public int Running => _memory.All.Running;

    /// <summary>The credential for calls that belong to no request, such as the provider's model list: one that is not refused; null where the provider wants none.</summary>
    public Credential? Spare
    {
        get
        {
            if (Credentials.Count <= 1)
            {
                return Credentials.Count == 0 ? null : Credentials[0];
            }

            lock (_memory.Lock)
            {
                foreach (var credential in Credentials)
                {
                    if (!_memory.Key_NeedsLock(credential.Fingerprint).Quarantine.IsActive)
                    {
                        return credential;
                    }
                }
            }

            return Credentials[0];
        }
    }

    /// <summary>A lane for each credential; one without a credential where there is none.</summary>
    /// <param name="deployment"><c>provider/model</c>: what was known of the same keys at it lives on. Null for a deployment whose state is not kept.</param>
    public CredentialLane[] NewLanes(string? deployment = null)
    {
        lock (_memory.Lock)
        {
            var set = _memory.Set_NeedsLock(deployment);
            if (Credentials.Count == 0)
            {
                return [NewLane_NeedsLock(null, set, deployment)];
            }

            var lanes = new CredentialLane[Credentials.Count];
            for (var i = 0; i < lanes.Length; i++)
            {
                lanes[i] = NewLane_NeedsLock(Credentials[i], set, deployment);
            }

            return lanes;
        }
    }

    /// <summary>Which credential the next call would take. Takes nothing: the same state gives the same answer.</summary>
    /// <param name="lanes">Of the deployment.</param>
    /// <param name="tried">Bit i: lane i was tried for this request; those beyond 64 never are.</param>
    public CredentialChoice Peek(CredentialLane[] lanes, in CallNeeds needs, ulong tried, long now)
    {
        if (_isPlain && lanes.Length == 1 && lanes[0].IsClear)
        {
            return (tried & 1) == 0 ? new CredentialChoice(lanes[0], CredentialBlock.None, 0) : new CredentialChoice(null, CredentialBlock.Tried, 0);
        }

        lock (_memory.Lock)
        {
            return Peek_NeedsLock(lanes, in needs, tried, now);
        }
    }

    /// <summary>Takes what <see cref="Peek"/> chose: its turn, its place and its part of the limits; all or nothing.</summary>
    /// <returns>False when somebody else was quicker; nothing is taken then.</returns>
    public bool TryTake(in CredentialChoice choice, in CallNeeds needs, long now)
    {
        if (choice.Lane is not { } lane)
        {
            return false;
        }

        if (_isPlain && lane.IsClear)
        {
            return true;
        }

        lock (_memory.Lock)
        {
            if (Check_NeedsLock(lane, in needs, now, out _) != CredentialBlock.None)
            {
                return false;
            }

            var routers = _memory.Routers;
            if (_memory.All.Check(_limits, routers, in needs, now, out _) != CredentialBlock.None || lane.Breaker?.TryBeginProbe(now) == false)
            {
                return false;
            }

            lane.Take_NeedsLock(now);
            if (!_isPlain)
            {
                lane.KeyLimits.Take(LimitsOf(lane), routers, in needs, now);
                _memory.All.Take(_limits, routers, in needs, now);
            }

            return true;
        }
    }

    /// <summary>Gives the place back, and tells the limits how many tokens it really was. Once for each call that was taken; where none runs it does nothing.</summary>
    /// <param name="used">Tokens charged; null when nothing reached the upstream.</param>
    public void Return(CredentialLane lane, in CallNeeds needs, long? used, long now)
    {
        if (_isPlain && lane.IsClear)
        {
            return;
        }

        lock (_memory.Lock)
        {
            if (lane.Return_NeedsLock(now) && !_isPlain)
            {
                var routers = _memory.Routers;
                lane.KeyLimits.Return(LimitsOf(lane), routers, in needs, used, now);
                _memory.All.Return(_limits, routers, in needs, used, now);
            }
        }
    }

    /// <summary>What operators see of a deployment's credentials.</summary>
    public IReadOnlyList<CredentialReport> Describe(CredentialLane[] lanes, long now)
    {
        var reports = new CredentialReport[lanes.Length];
        lock (_memory.Lock)
        {
            var all = _memory.All.Check(_limits, _memory.Routers, default, now, out var allAt);
            for (var i = 0; i < lanes.Length; i++)
            {
                var block = Check_NeedsLock(lanes[i], default, now, out var until);
                (block, until) = block == CredentialBlock.None ? (all, allAt) : (block, until);
                reports[i] = lanes[i].Describe_NeedsLock(block, until, now);
            }
        }

        return reports;
    }

    /// <summary>Each key, and whether it is in quarantine at any deployment.</summary>
    public IReadOnlyList<(string Provider, string Label, bool IsQuarantined)> Quarantines()
    {
        lock (_memory.Lock)
        {
            return [.. Credentials.Select(credential => (Provider, credential.Label, _memory.IsQuarantined_NeedsLock(credential.Fingerprint)))];
        }
    }

    private static UpstreamLimits LimitsOf(CredentialLane lane) => lane.Credential?.Config.Limits ?? UpstreamLimits.None;

    private CredentialChoice Peek_NeedsLock(CredentialLane[] lanes, in CallNeeds needs, ulong tried, long now)
    {
        CredentialLane? chosen = null;
        var turn = double.PositiveInfinity;
        var block = CredentialBlock.Tried;
        var usableAt = 0L;
        for (var i = 0; i < lanes.Length; i++)
        {
            if (i < 64 && (tried & (1UL << i)) != 0)
            {
                continue;
            }

            var reason = Check_NeedsLock(lanes[i], in needs, now, out var at);
            if (reason == CredentialBlock.None)
            {
                var next = lanes[i].TurnAt(now);
                if (next < turn)
                {
                    (chosen, turn) = (lanes[i], next);
                }
            }
            else
            {
                block = reason.Rank() < block.Rank() ? reason : block;
                usableAt = at != 0 && (usableAt == 0 || at < usableAt) ? at : usableAt;
            }
        }

        if (chosen is null)
        {
            return new CredentialChoice(null, block, usableAt);
        }

        var all = _memory.All.Check(_limits, _memory.Routers, in needs, now, out var allAt);
        return all == CredentialBlock.None ? new CredentialChoice(chosen, CredentialBlock.None, 0) : new CredentialChoice(null, all, allAt);
    }

    private static bool Limits(UpstreamLimits limits) => (limits.SessionsPer5Minutes ?? limits.SessionsPerHour ?? limits.SessionsPerDay) is not null;

    /// <summary>What keeps a call from one lane; without the limits of all keys together.</summary>
    private CredentialBlock Check_NeedsLock(CredentialLane lane, in CallNeeds needs, long now, out long usableAt)
    {
        var block = lane.Check_NeedsLock(now, out usableAt);
        return block == CredentialBlock.None && !LimitsOf(lane).IsEmpty ? lane.KeyLimits.Check(LimitsOf(lane), _memory.Routers, in needs, now, out usableAt) : block;
    }

    private CredentialLane NewLane_NeedsLock(Credential? credential, LaneSet set, string? deployment)
    {
        var fingerprint = credential?.Fingerprint ?? "";
        if (!set.Lanes.TryGetValue(fingerprint, out var own))
        {
            set.Lanes.Add(fingerprint, own = new LaneMemory());
        }

        // The seed is of the jitter: Routers that lost the same must not come back together.
        var breaker = Credentials.Count > 1 ? own.Breaker ??= new Breaker((ulong)HashCode.Combine(deployment, fingerprint)) : null;
        return new CredentialLane(credential, _memory, _memory.Key_NeedsLock(fingerprint), set, own, deployment, breaker);
    }
}
