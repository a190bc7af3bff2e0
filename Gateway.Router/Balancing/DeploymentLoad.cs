namespace Gateway.Router.Balancing;

/// <summary>
/// How busy and how fast one deployment is, as this Router sees it. Calls are counted without a lock; what is measured is kept under a short one.
/// </summary>
internal sealed class DeploymentLoad
{
    /// <summary>How long a sample of latency or speed counts.</summary>
    public static readonly TimeSpan LatencyKept = TimeSpan.FromSeconds(10);

    /// <summary>How long everything else counts.</summary>
    public static readonly TimeSpan RatesKept = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private int _inFlight;
    private MovingMean _firstToken = new(LatencyKept.Ticks, peaks: true);
    private MovingMean _whole = new(LatencyKept.Ticks, peaks: true);
    private MovingMean _perToken = new(LatencyKept.Ticks, peaks: false);
    private double _calls;
    private double _failures;
    private long _countedAt;

    /// <summary>Calls that run now.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    public void Enter() => Interlocked.Increment(ref _inFlight);

    public void Leave() => Interlocked.Decrement(ref _inFlight);

    /// <summary>Notes an answer that began.</summary>
    /// <param name="now">Ticks of the <see cref="Pipeline.RouterClock"/>.</param>
    /// <param name="firstToken">Dispatch to first content.</param>
    public void NoteFirstToken(long now, TimeSpan firstToken)
    {
        lock (_lock)
        {
            _firstToken.Note(now, Math.Max(0, firstToken.TotalSeconds));
        }
    }

    /// <summary>Notes an answer that came whole: it begins when all of it is generated, so its first token says nothing of a stream's.</summary>
    /// <param name="now">Ticks of the <see cref="Pipeline.RouterClock"/>.</param>
    /// <param name="call">Dispatch to end.</param>
    public void NoteWhole(long now, TimeSpan call)
    {
        lock (_lock)
        {
            _whole.Note(now, Math.Max(0, call.TotalSeconds));
        }
    }

    /// <summary>Notes a call that is over.</summary>
    /// <param name="now">Ticks of the <see cref="Pipeline.RouterClock"/>.</param>
    /// <param name="failed">Through a fault of the upstream.</param>
    /// <param name="outputTokens">Tokens of the answer; 0 where none came.</param>
    /// <param name="answering">First content to end; for an answer that came whole, zero or dispatch to end.</param>
    public void NoteEnd(long now, bool failed, long outputTokens, TimeSpan answering)
    {
        lock (_lock)
        {
            var kept = Kept_NeedsLock(now);
            _calls = (_calls * kept) + 1;
            _failures = (_failures * kept) + (failed ? 1 : 0);
            _countedAt = Math.Max(now, _countedAt);

            // One token has no time between tokens.
            if (outputTokens > 1 && answering > TimeSpan.Zero)
            {
                _perToken.Note(now, answering.TotalSeconds / outputTokens);
            }
        }
    }

    /// <summary>What is known now.</summary>
    public LoadReading ReadAt(long now)
    {
        lock (_lock)
        {
            var kept = Kept_NeedsLock(now);
            return new LoadReading(
                InFlight,
                Measure.Of(_firstToken, now),
                Measure.Of(_whole, now),
                Measure.Of(_perToken, now),

                // One call more than there were: the only one of a quiet deployment is not its whole truth, and is forgiven in time.
                _failures * kept / ((_calls * kept) + 1));
        }
    }

    private double Kept_NeedsLock(long now) => now <= _countedAt ? 1 : Math.Exp(-(double)(now - _countedAt) / RatesKept.Ticks);
}

/// <summary>A measured time.</summary>
/// <param name="Seconds">0 while not known.</param>
/// <param name="IsKnown">It was measured at least once.</param>
/// <param name="IsOld">It was measured so long ago that it is worth a try.</param>
internal readonly record struct Measure(double Seconds, bool IsKnown, bool IsOld)
{
    public static Measure Of(in MovingMean mean, long now) => new(mean.Value, mean.IsKnown, mean.IsOldAt(now));
}

/// <summary>One look at a <see cref="DeploymentLoad"/>.</summary>
/// <param name="InFlight">Calls that run.</param>
/// <param name="FirstToken">Of streams: dispatch to first content. Slow answers count at once, fast ones bit by bit.</param>
/// <param name="Whole">Of plain answers: dispatch to end. Weighed as <paramref name="FirstToken"/>.</param>
/// <param name="PerToken">Of streams: time per output token.</param>
/// <param name="Errors">Share of calls that failed lately, 0 to below 1; fades while nothing is asked.</param>
internal readonly record struct LoadReading(int InFlight, Measure FirstToken, Measure Whole, Measure PerToken, double Errors)
{
    /// <summary>Errors above this show that something is wrong.</summary>
    public const double FewErrors = 0.1;

    /// <summary>What a client waits for: the first token of a stream, the whole of a plain answer.</summary>
    public Measure Latency(bool stream) => stream ? FirstToken : Whole;

    /// <summary>Nothing runs there and nothing is known against it: good for one call that finds out how it is today.</summary>
    public bool IsFreeToTry => InFlight == 0 && Errors < FewErrors;
}
