using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.ServiceDiscovery;

namespace Gateway.ServiceDefaults.Tests.InternalCalls;

/// <summary>What the package was measured to do; the stand-in must do the same.</summary>
public sealed class ServiceDiscoveryTests
{
    private static readonly Dictionary<string, string?> Services = new()
    {
        ["services:both:https:0"] = "https://both.test:443",
        ["services:both:http:0"] = "http://both.test:80",
        ["services:onlyhttp:http:0"] = "http://one.test:81",
        ["services:onlyhttp:http:1"] = "http://two.test:82",
        ["services:named:http:0"] = "http://named.test:80",
        ["services:named:admin:0"] = "https://admin.test:9443",
        ["services:named:admin:1"] = "http://admin.test:9080",
        ["services:first:default:0"] = "http://default.test:80",
        ["services:first:http:0"] = "http://http.test:80",
        ["services:mixed:default:0"] = "http://mixed.test:80",
        ["services:mixed:default:1"] = "https://mixed.test:443",
        ["services:single:http"] = "http://single.test:80",
        ["services:bare:http:0"] = "10.0.0.1:6000",
        ["services:bare:http:1"] = "bare.test:6001",
        ["services:flat:0"] = "http://flat.test:80",
        ["services:str"] = "http://str.test:80",
        ["services:wrong:http:first"] = "http://wrong.test:80",
    };

    [Theory]
    [InlineData("https+http://both", "https://both.test/")]
    [InlineData("http+https://both", "http://both.test/")]
    [InlineData("http://both", "http://both.test/")]
    [InlineData("https+http://BOTH", "https://both.test/")]
    [InlineData("https+http://onlyhttp", "http://one.test:81/ http://two.test:82/")]
    [InlineData("https://onlyhttp", "dns:onlyhttp:443")]
    [InlineData("https+http://_admin.named", "https://admin.test:9443/")]
    [InlineData("http://_admin.named", "http://admin.test:9080/")]
    [InlineData("_admin.named", "https://admin.test:9443/ http://admin.test:9080/")]
    [InlineData("https+http://first", "http://default.test/")]
    [InlineData("https+http://mixed", "https://mixed.test/")]
    [InlineData("https+http://single", "http://single.test/")]
    [InlineData("https+http://bare", "ip:10.0.0.1:6000 dns:bare.test:6001")]
    [InlineData("https+http://flat", "dns:flat:0")]
    [InlineData("https+http://str", "dns:str:0")]
    [InlineData("https+http://absent", "dns:absent:0")]
    [InlineData("http://absent", "dns:absent:80")]
    [InlineData("https+http://absent:8080", "dns:absent:8080")]
    [InlineData("https+http://_admin.absent", "dns:absent:0")]
    public async Task Endpoints_OfThisQuery_AreThese(string query, string expected)
    {
        await using var provider = Provider(new ConfigurationBuilder().AddInMemoryCollection(Services).Build());

        var source = await provider.GetRequiredService<ServiceEndpointResolver>().GetEndpointsAsync(query, CancellationToken.None);

        // The order within a scheme is the configuration's.
        Assert.Equal(expected, string.Join(' ', source.Endpoints.Select(static endpoint => Text(endpoint.EndPoint))));
    }

    [Fact]
    public async Task Endpoints_WithANonNumericKey_AreAnError()
    {
        await using var provider = Provider(new ConfigurationBuilder().AddInMemoryCollection(Services).Build());
        var resolver = provider.GetRequiredService<ServiceEndpointResolver>();

        await Assert.ThrowsAsync<KeyNotFoundException>(async () => await resolver.GetEndpointsAsync("http://wrong", CancellationToken.None));
    }

    [Fact]
    public async Task Endpoints_AfterTheConfigurationIsReloaded_AreTheNewOnes()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(Services).Build();
        await using var provider = Provider(configuration);
        var resolver = provider.GetRequiredService<ServiceEndpointResolver>();
        var before = await resolver.GetEndpointsAsync("http://both", CancellationToken.None);
        var changed = new TaskCompletionSource();
        using var registration = before.ChangeToken.RegisterChangeCallback(_ => changed.SetResult(), null);

        configuration["services:both:http:0"] = "http://moved.test:80";
        configuration.Reload();
        await changed.Task.WaitAsync(TimeSpan.FromSeconds(30));
        var after = await resolver.GetEndpointsAsync("http://both", CancellationToken.None);

        Assert.Equal("http://moved.test/", Text(Assert.Single(after.Endpoints).EndPoint));
    }

    private static ServiceProvider Provider(IConfiguration configuration) =>
        new ServiceCollection().AddSingleton(configuration).AddServiceDiscovery().BuildServiceProvider();

    private static string Text(EndPoint endPoint) => endPoint switch
    {
        UriEndPoint uri => uri.Uri.ToString(),
        IPEndPoint ip => $"ip:{ip}",
        DnsEndPoint dns => $"dns:{dns.Host}:{dns.Port}",
        _ => endPoint.ToString()!,
    };
}
