using Gateway.Core.Configuration;
using Gateway.Router.Catalog;
using Gateway.Router.Queueing;

namespace Gateway.Router.Tests.Queueing;

public sealed class WaitingRoomTests
{
    [Fact]
    public async Task Each_pulse_gives_one_turn()
    {
        var hall = new Hall();
        await hall.CameAsync("1");
        await hall.CameAsync("2");
        await hall.CameAsync("3");

        await hall.PulseAsync(2);

        Assert.Equal(["1:Turn", "2:Turn"], hall.Left);
        Assert.Equal(1, hall.Room.Count);
    }

    [Fact]
    public async Task Who_waits_longest_goes_after_the_time_of_the_document()
    {
        var hall = new Hall(wait: 10);
        await hall.CameAsync("1");
        await hall.AdvanceAsync(9.9);
        Assert.Empty(hall.Left);

        await hall.AdvanceAsync(0.2);
        Assert.Equal(["1:TooLong"], hall.Left);
        Assert.Equal(0, hall.Room.Count);
    }

    [Fact]
    public async Task A_deadline_of_its_own_is_kept_whoever_came_before()
    {
        var hall = new Hall(wait: 10);
        await hall.CameAsync("long");
        await hall.CameAsync("short", limit: 1);
        await hall.CameAsync("none", limit: 0);
        Assert.Equal(["none:TooLong"], hall.Left);

        await hall.AdvanceAsync(1);
        Assert.Equal(["none:TooLong", "short:TooLong"], hall.Left);
        await hall.AdvanceAsync(9);
        Assert.Equal("long:TooLong", hall.Left[^1]);
    }

    [Fact]
    public async Task A_client_that_leaves_frees_its_chair_at_once()
    {
        var hall = new Hall(size: 2);
        using var client = new CancellationTokenSource();
        await hall.CameAsync("1", cancellationToken: client.Token);
        await hall.CameAsync("2");

        await client.CancelAsync();
        await hall.SettleAsync();
        Assert.Equal(1, hall.Room.Count);

        await hall.CameAsync("3");
        await hall.PulseAsync();
        Assert.Equal(["1:Cancelled", "2:Turn"], hall.Left);
    }

    [Fact]
    public async Task A_turn_for_a_client_that_just_left_passes_on()
    {
        var hall = new Hall();
        using var client = new CancellationTokenSource();
        await hall.CameAsync("1", cancellationToken: client.Token);
        await hall.CameAsync("2");

        // The last to register is called first: the turn comes while the client is leaving, and before the room knows it.
        using var turn = client.Token.Register(hall.Room.Pulse);
        await client.CancelAsync();
        await hall.SettleAsync();

        Assert.Equal(["1:Cancelled", "2:Turn"], hall.Left.Order());
    }

    [Fact]
    public async Task A_client_that_has_left_does_not_come_in()
    {
        var hall = new Hall();
        await hall.CameAsync("1", cancellationToken: new CancellationToken(canceled: true));
        Assert.Equal(["1:Cancelled"], hall.Left);
    }

    [Fact]
    public async Task A_full_room_refuses_a_tenant_that_has_most_of_it()
    {
        var hall = new Hall(size: 2);
        await hall.CameAsync("1");
        await hall.CameAsync("2");
        await hall.CameAsync("3");
        Assert.Equal(["3:Full"], hall.Left);
    }

    [Fact]
    public async Task A_full_room_gives_up_the_newest_of_the_longest_queue_for_a_tenant_that_has_less()
    {
        var hall = new Hall(size: 4);
        await hall.CameAsync("a1", "a");
        await hall.CameAsync("a2", "a");
        await hall.CameAsync("a3", "a");
        await hall.CameAsync("b1", "b");

        await hall.CameAsync("b2", "b");
        Assert.Equal(["a3:Full"], hall.Left);
        await hall.CameAsync("b3", "b");
        Assert.Equal("b3:Full", hall.Left[^1]);
        await hall.CameAsync("c1", "c");
        Assert.Equal(["a3:Full", "b3:Full", "a2:Full"], hall.Left);
    }

