using Gateway.Edge.Endpoints;
using Gateway.Edge.Tests.Rig;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Edge.Tests.Endpoints;

public sealed class RoutingTests(EdgeFixture rig) : IClassFixture<EdgeFixture>
{
    [Theory]
    [InlineData("/v1/chat/completionz", "/v1")]
    [InlineData("/chat/completions", "Did you mean /v1/chat/completions?")]
    [InlineData("/v1/v1/embeddings", "Did you mean /v1/embeddings?")]
    [InlineData("/models", "Did you mean /v1/models?")]
    [InlineData("/", "/v1")]
    [InlineData("/internal/usage/batches", "/v1")]
    public async Task UnknownPath_Is404_WithAHint(string path, string hint)
    {
        using var client = rig.Edge.Client();
        using var content = EdgeServer.Json(EdgeServer.ChatBody);

        using var response = await client.PostAsync(path, content);
        var message = await EdgeServer.AssertErrorAsync(response, 404, "unknown_endpoint");

        Assert.Contains($"'{path}'", message, StringComparison.Ordinal);
        Assert.Contains(hint, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", EdgeServer.Chat, "POST")]
    [InlineData("DELETE", "/v1/models", "GET")]
    [InlineData("POST", "/admin/v1/usage", "GET")]
    public async Task WrongMethod_Is405_WithAllow(string method, string path, string allowed)
    {
        using var client = rig.Edge.Client();
        using var request = new HttpRequestMessage(new HttpMethod(method), path);

        using var response = await client.SendAsync(request);

        Assert.Contains(allowed, await EdgeServer.AssertErrorAsync(response, 405, "method_not_allowed"), StringComparison.Ordinal);
        Assert.Equal([allowed], response.Content.Headers.Allow);
    }

    [Fact]
    public void EveryEndpoint_SaysWhoMayCallIt()
    {
        // Probes come from the service defaults and are public by nature.
        var open = rig.Edge.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(static endpoint => endpoint.Metadata.GetMetadata<EdgePolicy>() is null).Select(static endpoint => endpoint.RoutePattern.RawText!.Trim('/'));

        Assert.Equal(["health", "metrics", "ready"], open.Order());
    }

    [Fact]
    public async Task Metrics_CountRequestsByEndpointAndStatus_WithoutKeys()
    {
        using var client = rig.Edge.Client();
        using var content = EdgeServer.Json("{}");
        using var refused = await client.PostAsync("/v1/embeddings", content);

        var text = await client.GetStringAsync("/metrics");

        Assert.Matches("http_server_request_duration_seconds_count[^\n]*400[^\n]*/v1/embeddings", text);
        Assert.DoesNotContain(EdgeServer.Key, text, StringComparison.Ordinal);
    }
}
