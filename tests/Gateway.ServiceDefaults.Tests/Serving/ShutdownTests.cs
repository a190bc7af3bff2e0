using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Gateway.ServiceDefaults.Tests.Serving;

public sealed class ShutdownTests
{
    [Fact]
    public async Task Stopping_WithinTheGrace_ReadyRefusesAndRequestsAreServed()
    {
        var time = new ManualTime();
        await using var service = await TestService.StartAsync(
            builder => builder.Services.AddSingleton<TimeProvider>(time),
            static app => app.MapGet("/work", static () => "done"),
            ("Gateway:ShutdownGrace", "00:00:05"));

        var stop = service.App.StopAsync();
        await time.Waited.Task.WaitAsync(TimeSpan.FromSeconds(30));
        using var ready = await service.Http.GetAsync("/ready");
        using var fresh = new HttpClient { BaseAddress = service.Address };
        var work = await fresh.GetStringAsync("/work");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Equal("""{"status":"not_ready","checks":{"shutdown":{"status":"not_ready","detail":"stopping"}}}""", await ready.Content.ReadAsStringAsync());
        Assert.Equal("done", work);
        Assert.False(stop.IsCompleted);

        time.Advance(TimeSpan.FromSeconds(5));
        await stop;
        await Assert.ThrowsAsync<HttpRequestException>(() => fresh.GetStringAsync("/work"));
    }

    [Fact]
    public async Task Stopping_ARequestIsInFlight_ItEndsByItself()
    {
        var arrived = new TaskCompletionSource();
        var finish = new TaskCompletionSource();
        await using var service = await TestService.StartAsync(map: app => app.MapGet("/slow", async (CancellationToken aborted) =>
        {
            arrived.SetResult();
            await finish.Task;
            return aborted.IsCancellationRequested ? "cut" : "whole";
        }));

        var slow = service.Http.GetStringAsync("/slow");
        await arrived.Task;
        var stop = service.App.StopAsync();
        Assert.True(service.App.Lifetime.ApplicationStopping.IsCancellationRequested);
        finish.SetResult();

        Assert.Equal("whole", await slow);
        await stop;
    }

    [Theory]
    [InlineData(null, 70)]
    [InlineData("12", 12)]
    public async Task ShutdownTimeout_ByDefaultOrBySetting_IsThis(string? setting, int seconds)
    {
        await using var app = TestService.Build(configure: null, ("shutdownTimeoutSeconds", setting));

        Assert.Equal(TimeSpan.FromSeconds(seconds), app.Services.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout);
    }
}
