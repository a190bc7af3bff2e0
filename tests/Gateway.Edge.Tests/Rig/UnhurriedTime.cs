namespace Gateway.Edge.Tests.Rig;

/// <summary>The machine's time, of which a tenth counts: what gives up after five seconds has fifty, and pauses between two tries are as they are.</summary>
internal sealed class UnhurriedTime : TimeProvider
{
    private const int Factor = 10;

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    public override long GetTimestamp() => base.GetTimestamp() / Factor;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        base.CreateTimer(callback, state, dueTime > LongestPause ? dueTime * Factor : dueTime, period);
}
