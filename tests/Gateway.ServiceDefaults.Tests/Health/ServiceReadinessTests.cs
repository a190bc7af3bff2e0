using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Gateway.ServiceDefaults.Tests.Health;

public sealed class ServiceReadinessTests
{
    [Fact]
    public async Task ServiceReadiness_OtherServiceIsUp_Ready()
    {
        await using var router = await TestService.StartAsync();
        await using var edge = await TestService.StartAsync(
            static builder => builder.AddServiceReadiness("router"), settings: ("services:router:http:0", router.Address.ToString()));

        Assert.Equal("""{"status":"ready","checks":{"router":{"status":"ready"}}}""", await edge.Http.GetStringAsync("/ready"));
    }

    [Theory]
    [InlineData(HealthStatus.Unhealthy, 503, "not_ready")]
    [InlineData(HealthStatus.Degraded, 200, "degraded")]
    public async Task ServiceReadiness_OtherServiceIsGone_SaysSoWithoutItsHost(HealthStatus whenDown, int code, string word)
    {
        var router = await TestService.StartAsync();
        var address = router.Address;
        await router.DisposeAsync();
        await using var edge = await TestService.StartAsync(
            builder => builder.AddServiceReadiness("router", whenDown), settings: ("services:router:http:0", address.ToString()));

        using var response = await edge.Http.GetAsync("/ready");

        Assert.Equal(code, (int)response.StatusCode);
        Assert.Equal(
            """{"status":"WORD","checks":{"router":{"status":"WORD","detail":"cannot be reached (ConnectionError)"}}}""".Replace("WORD", word, StringComparison.Ordinal),
            await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ServiceReadiness_OneInstanceOfTwoIsGoneOrHangs_ReadyEveryTime(bool hangs)
    {
        await using var router = await TestService.StartAsync();
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var address = new Uri($"http://{silent.LocalEndpoint}");
        if (!hangs)
        {
            silent.Stop();
        }

        var time = new ManualTime();
        await using var edge = await TestService.StartAsync(
            builder =>
            {
                builder.Services.AddSingleton<TimeProvider>(time);
                builder.AddServiceReadiness("router");
            },
            settings: [("services:router:http:0", router.Address.ToString()), ("services:router:http:1", address.ToString())]);

        for (var i = 0; i < 4; i++)
        {
            Assert.Equal("""{"status":"ready","checks":{"router":{"status":"ready"}}}""", await edge.Http.GetStringAsync("/ready"));
            time.Advance(TimeSpan.FromSeconds(1));
        }
    }

    [Fact]
    public async Task ServiceReadiness_OtherServiceAnswersAnError_SaysWhichStatus()
    {
        await using var router = await TestService.StartAsync(map: static app => app.Use(static (HttpContext context, RequestDelegate _) =>
        {
            context.Response.StatusCode = 502;
            return Task.CompletedTask;
        }));
        await using var edge = await TestService.StartAsync(
            static builder => builder.AddServiceReadiness("router"), settings: ("services:router:http:0", router.Address.ToString()));

        using var response = await edge.Http.GetAsync("/ready");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Contains("\"detail\":\"answers 502\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }
}
