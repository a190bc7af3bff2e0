namespace Gateway.ServiceDefaults.Tests;

/// <summary>Time that passes only when the test says so.</summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly List<Timer> _timers = [];
    private TimeSpan _now = TimeSpan.FromHours(1);

    /// <summary>Completes when somebody first waits on this time.</summary>
    public TaskCompletionSource Waited { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _now.Ticks;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + _now;

    public void Advance(TimeSpan by)
    {
        Timer[] due;
        lock (_timers)
        {
            _now += by;
            due = [.. _timers.Where(timer => timer.DueAt <= _now)];
            _timers.RemoveAll(timer => timer.DueAt <= _now);
        }
        Array.ForEach(due, static timer => timer.Fire());
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        lock (_timers)
        {
            var timer = new Timer(this, () => callback(state), dueTime == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : _now + dueTime);
            _timers.Add(timer);
            Waited.TrySetResult();
            return timer;
        }
    }

    private sealed class Timer(ManualTime time, Action fire, TimeSpan dueAt) : ITimer
    {
        public TimeSpan DueAt { get; } = dueAt;

        public void Fire() => fire();

        public bool Change(TimeSpan dueTime, TimeSpan period) => throw new NotSupportedException("Nothing here re-arms a timer.");

        public void Dispose()
        {
            lock (time._timers)
            {
                time._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
