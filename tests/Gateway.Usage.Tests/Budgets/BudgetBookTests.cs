using Gateway.Core.Admission.Shared;
using Gateway.Core.Configuration;
using Gateway.Core.Tests;
using Gateway.Usage.Budgets;

namespace Gateway.Usage.Tests.Budgets;

public sealed class BudgetBookTests
{
    [Fact]
    public void Sums_stand_by_organisation_and_slot_and_a_slot_that_a_record_names_twice_counts_once()
    {
        var book = new BudgetBook(new ManualTime());
        book.Add(Final("a", 5, BudgetRig.Key, BudgetRig.Team, BudgetRig.Key));
        book.Add(Final("a", 7, BudgetRig.Key));
        book.Add(Final("b", 100, BudgetRig.Key));
        book.Add(Final("", 1000, BudgetRig.Key));
        book.Add(Final("c", 1));

        Assert.Equal([12, 5, 0], book.SpentIn("a", [BudgetRig.Key, BudgetRig.Team, new BudgetSlot("key:none|lifetime", 0)]));
        Assert.Equal([100], book.SpentIn("b", [BudgetRig.Key]));
        Assert.Equal([0], book.SpentIn("", [BudgetRig.Key]));
        Assert.Equal(["a", "b", "c"], book.Organisations);
        Assert.Equal((2, 2), (book.Cut("a").Spent.Count, book.Cut("a").Settled.Count));
    }

    [Fact]
    public void Ends_of_requests_are_known_until_as_many_others_came()
    {
        var book = new BudgetBook(new ManualTime(), ringCapacity: 3);
        var ids = Enumerable.Range(0, 5).Select(static _ => Guid.NewGuid()).ToArray();
        Array.ForEach(ids, id => book.Add(Final("a", 5, id)));

        Assert.Equal([false, false, true, true, true], ids.Select(id => book.Find(id) is { CostNanoUsd: 5, Tokens: 140 }));
        Assert.Equal(ids[2..].Reverse(), book.Cut("a").Settled.Select(static end => end.RequestId));
    }

    [Fact]
    public void Requests_that_stores_forget_soon_are_not_in_the_cut()
    {
        var time = new ManualTime();
        var book = new BudgetBook(time);
        var id = Guid.CreateVersion7(time.GetUtcNow());
        book.Add(Final("a", 5, id, BudgetRig.Key));
        time.Advance(TimeSpan.FromHours(22.9));
        Assert.Single(book.Cut("a").Settled);
        time.Advance(TimeSpan.FromHours(0.2));

        Assert.Empty(book.Cut("a").Settled);
        Assert.Single(book.Cut("a").Spent);
    }

    [Fact]
    public void Slots_are_forgotten_two_days_after_their_window_and_old_records_do_not_bring_them_back()
    {
        var time = new ManualTime();
        var book = new BudgetBook(time);
        var day = new BudgetSlot("key:demo|day:2026-01-01@UTC", 0);
        book.Add(Final("a", 5, day, BudgetRig.Key));
        time.Advance(TimeSpan.FromDays(3));
        book.Add(Final("a", 1, day));
        Assert.Equal([6], book.SpentIn("a", [day]));    // late, and still of use to nobody but reports
        Assert.Equal([BudgetRig.Key], book.Cut("a").Spent.Select(static spent => spent.Slot));

        time.Advance(TimeSpan.FromDays(1));
        book.Add(Final("a", 1, BudgetRig.Key));
        Assert.Equal([0, 6], book.SpentIn("a", [day, BudgetRig.Key]));
        book.Add(Final("a", 1, day));
        Assert.Equal([0], book.SpentIn("a", [day]));
    }

    [Theory]
    [InlineData(BudgetWindow.Day, "UTC")]
    [InlineData(BudgetWindow.Week, "UTC")]
    [InlineData(BudgetWindow.Month, "UTC")]
    [InlineData(BudgetWindow.Rolling, "UTC")]
    [InlineData(BudgetWindow.Day, "Pacific/Auckland")]
    [InlineData(BudgetWindow.Month, "America/Los_Angeles")]
    [InlineData(BudgetWindow.Day, "Etc/GMT+12")]
    public void A_slot_is_over_when_no_request_is_charged_to_it_or_judged_by_it_any_more(BudgetWindow window, string zone)
    {
        var budget = new BudgetConfig { LimitNanoUsd = 1, Window = window, Length = TimeSpan.FromDays(3), TimeZone = TimeZoneInfo.FindSystemTimeZoneById(zone) };
        var start = new DateTimeOffset(2026, 2, 25, 3, 4, 5, TimeSpan.Zero);
        var booking = BudgetClock.ChargeAt("key:a|b", budget, start).Booking;
        var end = SlotWindows.EndOf(booking);

        Assert.NotNull(end);
        for (var now = start; now < start.AddDays(45); now += TimeSpan.FromHours(1))
        {
            var charge = BudgetClock.ChargeAt("key:a|b", budget, now);
            var counts = charge.Booking.Id == booking.Id && charge.Booking.Slot - charge.Slots < booking.Slot;
            Assert.True(!counts || end > now, $"{now:O}");
            Assert.True(counts || end <= now + TimeSpan.FromDays(1.1), $"{now:O}");
        }
    }

    [Theory]
    [InlineData("key:demo|lifetime")]
    [InlineData("key:demo")]
    [InlineData("key:demo|day:yesterday@UTC")]
    [InlineData("key:demo|day:2026-01-01")]
    [InlineData("key:demo|century:2026-01-01@UTC")]
    [InlineData("key:demo|rolling:0")]
    [InlineData("key:demo|rolling:-5")]
    [InlineData("key:demo|rolling:99999999999999999999")]
    [InlineData("key:demo|day:9999-12-31@UTC")]
    [InlineData("")]
    public void Ids_without_an_end_are_kept(string id) => Assert.Null(SlotWindows.EndOf(new BudgetSlot(id, long.MaxValue)));

    [Fact]
    public void Dispatched_requests_are_bounded_and_those_that_ended_go_first()
    {
        var dispatched = new DispatchedRequests(new ManualTime(), capacity: 4);
        var stays = Guid.NewGuid();
        dispatched.Began(stays);
        for (var i = 0; i < 100; i++)
        {
            var id = Guid.NewGuid();
            dispatched.Began(id);
            dispatched.Began(id);
            Assert.True(dispatched.Contains(id));
            dispatched.Ended(id);
        }

        Assert.True(dispatched.Contains(stays));
        Array.ForEach([.. Enumerable.Range(0, 5).Select(static _ => Guid.NewGuid())], dispatched.Began);
        Assert.False(dispatched.Contains(stays));
    }

    private static Core.Journal.UsageFinal Final(string organisation, long cost, params BudgetSlot[] slots) => Final(organisation, cost, Guid.NewGuid(), slots);

    private static Core.Journal.UsageFinal Final(string organisation, long cost, Guid id, params BudgetSlot[] slots)
    {
        var final = FakeJournal.Final(id);
        return final with { Intent = final.Intent with { Organisation = organisation, Budgets = slots }, CostNanoUsd = cost };
    }
}
