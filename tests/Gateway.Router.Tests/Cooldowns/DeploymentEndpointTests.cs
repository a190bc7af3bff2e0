using System.Collections.Frozen;
using System.Net;
using System.Text.Json;
using Gateway.Core;
using Gateway.Core.Configuration;
using Gateway.Core.Context;
using Gateway.Router.Cooldowns;
using Gateway.Router.Pipeline;
using Gateway.Router.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Router.Tests.Cooldowns;

public sealed class DeploymentEndpointTests
{
    [Fact]
    public async Task Each_configured_deployment_is_told_once_with_its_groups()
    {
        await using var router = await RouterHost.StartAsync(TwoGroups());
        using var report = await ReadAsync(router);
        var deployments = report.RootElement.GetProperty("deployments").EnumerateArray().ToList();
        Assert.Equal(["up/one", "up/two"], deployments.Select(static one => one.GetProperty("id").GetString()));
        Assert.Equal(
            """[{"model":"first","order":1,"weight":3},{"model":"second","order":2,"weight":1}]""", deployments[0].GetProperty("models").GetRawText());
        Assert.Equal("up", deployments[0].GetProperty("provider").GetString());
        Assert.Equal(8, report.RootElement.GetProperty("router").GetString()!.Length);
        Assert.Equal("closed", deployments[0].GetProperty("state").GetString());
        Assert.Equal(JsonValueKind.Null, deployments[0].GetProperty("open_until").ValueKind);
        Assert.Equal(JsonValueKind.Null, deployments[0].GetProperty("ttft_ms").ValueKind);
        Assert.Equal("""{"waiting":0}""", deployments[0].GetProperty("queue").GetRawText());
        Assert.Equal("""[{"label":"up#1","state":"usable","until":null,"quota_left":1,"in_flight":0}]""", deployments[0].GetProperty("credentials").GetRawText());
        Assert.DoesNotContain(TestConfig.Key, report.RootElement.GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain("127.0.0.1", report.RootElement.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_breaker_and_a_load_know_is_told()
    {
        await using var router = await RouterHost.StartAsync(TwoGroups());
        var states = router.Services.GetRequiredService<DeploymentStates>();
        var now = router.Services.GetRequiredService<RouterClock>().Now;
        var state = states.Find("up/two")!;
        for (var i = 0; i < 5; i++)
        {
            state.Failed(now);
        }

        state.Load.Enter();
        state.Load.NoteFirstToken(now, TimeSpan.FromMilliseconds(250));
        using var report = await ReadAsync(router);
        var told = report.RootElement.GetProperty("deployments")[1];
        Assert.Equal(("open", "failures_in_a_row"), (told.GetProperty("state").GetString(), told.GetProperty("reason").GetString()));
        Assert.InRange(told.GetProperty("open_until").GetDateTimeOffset(), DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddMinutes(1));
        Assert.Equal((5, 1, 0.1), (told.GetProperty("failures_in_a_row").GetInt32(), told.GetProperty("in_flight").GetInt32(), told.GetProperty("ramp").GetDouble()));
        Assert.Equal(250, told.GetProperty("ttft_ms").GetDouble());
        Assert.Equal("closed", told.GetProperty("endpoint").GetProperty("state").GetString());
        Assert.Equal("closed", report.RootElement.GetProperty("deployments")[0].GetProperty("state").GetString());

        var ready = await router.Client.GetStringAsync(new Uri("/ready", UriKind.Relative));
        Assert.Contains("up: 1 of 2 deployments out", ready, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_provider_that_is_out_makes_the_Router_degraded_and_not_unready()
    {
        await using var router = await RouterHost.StartAsync(TwoGroups());
        var endpoint = router.Services.GetRequiredService<DeploymentStates>().EndpointOf("up")!;
        var now = router.Services.GetRequiredService<RouterClock>().Now;
        for (var i = 0; i < 5; i++)
        {
            endpoint.Breaker.Failed(now);
        }

        using var ready = await router.Client.GetAsync(new Uri("/ready", UriKind.Relative));
        using var body = JsonDocument.Parse(await ready.Content.ReadAsStringAsync());
        var check = body.RootElement.GetProperty("checks").GetProperty("providers");
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        Assert.Equal(("degraded", "up: out"), (check.GetProperty("status").GetString(), check.GetProperty("detail").GetString()));

        using var report = await ReadAsync(router);
        var told = report.RootElement.GetProperty("deployments")[0];
        Assert.Equal(("open", "open"), (told.GetProperty("state").GetString(), told.GetProperty("endpoint").GetProperty("state").GetString()));
        Assert.Contains(router.Logs.Lines, static line => line.EventId == 3603 && line.Message.StartsWith("The address of provider up is open for ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(ContextRole.Client)]
    [InlineData(ContextRole.Service)]
    [InlineData(null)]
    public async Task Nobody_but_an_operator_is_told(ContextRole? role)
    {
        await using var router = await RouterHost.StartAsync(TwoGroups());
        using var answer = await AskAsync(router, role);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    private static GatewayConfig TwoGroups() => TestConfig.For("http://127.0.0.1:9") with
    {
        Models = new Dictionary<string, ModelGroupConfig>
        {
            ["first"] = new() { Name = "first", Deployments = [new() { Provider = "up", Model = "one", Weight = 3 }, new() { Provider = "up", Model = "two" }] },
            ["second"] = new() { Name = "second", Deployments = [new() { Provider = "up", Model = "one", Order = 2 }] },
        }.ToFrozenDictionary(),
    };

    private static async Task<JsonDocument> ReadAsync(RouterHost router)
    {
        using var answer = await AskAsync(router, ContextRole.Admin);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
    }

    private static async Task<HttpResponseMessage> AskAsync(RouterHost router, ContextRole? role)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, DeploymentEndpoint.Path);
        if (role is { } known)
        {
            request.Headers.Add(GatewayHeaders.Context, RouterHost.Tokens.Sign(new ContextClaims
            {
                Audience = ContextAudience.Router,
                Role = known,
                RequestId = Guid.NewGuid(),
                Path = DeploymentEndpoint.Path,
                ExpiresUnixMs = RouterHost.Tokens.ExpiryFromNow(),
            }));
        }

        return await router.Client.SendAsync(request);
    }
}
