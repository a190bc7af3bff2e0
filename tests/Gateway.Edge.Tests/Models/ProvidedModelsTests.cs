using System.Net.Http.Json;
using System.Text.Json;
using Gateway.Core.Context;
using Gateway.Edge.Tests.Rig;
using Microsoft.AspNetCore.Http;

namespace Gateway.Edge.Tests.Models;

public sealed class ProvidedModelsTests
{
    [Fact]
    public async Task Providers_ThatListTheirModels_AreShownUnderTheirNames()
    {
        await using var router = await FakeService.StartAsync();
        router.Answer = static context => context.Response.WriteAsync("""{"providers":{"openai":["gpt-5","not a name"],"removed":["x"]}}""");
        await using var edge = await EdgeServer.StartAsync([router.Url], config: EdgeServer.Config.Replace("openai: { protocol: openai,", "openai: { protocol: openai, list_models: true,", StringComparison.Ordinal));

        await UntilListedAsync(edge, "openai/gpt-5");

        var seen = await router.NextAsync();
        Assert.Equal(("GET", "/internal/models"), (seen.Method, seen.Target));
        Assert.Equal(ContextRole.Service, EdgeServer.Tokens().Verify(seen.Headers["x-gateway-context"], ContextAudience.Router, "/internal/models")?.Role);
        Assert.DoesNotContain("removed/x", await NamesAsync(edge));
    }

    private static async Task UntilListedAsync(EdgeServer edge, string name)
    {
        using var patience = new CancellationTokenSource(EdgeServer.Patience);
        while (!(await NamesAsync(edge)).Contains(name, StringComparer.Ordinal))
        {
            patience.Token.ThrowIfCancellationRequested();
        }
    }

    private static async Task<List<string>> NamesAsync(EdgeServer edge)
    {
        using var client = edge.Client();
        var list = await client.GetFromJsonAsync<JsonElement>("/v1/models");
        return [.. list.GetProperty("data").EnumerateArray().Select(static model => model.GetProperty("id").GetString()!)];
    }
}
