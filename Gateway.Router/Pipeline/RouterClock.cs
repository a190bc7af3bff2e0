namespace Gateway.Router.Pipeline;

/// <summary>The one clock of balancing, cooldowns and limits: ticks of 100 ns since the start of this process, never set back.</summary>
internal sealed class RouterClock(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();

    /// <summary>Never 0, so that 0 can stand for "never".</summary>
    public long Now => time.GetElapsedTime(_start).Ticks + 1;

    public DateTimeOffset UtcNow => time.GetUtcNow();

    public TimeProvider Time => time;
}