    [Fact]
    public async Task A_tenant_of_more_weight_may_have_more_of_the_room()
    {
        var hall = new Hall(size: 4);
        foreach (var name in (string[])["a1", "a2", "a3", "a4"])
        {
            await hall.CameAsync(name, "a", weight: 3);
        }

        await hall.CameAsync("b1", "b");
        await hall.CameAsync("b2", "b");
        Assert.Equal(["a4:Full", "b2:Full"], hall.Left);
    }

    [Fact]
    public async Task A_full_room_gives_up_the_lowest_class_first_and_never_a_higher_one()
    {
        var hall = new Hall(size: 2);
        await hall.CameAsync("batch", "a", RequestPriority.Batch);
        await hall.CameAsync("default", "a");

        await hall.CameAsync("interactive", "a", RequestPriority.Interactive);
        Assert.Equal(["batch:Full"], hall.Left);
        await hall.CameAsync("late batch", "b", RequestPriority.Batch);
        await hall.CameAsync("interactive too", "a", RequestPriority.Interactive);
        await hall.CameAsync("late default", "b");
        Assert.Equal(["batch:Full", "late batch:Full", "default:Full", "late default:Full"], hall.Left);
    }

    [Fact]
    public async Task Higher_classes_go_first_but_for_one_turn_in_16()
    {
        var hall = new Hall();
        for (var i = 0; i < 40; i++)
        {
            await hall.CameAsync("batch", "c", RequestPriority.Batch);
            await hall.CameAsync("interactive", "a", RequestPriority.Interactive);
        }

        await hall.PulseAsync(32);

        Assert.Equal([15, 31], hall.Left.Index().Where(static one => one.Item == "batch:Turn").Select(static one => one.Index));
    }

    [Fact]
    public async Task All_classes_have_their_part()
    {
        var hall = new Hall();
        for (var i = 0; i < 33; i++)
        {
            await hall.CameAsync("batch", "c", RequestPriority.Batch);
            await hall.CameAsync("default", "b");
            await hall.CameAsync("interactive", "a", RequestPriority.Interactive);
        }

        await hall.PulseAsync(34);

        Assert.Equal((2, 2), (hall.Left.Count(static one => one == "batch:Turn"), hall.Left.Count(static one => one == "default:Turn")));
    }

    [Fact]
    public async Task A_turn_without_a_place_comes_back_to_the_front_and_costs_nothing()
    {
        var hall = new Hall();
        await hall.CameAsync("a1", "a");
        await hall.CameAsync("a2", "a");
        await hall.CameAsync("b1", "b");
        await hall.PulseAsync();

        await hall.CameAsync("a1 again", "a", returning: true);
        await hall.PulseAsync(3);

        Assert.Equal(["a1:Turn", "a1 again:Turn", "b1:Turn", "a2:Turn"], hall.Left);
    }

    [Fact]
    public async Task A_turn_without_a_place_is_not_refused_though_the_room_is_full()
    {
        var hall = new Hall(size: 1);
        await hall.CameAsync("1");
        await hall.PulseAsync();
        await hall.CameAsync("2");
        await hall.CameAsync("1 again", returning: true);
        await hall.PulseAsync();
        Assert.Equal(["1:Turn", "1 again:Turn"], hall.Left);
    }

    [Fact]
    public async Task A_limit_that_refills_gives_a_turn_by_itself()
    {
        var hall = new Hall();
        await hall.CameAsync("1", placeAt: hall.In(0.5));
        await hall.AdvanceAsync(0.4);
        Assert.Empty(hall.Left);
        await hall.AdvanceAsync(0.2);
        Assert.Equal(["1:Turn"], hall.Left);
    }

    [Fact]
    public async Task Turns_of_a_refill_come_one_by_one()
    {
        var hall = new Hall();
        await hall.CameAsync("1", placeAt: hall.In(0.5));
        await hall.CameAsync("2", placeAt: hall.In(0.5));
        await hall.CameAsync("3");

        await hall.AdvanceAsync(0.5);
        Assert.Equal(["1:Turn"], hall.Left);
        await hall.AdvanceAsync(0.01);
        await hall.AdvanceAsync(0.01);
        Assert.Equal(["1:Turn", "2:Turn"], hall.Left);
    }

