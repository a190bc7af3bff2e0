using Gateway.Core.Configuration;
using Gateway.Router.Pipeline;

namespace Gateway.Router.Queueing;

/// <summary>
/// Where requests of one model group wait for a place. A higher class goes first, but for one turn in <see cref="TurnsOfALowerClass"/>; inside a class tenants
/// share by tokens and weight. Thread-safe by a short lock, which the end of a call takes only when somebody waits.
/// </summary>
/// <remarks>
/// A full room makes room for a higher class at the cost of the lowest, and inside a class for a tenant that has less here than another: a flood fills
/// only what nobody else wants. A turn is a hint, not a place: whoever finds none comes back to the front without paying again.
/// <para>Whoever got a turn and then gives up without taking a place calls <see cref="Pulse"/>, so that the turn passes on.</para>
/// </remarks>
/// <param name="pulses">Counts free places; null for a count of its own.</param>
internal sealed class WaitingRoom(QueueConfig config, RouterClock clock, PulseCount? pulses = null)
{
    /// <summary>A waiting class has at least one turn in so many, whatever goes before it.</summary>
    public const int TurnsOfALowerClass = 16;

    /// <summary>
    /// When a limit refills, turns for those who waited for it come one by one: the one before takes its place meanwhile, or says when to look again.
    /// </summary>
    private static readonly long BetweenRefills = TimeSpan.FromMilliseconds(2).Ticks;

    private readonly Lock _lock = new();
    private readonly PriorityClass[] _classes = [new(), new(), new()];
    private readonly List<Waiter> _expired = [];
    private readonly PulseCount _pulses = pulses ?? new();
    private QueueConfig _config = config;
    private ITimer? _timer;
    private long _armedAt = long.MaxValue;
    private int _count;

    /// <summary>Requests that wait. Newcomers queue behind them.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Whether somebody waits who would take what is free now: others wait for a limit of their own, which is no reason to queue behind them.</summary>
    public bool IsClaimed
    {
        get
        {
            if (Count == 0)
            {
                return false;
            }

            lock (_lock)
            {
                var now = Clock.Now;
                return _classes[0].IsClaimed(now) || _classes[1].IsClaimed(now) || _classes[2].IsClaimed(now);
            }
        }
    }

    /// <summary>Counts the places that became free. Read it before looking for a place, and say it when waiting: see <see cref="Visitor.Seen"/>.</summary>
    public long Pulses => _pulses.Value;

    /// <summary>What the document says now. A change holds for newcomers; who waits already goes on as before.</summary>
    public QueueConfig Config
    {
        get => Volatile.Read(ref _config);
        set => Volatile.Write(ref _config, value);
    }

    public RouterClock Clock { get; } = clock;

    /// <summary>Tenants that anything is remembered of.</summary>
    internal int Tenants
    {
        get
        {
            lock (_lock)
            {
                return _classes[0].Tenants + _classes[1].Tenants + _classes[2].Tenants;
            }
        }
    }

    /// <param name="visitor">Who.</param>
    /// <param name="limit">Longest wait that its deadline allows; also <see cref="QueueConfig.Wait"/> less what a returning one has waited already.</param>
    /// <param name="placeAt">Ticks at which a place becomes free by itself (a limit refills); 0 when only the end of another call frees one.</param>
    /// <param name="returning">It had its turn and somebody else was quicker: it goes to the front of its tenant.</param>
    /// <exception cref="OperationCanceledException">The client left.</exception>
    public ValueTask<WaitResult> WaitAsync(in Visitor visitor, TimeSpan limit, long placeAt, bool returning, CancellationToken cancellationToken)
    {
        var config = Config;
        var wait = limit < config.Wait ? limit : config.Wait;
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<WaitResult>(cancellationToken);
        }

        if (config.Size <= 0 || wait <= TimeSpan.Zero)
        {
            return new(config.Size <= 0 ? WaitResult.Full : WaitResult.TooLong);
        }

        Waiter waiter;
        Waiter? victim = null;
        lock (_lock)
        {
            var now = Clock.Now;
            waiter = new Waiter(this, visitor, now + wait.Ticks, placeAt, returning);

            // One that returns was in the room before: it is not turned away for a newcomer that took its chair.
            if (!returning && _count >= config.Size && !TryMakeRoom_NeedsLock(visitor, out victim))
            {
                return new(WaitResult.Full);
            }

            ClassOf(visitor.Priority).Add(waiter, first: returning);

            // Counted before pulses are looked at, as Pulse counts before it looks who waits: one of the two sees the other.
            var isAlone = Interlocked.Increment(ref _count) == 1;
            _pulses.Enter();
            if (isAlone && visitor.Seen != 0 && _pulses.Value != visitor.Seen)
            {
                Remove_NeedsLock(waiter);
                return new(WaitResult.Turn);
            }

            if (returning && waiter.IsEarly(now))
            {
                // The turn was for a place that is too small for this one: another may fit. Ends, since whoever is early gets none of these.
                Grant_NeedsLock(TurnRule.NotEarly, now);
            }

            Arm_NeedsLock(placeAt == 0 ? waiter.Deadline : Math.Min(waiter.Deadline, Math.Max(placeAt, now + BetweenRefills)), now);
        }

