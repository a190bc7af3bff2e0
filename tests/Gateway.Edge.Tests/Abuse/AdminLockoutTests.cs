using Gateway.Edge.Abuse;
using Gateway.Edge.Tests.Rig;

namespace Gateway.Edge.Tests.Abuse;

public sealed class AdminLockoutTests
{
    private static readonly AddressKey Address = new(1, IsV6: false);

    private readonly ManualTime _time = new();

    [Fact]
    public void Address_WithFiveWrongKeysInAMinute_IsLockedOut_LongerEachTime()
    {
        var lockout = new AdminLockout(_time);
        foreach (var minutes in new[] { 1, 2, 4, 8, 15, 15 })
        {
            for (var i = 0; i < 4; i++)
            {
                Assert.Null(lockout.Fail(Address));
                Assert.Null(lockout.LeftOf(Address));
            }

            Assert.Equal(TimeSpan.FromMinutes(minutes), lockout.Fail(Address));
            Assert.Equal(TimeSpan.FromMinutes(minutes), lockout.LeftOf(Address));
            _time.Advance(TimeSpan.FromMinutes(minutes) - TimeSpan.FromSeconds(1));
            Assert.Equal(TimeSpan.FromSeconds(1), lockout.LeftOf(Address));
            _time.Advance(TimeSpan.FromSeconds(1));
            Assert.Null(lockout.LeftOf(Address));
        }
    }

    [Fact]
    public void FailuresFurtherApart_DoNotLock()
    {
        var lockout = new AdminLockout(_time);
        for (var i = 0; i < 50; i++)
        {
            Assert.Null(lockout.Fail(Address));
            _time.Advance(TimeSpan.FromSeconds(16));
        }
    }

    [Fact]
    public void RightKey_ForgetsTheWrongOnes()
    {
        var lockout = new AdminLockout(_time);
        for (var i = 0; i < 4; i++)
        {
            lockout.Fail(Address);
        }

        lockout.Succeed(Address);

        Assert.Null(lockout.Fail(Address));
    }

    [Fact]
    public void Address_QuietForAnHour_BeginsAnew()
    {
        var lockout = new AdminLockout(_time);
        for (var i = 0; i < 5; i++)
        {
            lockout.Fail(Address);
        }

        _time.Advance(AdminLockout.Memory);
        for (var i = 0; i < 4; i++)
        {
            lockout.Fail(Address);
        }

        Assert.Equal(AdminLockout.First, lockout.Fail(Address));
    }

    [Fact]
    public void OtherAddresses_AreNotTouched_HoweverManyThereAre()
    {
        var lockout = new AdminLockout(_time);
        for (var i = 0u; i < 3 * AdminLockout.MaxAddresses; i++)
        {
            lockout.Fail(new AddressKey(100 + i, IsV6: false));
        }

        for (var i = 0; i < 5; i++)
        {
            lockout.Fail(Address);
        }

        Assert.NotNull(lockout.LeftOf(Address));
        Assert.Null(lockout.LeftOf(new AddressKey(2, IsV6: false)));
    }
}
