using System.Globalization;

namespace Gateway.Core.Tests.Configuration;

public sealed class UnitTests
{
    [Theory]
    [InlineData("500ms", 500)]
    [InlineData("0s", 0)]
    [InlineData("2s", 2_000)]
    [InlineData("10m", 600_000)]
    [InlineData("1h", 3_600_000)]
    public void Duration_WithUnit_IsRead(string text, long milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), Documents.Good($"version: 1\nserver: {{ drain: {text} }}").Server.Drain);

    [Theory]
    [InlineData("1")]
    [InlineData("-1s")]
    [InlineData("1.5s")]
    [InlineData("1 s")]
    [InlineData("1S")]
    [InlineData("999999999999999999d")]
    [InlineData("9999999999999999999999s")]
    [InlineData("١s")]
    public void Duration_OfAnotherForm_IsRefused(string text) =>
        Assert.Contains("server.drain: must be", Documents.Errors($"version: 1\nserver: {{ drain: \"{text}\" }}"), StringComparison.Ordinal);

    [Theory]
    [InlineData("2048", 2048)]
    [InlineData("2048B", 2048)]
    [InlineData("10KB", 10_000)]
    [InlineData("10MB", 10_000_000)]
    [InlineData("1GB", 1_000_000_000)]
    [InlineData("512KiB", 524_288)]
    [InlineData("32MiB", 33_554_432)]
    [InlineData("1GiB", 1_073_741_824)]
    public void Size_WithUnit_IsRead(string text, long bytes) =>
        Assert.Equal(bytes, Documents.Good($"version: 1\nserver: {{ max_body: {text} }}").Server.MaxBodyBytes);

    [Theory]
    [InlineData("2.50", 2_500_000_000)]
    [InlineData("0", 0)]
    [InlineData("10", 10_000_000_000)]
    [InlineData(".5", 500_000_000)]
    [InlineData("0.000000001", 1)]
    [InlineData("999999.999999999", 999_999_999_999_999)]
    [InlineData("1000000", 1_000_000_000_000_000)]
    [InlineData("\"0.075\"", 75_000_000)]
    public void Price_InUsd_IsExactInNanoUsd(string text, long nanoUsd)
    {
        var price = Price($"input: {text}, output: 1");

        Assert.Equal(nanoUsd, price.Input);
        Assert.Equal(nanoUsd, price.CachedInput);
        Assert.Equal(nanoUsd, price.CacheWrite);
        Assert.Equal(1_000_000_000, price.Output);
    }

    [Fact]
    public void Price_WithItsOwnCachePrices_KeepsThem()
    {
        var price = Price("input: 1, cached_input: 0.1, cache_write: 1.25, output: 4");

        Assert.Equal((100_000_000, 1_250_000_000), (price.CachedInput, price.CacheWrite));
    }

    [Theory]
    [InlineData("https://api.example.com/v1", "https://api.example.com/v1")]
    [InlineData("https://api.example.com/v1/", "https://api.example.com/v1")]
    [InlineData("https://api.example.com", "https://api.example.com/")]
    [InlineData("HTTP://API.example.com:8080/A", "http://api.example.com:8080/A")]
    public void BaseUrl_WithOrWithoutSlash_IsNormal(string text, string expected) =>
        Assert.Equal(expected, Documents.Good(Documents.Small.Replace("https://api.example.com/v1", text, StringComparison.Ordinal)).Providers["openai"].BaseUrl.AbsoluteUri);

    [Theory]
    [InlineData("api.example.com", "must be an absolute URL")]
    [InlineData("/v1", "must ")]
    [InlineData("ftp://x.example.com", "must begin with http:// or https://")]
    [InlineData("https+http://router", "must begin with http:// or https://")]
    [InlineData("https://user:pw@x.example.com", "must have no user or password")]
    [InlineData("https://@x.example.com", "must have no user or password")]
    [InlineData("https://x.example.com?a=b", "must have no query")]
    [InlineData("https://x.example.com?", "must have no query")]
    [InlineData("https://x.example.com#a", "must have no query and no fragment")]
    [InlineData("https://", "must be an absolute URL")]
    [InlineData("https://x.example.com/a b", "must have no spaces")]
    [InlineData("http://localhost:1234", "leads to a loopback or private address; set internal: true")]
    [InlineData("http://127.1.2.3", "leads to a loopback or private address")]
    [InlineData("http://10.0.0.1", "leads to a loopback or private address")]
    [InlineData("http://169.254.169.254", "leads to a loopback or private address")]
    [InlineData("http://[::1]:80", "leads to a loopback or private address")]
    [InlineData("http://[::ffff:10.0.0.1]", "leads to a loopback or private address")]
    [InlineData("http://2130706433", "leads to a loopback or private address")]
    public void BaseUrl_ThatIsNone_IsRefusedWithoutShowingIt(string text, string expected)
    {
        var errors = Documents.Errors(Documents.Small.Replace("https://api.example.com/v1", $"\"{text}\"", StringComparison.Ordinal));

        Assert.Contains($"providers.openai.base_url: {expected}", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("pw", errors, StringComparison.Ordinal);
    }

    [Fact]
    public void BaseUrl_InternalAddressMarkedAsSuch_IsGood() =>
        Documents.Good(Documents.Small.Replace("https://api.example.com/v1", "http://127.0.0.1:1\n    internal: true", StringComparison.Ordinal));

    private static Core.Money.TokenPrice Price(string members) => Documents.Good(Documents.Small.Replace(
        "model: gpt-4o-2024", string.Create(CultureInfo.InvariantCulture, $"model: x, price: {{ {members} }}"), StringComparison.Ordinal)).Models["gpt-4o"].Deployments[0].Price!;
}
