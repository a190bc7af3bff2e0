using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Gateway.ServiceDefaults.Tests.Health;

public sealed class ProbeTests
{
    [Fact]
    public async Task Health_ADependencyIsDown_StillAnswersLive()
    {
        await using var service = await TestService.StartAsync(static builder => AddCheck(builder, "ledger", HealthCheckResult.Unhealthy("closed")));

        using var response = await service.Http.GetAsync("/health");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("""{"status":"live"}""", await response.Content.ReadAsStringAsync());
        Assert.Equal("application/json", response.Content.Headers.ContentType?.ToString());
    }

    [Theory]
    [InlineData(HealthStatus.Healthy, 200, """{"status":"ready","checks":{"cache":{"status":"ready","detail":"as told"}}}""")]
    [InlineData(HealthStatus.Degraded, 200, """{"status":"degraded","checks":{"cache":{"status":"degraded","detail":"as told"}}}""")]
    [InlineData(HealthStatus.Unhealthy, 503, """{"status":"not_ready","checks":{"cache":{"status":"not_ready","detail":"as told"}}}""")]
    public async Task Ready_DependencyInThisState_AnswersItsStateAndDetail(HealthStatus status, int code, string body)
    {
        await using var service = await TestService.StartAsync(builder => AddCheck(builder, "cache", new(status, "as told")));

        using var response = await service.Http.GetAsync("/ready");

        Assert.Equal(code, (int)response.StatusCode);
        Assert.Equal(body, await response.Content.ReadAsStringAsync());
        Assert.True(response.Headers.CacheControl?.NoStore);
    }

    [Fact]
    public async Task Ready_OneOfTwoDependenciesIsDown_TheWorstCounts()
    {
        await using var service = await TestService.StartAsync(static builder =>
        {
            AddCheck(builder, "cache", HealthCheckResult.Degraded("local only"));
            AddCheck(builder, "ledger", HealthCheckResult.Unhealthy());
        });

        using var response = await service.Http.GetAsync("/ready");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal(
            """{"status":"not_ready","checks":{"cache":{"status":"degraded","detail":"local only"},"ledger":{"status":"not_ready"}}}""",
            await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Ready_CheckThrowsWithASecretInTheMessage_TheSecretStaysInside()
    {
        await using var service = await TestService.StartAsync(static builder => builder.Services.AddHealthChecks()
            .AddCheck("cache", static () => throw new InvalidOperationException("redis.internal:6379,password=hunter2")));

        using var response = await service.Http.GetAsync("/ready");
        var body = await response.Content.ReadAsStringAsync();

        Assert.Equal("""{"status":"not_ready","checks":{"cache":{"status":"not_ready","detail":"the check failed; see the log of this service"}}}""", body);
    }

    [Fact]
    public async Task Ready_CheckNeverComesBack_IsReportedAtItsDeadline()
    {
        await using var service = await TestService.StartAsync(static builder => builder.Services.AddHealthChecks().AddAsyncCheck(
            "cache", static () => new TaskCompletionSource<HealthCheckResult>().Task, timeout: TimeSpan.FromMilliseconds(1)));

        using var response = await service.Http.GetAsync("/ready").WaitAsync(TimeSpan.FromSeconds(30));
        var body = await response.Content.ReadAsStringAsync();

        Assert.Equal("""{"status":"not_ready","checks":{"cache":{"status":"not_ready","detail":"timed out"}}}""", body);
    }

    [Fact]
    public async Task Ready_ManyProbesInOneSecond_AskTheDependencyOnce()
    {
        var asked = 0;
        var time = new ManualTime();
        await using var service = await TestService.StartAsync(builder =>
        {
            builder.Services.AddSingleton<TimeProvider>(time);
            builder.Services.AddHealthChecks().AddCheck("cache", () => HealthCheckResult.Healthy($"{++asked}"));
        });

        await service.Http.GetStringAsync("/ready");
        time.Advance(TimeSpan.FromMilliseconds(999));
        var second = await service.Http.GetStringAsync("/ready");
        time.Advance(TimeSpan.FromMilliseconds(1));
        var third = await service.Http.GetStringAsync("/ready");

        Assert.Contains("\"detail\":\"1\"", second, StringComparison.Ordinal);
        Assert.Contains("\"detail\":\"2\"", third, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ready_ProbesWhileACheckStillRuns_ShareItsAnswer()
    {
        var asked = 0;
        var answer = new TaskCompletionSource<HealthCheckResult>();
        var running = new TaskCompletionSource();
        await using var service = await TestService.StartAsync(builder => builder.Services.AddHealthChecks().AddAsyncCheck("cache", async () =>
        {
            asked++;
            running.TrySetResult();
            return await answer.Task;
        }));

        var first = service.Http.GetStringAsync("/ready");
        await running.Task;
        var readiness = service.App.Services.GetRequiredService<Gateway.ServiceDefaults.Health.Readiness>().GetAsync();
        answer.SetResult(HealthCheckResult.Healthy());
        await first;
        await readiness;

        Assert.Equal(1, asked);
    }

    private static void AddCheck(WebApplicationBuilder builder, string name, HealthCheckResult result) =>
        builder.Services.AddHealthChecks().AddCheck(name, () => result);
}
