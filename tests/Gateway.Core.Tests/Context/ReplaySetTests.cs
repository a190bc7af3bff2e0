using Gateway.Core.Context;

namespace Gateway.Core.Tests.Context;

[Collection(WholeProcessCollection.Name)]
public sealed class ReplaySetTests
{
    private readonly ManualTime _time = new();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(29.9)]
    [InlineData(59.9)]
    public void Id_SeenWithinAMinute_IsRefused(double seconds)
    {
        // At every place within a generation.
        for (var offset = 0; offset < 60; offset += 7)
        {
            var set = new ReplaySet(_time);
            for (var other = 0; other < 1000; other++)
            {
                // So many that the generation of every part begins here.
                Assert.True(set.TryAdd(Guid.CreateVersion7(_time.GetUtcNow())));
            }

            _time.Advance(TimeSpan.FromSeconds(offset));
            var id = Guid.CreateVersion7(_time.GetUtcNow());
            Assert.True(set.TryAdd(id));

            _time.Advance(TimeSpan.FromSeconds(seconds));

            Assert.False(set.TryAdd(id));
        }
    }

    [Fact]
    public void Id_IsForgottenAfterTwoGenerations()
    {
        var set = new ReplaySet(_time);
        var id = Guid.NewGuid();
        Assert.True(set.TryAdd(id));

        _time.Advance(2 * ReplaySet.Memory);

        Assert.True(set.TryAdd(id));
    }

    [Fact]
    public void ManyIds_AreAllRemembered_AndNoneIsTakenForAnother()
    {
        const int Count = 300_000;
        var set = new ReplaySet(_time);
        var ids = new Guid[Count];
        for (var i = 0; i < Count; i++)
        {
            ids[i] = Guid.CreateVersion7(_time.GetUtcNow());
            Assert.True(set.TryAdd(ids[i]));
            if (i % 10_000 == 0)
            {
                _time.Advance(TimeSpan.FromSeconds(1));
            }
        }

        Assert.All(ids, id => Assert.False(set.TryAdd(id)));
    }

    [Fact]
    public void Memory_IsBounded_WhateverComes()
    {
        var set = new ReplaySet(_time);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < 3_000_000; i++)
        {
            set.TryAdd(new Guid(i, 7, 7, 8, 0, 0, 0, 0, 0, 0, 1));
        }

        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, 0, 18 * 1024 * 1024);
        Assert.False(set.TryAdd(new Guid(2_999_999, 7, 7, 8, 0, 0, 0, 0, 0, 0, 1)));
    }

    [Fact]
    public void EvenLoad_AllocatesNothing()
    {
        var set = new ReplaySet(_time);
        var next = 0;
        for (var minute = 0; minute < 4; minute++)
        {
            Send();
        }

        Assert.InRange(Allocated.By(Send), 0, 200);

        void Send()
        {
            for (var i = 0; i < 2_000; i++)
            {
                set.TryAdd(new Guid(next++, 7, 7, 8, 0, 0, 0, 0, 0, 0, 1));
            }

            _time.Advance(ReplaySet.Memory);
        }
    }

    [Fact]
    public void Id_AddedByManyAtOnce_IsAddedByOne()
    {
        var set = new ReplaySet(TimeProvider.System);
        for (var round = 0; round < 200; round++)
        {
            var id = Guid.NewGuid();
            var added = 0;
            Parallel.For(0, 8, _ => Interlocked.Add(ref added, set.TryAdd(id) ? 1 : 0));
            Assert.Equal(1, added);
        }
    }
}
