using Gateway.Core.Configuration;
using Gateway.Router.Attempts;
using Gateway.Router.Balancing;
using Gateway.Router.Pipeline;
using Gateway.Router.Queueing;

namespace Gateway.Router.Catalog;

/// <summary>What lives on with a model group when the document changes. Thread-safe.</summary>
/// <param name="pulses">Counts free places for all groups, since a place at a provider may serve any of them.</param>
internal sealed class GroupState(string name, QueueConfig queue, RouterClock clock, PulseCount? pulses = null)
{
    private ulong _sequence;

    public string Name { get; } = name;

    public RetryBudget Retries { get; } = new();

    public WaitingRoom Room { get; } = new(queue, clock, pulses);

    /// <summary>Tokens of its answers, where the choice or a limit asks for an estimate.</summary>
    public AnswerLengths Lengths { get; } = new();

    /// <summary>Dispatch to first content, where the group hedges.</summary>
    public MovingPercentile FirstTokens { get; } = new();

    public HedgeBudget Hedges { get; } = new();

    /// <summary>The random number of the next choice. Says the same until <see cref="Advance"/> is called.</summary>
    public ulong Roll => Mix(Volatile.Read(ref _sequence));

    /// <summary>What <see cref="Roll"/> will say when <see cref="Advance"/> was called so many times.</summary>
    public ulong RollAfter(int choices) => Mix(Volatile.Read(ref _sequence) + (ulong)choices);

    /// <summary>Goes on to the next random number.</summary>
    /// <returns>The one that <see cref="Roll"/> said before.</returns>
    public ulong Advance() => Mix(Interlocked.Increment(ref _sequence) - 1);

    /// <summary>SplitMix64: neighbours in a row become numbers without relation.</summary>
    private static ulong Mix(ulong value)
    {
        value = (value + 1) * 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}

/// <summary>The states of all groups by name, kept while documents come and go. Thread-safe.</summary>
internal sealed class GroupStates(RouterClock clock)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, GroupState> _states = new(StringComparer.Ordinal);
    private readonly PulseCount _pulses = new();
    private GroupState[] _all = [];

    /// <summary>A place became free at a provider that has limits; groups share providers, so whoever waits anywhere may look.</summary>
    public void Pulse()
    {
        // Counted also while nobody waits: somebody may have looked and be about to sit down.
        _pulses.Add();
        if (_pulses.Waiters == 0)
        {
            return;
        }

        foreach (var state in Volatile.Read(ref _all))
        {
            state.Room.Wake();
        }
    }

    /// <param name="name">A group of the document, or a provider whose models clients name themselves.</param>
    /// <param name="queue">Where its requests wait.</param>
    public GroupState Of(string name, QueueConfig queue)
    {
        lock (_lock)
        {
            if (!_states.TryGetValue(name, out var state))
            {
                state = new GroupState(name, queue, clock, _pulses);
                _states.Add(name, state);
                Volatile.Write(ref _all, [.. _all, state]);
            }

            // The room and who waits in it stay; what the document says of it may have changed.
            state.Room.Config = queue;
            return state;
        }
    }
}