    [Fact]
    public async Task A_place_that_is_too_small_for_the_first_goes_to_the_next()
    {
        var hall = new Hall();
        await hall.CameAsync("large", tokens: 100_000);
        await hall.CameAsync("small");
        await hall.CameAsync("small too");
        await hall.PulseAsync();

        await hall.CameAsync("large again", placeAt: hall.In(5), returning: true);

        Assert.Equal(["large:Turn", "small:Turn"], hall.Left);
        await hall.PulseAsync(2);
        Assert.Equal(["large:Turn", "small:Turn", "small too:Turn", "large again:Turn"], hall.Left);
    }

    [Fact]
    public async Task A_place_that_became_free_before_somebody_sat_down_is_not_missed()
    {
        var hall = new Hall();
        var seen = hall.Room.Pulses;
        await hall.PulseAsync();

        await hall.CameAsync("1", seen: seen);
        Assert.Equal(["1:Turn"], hall.Left);
        await hall.CameAsync("2", seen: hall.Room.Pulses);
        Assert.Equal(1, hall.Room.Count);
    }

    [Fact]
    public async Task A_place_that_became_free_wakes_every_group_and_is_counted_also_while_nobody_waits()
    {
        var hall = new Hall();
        var states = new GroupStates(hall.Clock);
        var one = states.Of("one", QueueConfig.Standard).Room;
        var two = states.Of("two", QueueConfig.Standard).Room;
        var seen = two.Pulses;
        states.Pulse();
        Assert.Equal(WaitResult.Turn, await WaitAsync(two, seen));

        var first = WaitAsync(one, one.Pulses);
        var second = WaitAsync(two, two.Pulses);
        states.Pulse();
        Assert.Equal((WaitResult.Turn, WaitResult.Turn), (await first, await second));

        var alone = WaitAsync(two, two.Pulses);
        states.Pulse();
        Assert.Equal(WaitResult.Turn, await alone);

        static Task<WaitResult> WaitAsync(WaitingRoom room, long seen) => room
            .WaitAsync(new Visitor("a", 1, RequestPriority.Default, 1) { Seen = seen }, TimeSpan.FromSeconds(1), 0, returning: false, CancellationToken.None)
            .AsTask().WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Nothing_is_remembered_of_tenants_that_are_gone()
    {
        var hall = new Hall(size: 50);
        for (var i = 0; i < 500; i++)
        {
            await hall.CameAsync("x", $"tenant-{i}", (RequestPriority)((i % 3) + 1), tokens: i);
            await hall.PulseAsync(i % 2);
        }

        await hall.AdvanceAsync(11);
        Assert.Equal((0, 0, 500), (hall.Room.Count, hall.Room.Tenants, hall.Left.Count));
        Assert.Equal(0, hall.Pulses.Waiters);
    }

    [Fact]
    public async Task A_new_document_changes_the_room_for_newcomers()
    {
        var hall = new Hall(size: 1);
        var states = new GroupStates(hall.Clock);
        var state = states.Of("group", new QueueConfig { Size = 1 });
        Assert.Same(state, states.Of("group", new QueueConfig { Size = 7, Wait = TimeSpan.FromSeconds(3) }));
        Assert.Equal((7, 3), (state.Room.Config.Size, state.Room.Config.Wait.TotalSeconds));

        await hall.CameAsync("1");
        hall.Room.Config = new QueueConfig { Size = 2, Wait = TimeSpan.FromSeconds(1) };
        await hall.CameAsync("2");
        await hall.AdvanceAsync(1.1);
        Assert.Equal(["2:TooLong"], hall.Left);

        hall.Room.Config = new QueueConfig { Size = 0 };
        await hall.CameAsync("3");
        Assert.Equal(["2:TooLong", "3:Full"], hall.Left);
    }
}
