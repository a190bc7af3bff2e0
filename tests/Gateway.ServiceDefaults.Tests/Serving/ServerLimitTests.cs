using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Gateway.ServiceDefaults.Tests.Serving;

public sealed class ServerLimitTests
{
    [Fact]
    public async Task Response_OfAnyKind_DoesNotNameTheServer()
    {
        await using var service = await TestService.StartAsync();

        using var response = await service.Http.GetAsync("/health");

        Assert.False(response.Headers.Contains("Server"));
    }

    [Fact]
    public async Task RequestLine_OverEightKilobytes_Is414()
    {
        await using var service = await TestService.StartAsync();

        using var response = await service.Http.GetAsync("/" + new string('a', 8 * 1024));

        Assert.Equal(HttpStatusCode.RequestUriTooLong, response.StatusCode);
    }

    [Theory]
    [InlineData(1, 33 * 1024)]
    [InlineData(101, 1)]
    public async Task Headers_OverThirtyTwoKilobytesOrAHundred_Are431(int count, int length)
    {
        await using var service = await TestService.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/health");
        for (var i = 0; i < count; i++)
        {
            request.Headers.Add($"x-{i}", new string('a', length));
        }

        using var response = await service.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.RequestHeaderFieldsTooLarge, response.StatusCode);
    }

    [Fact]
    public async Task HeaderTimeout_IsTenSecondsAndTheBodyLimitIsLeftAlone()
    {
        await using var app = TestService.Build(configure: null);

        var limits = app.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits;

        Assert.Equal(TimeSpan.FromSeconds(10), limits.RequestHeadersTimeout);
        Assert.Equal(new KestrelServerLimits().MaxRequestBodySize, limits.MaxRequestBodySize);
    }
}
