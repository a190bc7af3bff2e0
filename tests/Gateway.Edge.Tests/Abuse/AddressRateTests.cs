using System.Net;
using Gateway.Edge.Abuse;
using Gateway.Edge.Tests.Rig;

namespace Gateway.Edge.Tests.Abuse;

public sealed class AddressRateTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ManualTime _time = new();

    [Fact]
    public void Address_TakesSoManyAtOnce_ThenOneEachSecond()
    {
        var rate = new AddressRate(60, _time);
        var address = Key("203.0.113.7");
        for (var i = 0; i < 60; i++)
        {
            Assert.True(rate.TryTake(address, out _));
        }

        Assert.False(rate.TryTake(address, out var wait));
        Assert.Equal(Second, wait);

        _time.Advance(Second);
        Assert.True(rate.TryTake(address, out _));
        Assert.False(rate.TryTake(address, out _));
    }

    [Fact]
    public void RefusedEvents_DoNotMakeTheWaitLonger()
    {
        var rate = new AddressRate(60, _time);
        var address = Key("203.0.113.7");
        for (var i = 0; i < 10_000; i++)
        {
            rate.TryTake(address, out _);
        }

        Assert.False(rate.TryTake(address, out var wait));
        Assert.Equal(Second, wait);
    }

    [Fact]
    public void OtherAddresses_AreNotHeldBack_WhileAHundredFlood()
    {
        var rate = new AddressRate(60, _time);
        for (var flooder = 0; flooder < 100; flooder++)
        {
            for (var i = 0; i < 100; i++)
            {
                rate.TryTake(Key($"198.51.100.{flooder}"), out _);
            }
        }

        var admitted = Enumerable.Range(0, 10_000).Count(i => rate.TryTake(Key($"10.7.{i >> 8}.{i & 255}"), out _));

        // By chance all four cells of one are taken: (100 / 1024)^4 of them, so one in 10,000; the bound is far from chance.
        Assert.InRange(admitted, 9_950, 10_000);
    }

    [Theory]
    [InlineData("2001:db8:1:2::7", "2001:db8:1:2:ffff::1", true)]
    [InlineData("2001:db8:1:2::7", "2001:db8:1:3::7", false)]
    [InlineData("203.0.113.7", "::ffff:203.0.113.7", true)]
    [InlineData("203.0.113.7", "203.0.113.8", false)]
    [InlineData("0.0.0.1", "::1", false)]
    public void Address_StandsForItself_OrItsNetworkOf64Bits(string one, string other, bool same) => Assert.Equal(same, Key(one) == Key(other));

    [Theory]
    [InlineData("203.0.113.7", "203.0.113.7")]
    [InlineData("::ffff:203.0.113.7", "203.0.113.7")]
    [InlineData("2001:db8:1:2::7", "2001:db8:1:2::/64")]
    public void Address_IsShownWithoutWhatOneCustomerHas(string address, string shown) => Assert.Equal(shown, Key(address).ToString());

    [Theory]
    [InlineData("10.0.0.0/8", "10.255.0.1", true)]
    [InlineData("10.0.0.0/8", "::ffff:10.255.0.1", true)]
    [InlineData("10.0.0.0/8", "11.0.0.1", false)]
    [InlineData("192.0.2.7", "192.0.2.7", true)]
    [InlineData("192.0.2.7", "192.0.2.8", false)]
    [InlineData("2001:db8::/32", "2001:db8:ffff::1", true)]
    [InlineData("2001:db8::1", "2001:db8::1", true)]
    [InlineData("2001:db8::1", "2001:db8::2", false)]
    [InlineData("0.0.0.0/0", "2001:db8::2", false)]
    public void Network_HasItsAddresses(string network, string address, bool has) => Assert.Equal(has, AddressList.Of(["198.51.100.1", network])!.Has(IPAddress.Parse(address)));

    [Fact]
    public void NoNetworks_AreEverywhere_AndNoAddressIsInNone()
    {
        Assert.Null(AddressList.Of([]));
        Assert.False(AddressList.Of(["0.0.0.0/0", "::/0"])!.Has(null));
    }

    private static AddressKey Key(string address) => AddressKey.Of(IPAddress.Parse(address))!.Value;
}