        victim?.Complete(WaitResult.Full);
        return AwaitAsync(waiter, cancellationToken);
    }

    /// <summary>Whether <see cref="WaitAsync"/> would let a newcomer in now, perhaps in the place of another. Changes nothing.</summary>
    public bool HasRoomFor(in Visitor visitor)
    {
        var size = Config.Size;
        if (size <= 0)
        {
            return false;
        }

        lock (_lock)
        {
            return _count < size || FindVictim_NeedsLock(visitor) is not null;
        }
    }

    /// <summary>A place became free: the next one has its turn. Cheap when nobody waits.</summary>
    public void Pulse()
    {
        _pulses.Add();
        Wake();
    }

    /// <summary>A place became free, and was counted.</summary>
    internal void Wake()
    {
        if (Volatile.Read(ref _count) == 0)
        {
            return;
        }

        lock (_lock)
        {
            var now = Clock.Now;
            if (!Grant_NeedsLock(TurnRule.NotEarly, now))
            {
                Grant_NeedsLock(TurnRule.Any, now);
            }
        }
    }

    private async ValueTask<WaitResult> AwaitAsync(Waiter waiter, CancellationToken cancellationToken)
    {
        WaitResult result;
        using (cancellationToken.UnsafeRegister(static (state, token) => Leave((Waiter)state!, token), waiter))
        {
            result = await waiter.Task;
        }

        if (result == WaitResult.Turn && cancellationToken.IsCancellationRequested)
        {
            // The turn came when nobody was there any more.
            Pulse();
            cancellationToken.ThrowIfCancellationRequested();
        }

        return result;
    }

    private static void Leave(Waiter waiter, CancellationToken cancellationToken)
    {
        var room = waiter.Room;
        lock (room._lock)
        {
            if (waiter.Queue is null)
            {
                return;
            }

            room.Remove_NeedsLock(waiter);
        }

        waiter.Cancel(cancellationToken);
    }

    private void Tick()
    {
        lock (_lock)
        {
            _armedAt = long.MaxValue;
            var now = Clock.Now;
            var next = long.MaxValue;
            foreach (var each in _classes)
            {
                next = Math.Min(next, each.Expire(now, _expired));
            }

            foreach (var waiter in _expired)
            {
                Remove_NeedsLock(waiter);
                waiter.Complete(WaitResult.TooLong);
            }

            _expired.Clear();
            if (next <= now)
            {
                Grant_NeedsLock(TurnRule.Due, now);
                next = now + BetweenRefills;
            }

            if (_count > 0)
            {
                Arm_NeedsLock(next, now);
            }
        }
    }

    private bool Grant_NeedsLock(TurnRule rule, long now)
    {
        Waiter? next = null;
        var served = -1;
        var passedOver = -1;
        for (var i = 0; i < _classes.Length; i++)
        {
            // The first class that has somebody, unless a lower one has been passed over too often.
            var each = _classes[i];
            if (each.Count > 0 && (next is null || (each.PassedOver >= TurnsOfALowerClass - 1 && each.PassedOver > passedOver)) && each.Next(rule, now) is { } waiter)
            {
                passedOver = served < 0 ? -1 : each.PassedOver;
                (next, served) = (waiter, i);
            }
        }

        if (next is null)
        {
            return false;
        }

        _classes[served].Serve(next);
        Interlocked.Decrement(ref _count);
        _pulses.Leave();
        for (var i = served + 1; i < _classes.Length; i++)
        {
            _classes[i].PassedOver += _classes[i].Count > 0 ? 1 : 0;
        }

        next.Complete(WaitResult.Turn);
        return true;
    }

    private void Remove_NeedsLock(Waiter waiter)
    {
        ClassOf(waiter.Visitor.Priority).Remove(waiter);
        Interlocked.Decrement(ref _count);
        _pulses.Leave();
    }

    private bool TryMakeRoom_NeedsLock(in Visitor visitor, out Waiter? victim)
    {
        victim = FindVictim_NeedsLock(visitor);
        if (victim is null)
        {
            return false;
        }

        Remove_NeedsLock(victim);
        return true;
    }

    /// <summary>Who would have to leave a full room for a newcomer; null for nobody.</summary>
    private Waiter? FindVictim_NeedsLock(in Visitor visitor)
    {
        var own = ClassOf(visitor.Priority);
        for (var i = _classes.Length - 1; i >= 0; i--)
        {
            if (_classes[i] == own)
            {
                return own.TryFindVictim(visitor, out var victim) ? victim : null;
            }

            if (_classes[i].Newest() is { } lower)
            {
                return lower;
            }
        }

        return null;
    }

    private void Arm_NeedsLock(long at, long now)
    {
        if (at >= _armedAt)
        {
            return;
        }

        // A timer that fires too early would find nothing to do, again and again.
        var delay = TimeSpan.FromMilliseconds(Math.Ceiling(Math.Max(0, at - now) / (double)TimeSpan.TicksPerMillisecond));
        _armedAt = at;
        _timer ??= Clock.Time.CreateTimer(static room => ((WaitingRoom)room!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(delay, Timeout.InfiniteTimeSpan);
    }

    private PriorityClass ClassOf(RequestPriority priority) => _classes[priority switch
    {
        RequestPriority.Interactive => 0,
        RequestPriority.Default => 1,
        RequestPriority.Batch => 2,
    }];
}
