using Gateway.Core.Configuration;
using Gateway.Core.Tests.Journal;
using Gateway.Router.Catalog;
using Gateway.Router.Pipeline;
using Gateway.Router.Queueing;

namespace Gateway.Router.Tests.Queueing;

/// <summary>Many at once, on real threads; the clock stands, so nobody is saved by the end of its wait.</summary>
public sealed class WakeUpTests
{
    private const int Places = 3;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Everybody_gets_a_place_though_some_leave_and_others_are_quicker(int seed)
    {
        var room = new WaitingRoom(new QueueConfig { Size = 1000 }, new RouterClock(new JournalTime()));
        var free = Places;
        var most = 0;
        var running = 0;

        var guests = Enumerable.Range(0, 16).Select(guest => Task.Run(() => ManyAsync(guest))).ToArray();
        var served = (await Task.WhenAll(guests).WaitAsync(TimeSpan.FromSeconds(60))).Sum();

        Assert.InRange(served, 16 * 150, 16 * 200);
        Assert.Equal((Places, 0, 0), (free, room.Count, room.Tenants));
        Assert.InRange(most, 1, Places);

        async Task<int> ManyAsync(int guest)
        {
            var random = new Random((seed * 1000) + guest);
            var count = 0;
            for (var i = 0; i < 200; i++)
            {
                using var client = new CancellationTokenSource();
                var leaves = random.Next(10) == 0;
                var leaving = leaves ? Task.Run(client.Cancel) : Task.CompletedTask;
                try
                {
                    count += await OneAsync($"tenant-{guest % 5}", (RequestPriority)random.Next(1, 4), random, client.Token) ? 1 : 0;
                }
                catch (OperationCanceledException) when (leaves)
                {
                }

                await leaving;
            }

            return count;
        }

        async Task<bool> OneAsync(string tenant, RequestPriority priority, Random random, CancellationToken client)
        {
            var hadTurn = false;
            while (true)
            {
                var seen = room.Pulses;

                // Every fourth pushes past the queue, so that turns meet places that are gone.
                if ((hadTurn || room.Count == 0 || random.Next(4) == 0) && TryTake())
                {
                    break;
                }

                var visitor = new Visitor(tenant, 1, priority, random.Next(1, 1000)) { Seen = seen };
                Assert.Equal(WaitResult.Turn, await room.WaitAsync(visitor, TimeSpan.FromHours(1), placeAt: 0, hadTurn, client));
                hadTurn = true;
            }

            InterlockedMax(ref most, Interlocked.Increment(ref running));
            await Task.Yield();
            Interlocked.Decrement(ref running);
            Interlocked.Increment(ref free);
            room.Pulse();
            return true;
        }

        bool TryTake()
        {
            for (var seen = Volatile.Read(ref free); seen > 0; seen = Volatile.Read(ref free))
            {
                if (Interlocked.CompareExchange(ref free, seen - 1, seen) == seen)
                {
                    return true;
                }
            }

            return false;
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_last_place_that_becomes_free_is_never_missed(bool isOfAnyGroup)
    {
        var groups = new GroupStates(new RouterClock(new JournalTime()));
        var room = groups.Of("a", new QueueConfig()).Room;
        for (var round = 0; round < 2000; round++)
        {
            var free = 0;
            var guest = Task.Run(async () =>
            {
                for (var returning = false; ; returning = true)
                {
                    var seen = room.Pulses;
                    if (Interlocked.CompareExchange(ref free, 0, 1) == 1)
                    {
                        return;
                    }

                    // Between the look and the chair the other one may run, on the same core too.
                    await Task.Yield();
                    await room.WaitAsync(new Visitor("a", 1, RequestPriority.Default, 1) { Seen = seen }, TimeSpan.FromHours(1), 0, returning, CancellationToken.None);
                }
            });
            var holder = Task.Run(() =>
            {
                Volatile.Write(ref free, 1);
                if (isOfAnyGroup)
                {
                    groups.Pulse();
                }
                else
                {
                    room.Pulse();
                }
            });

            // Nobody comes after them who would wake the guest by chance.
            await Task.WhenAll(holder, guest).WaitAsync(TimeSpan.FromSeconds(30));
        }
    }

    private static void InterlockedMax(ref int target, int value)
    {
        for (var seen = Volatile.Read(ref target); value > seen; seen = Volatile.Read(ref target))
        {
            Interlocked.CompareExchange(ref target, value, seen);
        }
    }
}
