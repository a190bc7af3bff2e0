using System.Net;
using Gateway.Router.Attempts;

namespace Gateway.Router.Tests.Attempts;

public sealed class UpstreamAddressTests
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.255.1.1")]
    [InlineData("0.0.0.0")]
    [InlineData("10.1.2.3")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.168.1.1")]
    [InlineData("169.254.169.254")]
    [InlineData("100.64.0.1")]
    [InlineData("198.18.0.1")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("::10.0.0.1")]
    [InlineData("64:ff9b::a00:1")]
    [InlineData("2002:7f00:1::")]
    [InlineData("fe80::1")]
    [InlineData("fec0::1")]
    [InlineData("fc00::1")]
    [InlineData("fd12:3456::1")]
    [InlineData("ff02::1")]
    public void IsPublic_AddressThatIsNotOnTheInternet_IsRefused(string address) => Assert.False(UpstreamAddress.IsPublic(IPAddress.Parse(address)));

    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("172.15.0.1")]
    [InlineData("172.32.0.1")]
    [InlineData("100.128.0.1")]
    [InlineData("192.167.1.1")]
    [InlineData("2606:4700::1111")]
    [InlineData("::ffff:8.8.8.8")]
    [InlineData("64:ff9b::808:808")]
    public void IsPublic_AddressOnTheInternet_IsAccepted(string address) => Assert.True(UpstreamAddress.IsPublic(IPAddress.Parse(address)));

    [Theory]
    [InlineData("https://api.example.com/v1", "/chat/completions", "https://api.example.com/v1/chat/completions")]
    [InlineData("https://api.example.com", "/embeddings", "https://api.example.com/embeddings")]
    [InlineData("http://h:8080/a/b", "/completions", "http://h:8080/a/b/completions")]
    public void Build_EndpointBelowABaseUrl_KeepsItsOriginAndPath(string baseUrl, string path, string expected) =>
        Assert.Equal(expected, UpstreamAddress.Build(new Uri(baseUrl), path).AbsoluteUri);

    [Theory]
    [InlineData("/../../admin")]
    public void Build_PathThatLeavesTheBaseUrl_IsRefused(string path) =>
        Assert.Throws<ArgumentException>(() => UpstreamAddress.Build(new Uri("https://api.example.com/v1"), path));

    [Fact]
    public async Task SendAsync_RequestForAnotherOrigin_IsNeverSent()
    {
        var client = new UpstreamClient(Hosting.TestConfig.Provider("http://127.0.0.1:9"));
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://127.0.0.1:10/v1/chat/completions");
        await Assert.ThrowsAsync<InvalidOperationException>(() => client.SendAsync(request, CancellationToken.None));
    }

    [Fact]
    public void Build_PathWithAQuery_KeepsIt() =>
        Assert.Equal("https://up.example/base/models/m%2F1:stream?alt=sse", UpstreamAddress.Build(new Uri("https://up.example/base"), "/models/m%2F1:stream?alt=sse").AbsoluteUri);
}
