using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.ServiceDefaults.Tests.InternalCalls;

public sealed class InternalHttpClientTests
{
    [Theory]
    [InlineData("GET", 3)]
    [InlineData("HEAD", 3)]
    [InlineData("POST", 1)]
    [InlineData("PUT", 1)]
    [InlineData("PATCH", 1)]
    [InlineData("DELETE", 1)]
    public async Task InternalCall_OtherServiceIsBusy_OnlySafeMethodsAreRepeated(string method, int calls)
    {
        await using var usage = await Busy.StartAsync();
        await using var caller = await CallerAsync(usage);
        using var request = new HttpRequestMessage(new HttpMethod(method), "/work");

        using var response = await Client(caller, "usage-calls").SendAsync(request);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal(calls, usage.Calls);
    }

    [Fact]
    public async Task InternalCall_PostWhoseConnectionBreaks_IsSentOnce()
    {
        await using var usage = await Busy.StartAsync();
        await using var caller = await CallerAsync(usage);

        await Assert.ThrowsAsync<HttpRequestException>(() => Client(caller, "usage-calls").PostAsync("/abort", content: null));

        Assert.Equal(1, usage.Calls);
    }

    [Fact]
    public async Task InternalCall_ToTwoReplicas_TheyTakeTurns()
    {
        await using var one = await Busy.StartAsync();
        await using var two = await Busy.StartAsync();
        await using var caller = await CallerAsync(one, two);

        for (var i = 0; i < 4; i++)
        {
            using var response = await Client(caller, "usage-calls").PostAsync("/work", content: null);
        }

        Assert.Equal((2, 2), (one.Calls, two.Calls));
    }

    [Fact]
    public async Task OrdinaryClient_OtherServiceIsBusy_IsNotTouchedByTheDefaults()
    {
        await using var usage = await Busy.StartAsync();
        await using var caller = await CallerAsync(usage);

        using var response = await Client(caller, "plain").GetAsync(new Uri(usage.Service.Address, "/work"));

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal(1, usage.Calls);
    }

    private static Task<TestService> CallerAsync(params Busy[] usages) => TestService.StartAsync(
        static builder => builder.Services.AddInternalHttpClient("usage-calls", "usage"),
        settings: [.. usages.Select(static (usage, i) => ($"services:usage:http:{i}", (string?)usage.Service.Address.ToString()))]);

    private static HttpClient Client(TestService caller, string name) => caller.App.Services.GetRequiredService<IHttpClientFactory>().CreateClient(name);

    /// <summary>Counts its calls and answers none. Retry-After is 0, so that the test need not wait between the attempts.</summary>
    private sealed class Busy : IAsyncDisposable
    {
        private int _calls;

        public int Calls => _calls;

        public TestService Service { get; private set; } = null!;

        public static async Task<Busy> StartAsync()
        {
            var busy = new Busy();
            busy.Service = await TestService.StartAsync(map: app =>
            {
                app.Map("/work", busy.Refuse);
                app.Map("/abort", busy.Abort);
            });
            return busy;
        }

        public ValueTask DisposeAsync() => Service.DisposeAsync();

        private Task Refuse(HttpContext context)
        {
            Interlocked.Increment(ref _calls);
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            context.Response.Headers.RetryAfter = "0";
            return Task.CompletedTask;
        }

        private Task Abort(HttpContext context)
        {
            Interlocked.Increment(ref _calls);
            context.Abort();
            return Task.CompletedTask;
        }
    }
}
