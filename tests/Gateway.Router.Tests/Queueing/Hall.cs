using System.Diagnostics.CodeAnalysis;
using Gateway.Core.Configuration;
using Gateway.Core.Tests.Journal;
using Gateway.Router.Balancing;
using Gateway.Router.Pipeline;
using Gateway.Router.Queueing;

namespace Gateway.Router.Tests.Queueing;

/// <summary>A waiting room, who waits in it, and a clock that stands until it is moved.</summary>
[SuppressMessage("Usage", "xUnit1031", Justification = "Only tasks that are complete are read.")]
internal sealed class Hall
{
    /// <summary>Guards against a test that would wait for ever.</summary>
    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(30);

    private readonly List<(string Name, Task<WaitResult> Task)> _waiting = [];

    public Hall(int size = 100, double wait = 10)
    {
        Clock = new RouterClock(Time);
        Room = new WaitingRoom(new QueueConfig { Size = size, Wait = TimeSpan.FromSeconds(wait) }, Clock, Pulses);
    }

    public JournalTime Time { get; } = new();

    public RouterClock Clock { get; }

    public PulseCount Pulses { get; } = new();

    public WaitingRoom Room { get; }

    /// <summary>Who is out, in the order in which it happened: <c>name:result</c>.</summary>
    public List<string> Left { get; } = [];

    /// <summary>Somebody comes. Waits until all that this made happen has happened.</summary>
    public async Task CameAsync(
        string name, string tenant = "a", RequestPriority priority = RequestPriority.Default, int weight = 1, long tokens = 100,
        double limit = 60, long placeAt = 0, bool returning = false, long seen = 0, AnswerLengths? answers = null, CancellationToken cancellationToken = default)
    {
        var visitor = new Visitor(tenant, weight, priority, tokens) { Seen = seen, Answers = answers, OutputCap = -1 };
        _waiting.Add((name, Room.WaitAsync(visitor, TimeSpan.FromSeconds(limit), placeAt, returning, cancellationToken).AsTask()));
        await SettleAsync();
    }

    public async Task PulseAsync(int times = 1)
    {
        for (var i = 0; i < times; i++)
        {
            Room.Pulse();
            await SettleAsync();
        }
    }

    public async Task AdvanceAsync(double seconds)
    {
        Time.Advance(TimeSpan.FromSeconds(seconds));
        await SettleAsync();
    }

    /// <summary>Ticks so many seconds from now.</summary>
    public long In(double seconds) => Clock.Now + TimeSpan.FromSeconds(seconds).Ticks;

    /// <summary>Whoever the room does not count any more is told so by a task that ends on another thread.</summary>
    public async Task SettleAsync()
    {
        while (_waiting.Count > Room.Count)
        {
            await Task.WhenAny(_waiting.Select(static one => one.Task)).WaitAsync(Guard);
            var done = _waiting.FindAll(static one => one.Task.IsCompleted);
            foreach (var (name, task) in done)
            {
                Left.Add($"{name}:{(task.IsCanceled ? "Cancelled" : (await task).ToString())}");
            }

            _waiting.RemoveAll(done.Contains);
        }
    }
}
